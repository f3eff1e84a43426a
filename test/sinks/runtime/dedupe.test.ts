// Which records are repeats: exactly those.
import { describe, expect, it } from 'vitest'
import { createDedupe, WINDOW_IDS, WINDOW_MS } from '../../../services/sinks/runtime/dedupe.ts'
import { seededRandom } from '../../support/random.ts'

const id = (n: number) => `90020260304050607089${String(n).padStart(36, '0')}`

describe('dedupe', () => {
  it('dedupe - a second copy is a repeat of the first, and the third too', () => {
    const { firstOf } = createDedupe()
    expect([firstOf('a', 3, 0), firstOf('a', 7, 1), firstOf('b', 8, 1), firstOf('a', 9, 2)]).toEqual([undefined, 3, undefined, 3])
  })

  it.each([
    ['the last millisecond of the window', WINDOW_MS, 0],
    ['a millisecond later', WINDOW_MS + 1, undefined],
  ])('dedupe - a copy in %s', (_, later, first) => {
    const { firstOf } = createDedupe()
    firstOf('a', 0, 1_000)
    expect(firstOf('a', 1, 1_000 + later)).toBe(first)
  })

  it('dedupe - a copy after the window is the first of those that follow', () => {
    const { firstOf } = createDedupe(10, 100)
    expect([firstOf('a', 0, 0), firstOf('a', 1, 101), firstOf('a', 2, 150)]).toEqual([undefined, undefined, 1])
  })

  it('dedupe - the same offset again is no repeat: a rewind gives the same answers', () => {
    const { firstOf } = createDedupe()
    const read = () => ['a', 'b', 'a', 'c', 'b'].map((name, offset) => firstOf(name, offset, offset))
    const answers = [undefined, undefined, 0, undefined, 1]
    expect([read(), read(), read()]).toEqual([answers, answers, answers])
  })

  it('dedupe - a replay from an earlier offset is not suppressed by what was read later', () => {
    const { firstOf } = createDedupe()
    firstOf('a', 90, 0)
    expect([firstOf('a', 10, 0), firstOf('a', 90, 0)]).toEqual([undefined, 10])
  })

  it('dedupe - takes no id for another: neighbours, prefixes, zeros, capitals, lengths around every limit', () => {
    const ids = new Set(['', '0', '00', '1', '10', '01', 'a', 'A', 'aa', 'é', 'e\u0301', '\u0000', ' ', '1 ', '5f'.repeat(12)])
    for (const length of [7, 8, 9, 24, 55, 56, 57, 61, 62, 63, 64, 65, 200]) {
      for (const digit of ['0', '1', 'f', 'F', 'x']) {
        ids.add(digit.repeat(length))
        ids.add(`${'0'.repeat(length - 1)}${digit}`)
        ids.add(`${digit}${'0'.repeat(length - 1)}`)
      }
    }
    const { firstOf } = createDedupe()
    const all = [...ids]
    expect(all.filter((name, offset) => firstOf(name, offset, 0) !== undefined)).toEqual([])
    expect(all.map((name, offset) => firstOf(name, 1_000 + offset, 0))).toEqual(all.map((_, offset) => offset))
  })

  it('dedupe - remembers exactly the last 50,000 ids, over many turns of the ring', () => {
    const { firstOf } = createDedupe()
    const total = WINDOW_IDS * 3 + 17
    for (let n = 0; n < total; n++) if (firstOf(id(n), n, 0) !== undefined) throw new Error(`${n} was taken for another`)
    const oldest = total - WINDOW_IDS
    for (let n = oldest; n < total; n++) if (firstOf(id(n), total + n, 0) !== n) throw new Error(`${n} was forgotten`)
    expect(firstOf(id(oldest - 1), 3 * total, 0)).toBeUndefined()
  })

  it('dedupe - answers as a plain list does, whatever comes: repeats, rewinds, time, a small ring', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed)
      const { firstOf } = createDedupe(8, 30)
      const plain = plainDedupe(8, 30)
      let offset = 100
      let time = 0
      for (let step = 0; step < 2_000; step++) {
        offset += random.chance(0.05) ? -random.below(20) : 1
        time += random.below(5)
        const name = id(random.below(14))
        expect([seed, step, firstOf(name, offset, time)]).toEqual([seed, step, plain(name, offset, time)])
      }
    }
  })
})

/** The same in the plainest way: a list of places, overwritten in turn. */
function plainDedupe(capacity: number, windowMs: number) {
  const places: { name: string; offset: number; time: number }[] = []
  let count = 0
  return (name: string, offset: number, time: number): number | undefined => {
    const known = places.find((place) => place.name === name)
    if (!known) {
      places[count++ % capacity] = { name, offset, time }
      return undefined
    }
    if (known.offset < offset && time - known.time <= windowMs) return known.offset
    Object.assign(known, { offset, time })
    return undefined
  }
}
