// Events as they are shown: no sender decides how much work looking on is.
import { describe, expect, it } from 'vitest'
import { bounded } from '../../services/operations/shown-event.ts'

describe('bounded', () => {
  it('usual events - stay as they are', () => {
    const event = { type: 's', details: { a: [1, null, true, 'x'] }, 'name with blank': '日本' }
    expect(bounded(event)).toEqual(event)
  })

  it('deep, long and wide ones - are cut, and take no time', () => {
    const begun = performance.now()
    const deep = JSON.parse(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`) as unknown
    expect(JSON.stringify(bounded(deep)).length).toBeLessThan(300)
    expect(bounded({ text: 'a'.repeat(1_000_000) })).toEqual({ text: `${'a'.repeat(999)}…` })
    expect(bounded(Array.from({ length: 1_000_000 }, () => 1))).toHaveLength(201)
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`n${n}`, n]))
    expect(bounded(wide)).toMatchObject({ n199: 199, '…': 9_800 })
    expect(performance.now() - begun).toBeLessThan(2_000)
  })
})
