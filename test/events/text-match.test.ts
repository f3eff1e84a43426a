// Looking for a text in events.
import { describe, expect, it } from 'vitest'
import { createTextMatch } from '../../services/events/text-match.ts'

const event = (data: unknown) => Buffer.from(JSON.stringify(data))
const holds = (text: string, value: Buffer | string | null, key: string | null = null) =>
  createTextMatch(text)(typeof value === 'string' ? Buffer.from(value) : value, key)

describe('text match', () => {
  it('values - at any depth, texts and numbers, in upper or lower case', () => {
    const value = event({ user_name: 'Eve@Example.com', details: { list: [{ ip: '203.0.113.7' }], code: 4711 } })
    for (const text of ['eve@example.com', 'EVE@EXAMPLE', '203.0.113', '4711'])
      expect([text, holds(text, value)]).toEqual([text, true])
    expect(holds('mallory', value)).toBe(false)
  })

  it('names of fields - do not count', () => {
    expect(holds('user_name', event({ user_name: 'eve' }))).toBe(false)
    expect(holds('user_name', event({ description: 'no user_name given' }))).toBe(true)
  })

  it('key - counts, also of an event that cannot be read', () => {
    expect(holds('90020', null, '900201234')).toBe(true)
    expect(holds('90020', null, null)).toBe(false)
  })

  it('ways to write JSON - escapes of any kind hide nothing', () => {
    const escaped = String.raw`{"a":"\u0065ve\u0040example.com","b":"Mozilla\/5.0","c":"say \"hi\"","d":"M\u00fcller"}`
    for (const text of ['eve@example.com', 'mozilla/5.0', '"hi"', 'müller'])
      expect([text, holds(text, escaped)]).toEqual([text, true])
    expect(holds('Mozilla/5.0', String.raw`{"b":"Mozilla\/5.0"}`)).toBe(true)
  })

  it('letters beyond ASCII - as written, all lower or all upper', () => {
    const value = event({ name: 'Jürgen MÜLLER' })
    for (const text of ['jürgen', 'JÜRGEN', 'müller', 'Müller']) expect([text, holds(text, value)]).toEqual([text, true])
    expect(holds('jurgen', value)).toBe(false)
  })

  it('what is no JSON, or nested deeper than the stack - is searched all the same', () => {
    expect(holds('EVE', 'not json, of eve')).toBe(true)
    const deep = `${'['.repeat(200_000)}"eve"${']'.repeat(200_000)}`
    expect(holds('eve', deep)).toBe(true)
  })
})
