// Times as Date writes and reads them, also when the minute is the one of the time before.
import { describe, expect, it } from 'vitest'
import { isoTime, timeOf } from '../../services/events/iso-time.ts'
import { seededRandom } from '../support/random.ts'

const NOW = Date.parse('2026-11-28T10:00:05.123Z')
const END = 8_640_000_000_000_000

describe('isoTime', () => {
  it('is what Date writes, of neighbours and of times far apart', () => {
    const random = seededRandom(1)
    const edges = [0, -1, 1, 59_999, 60_000, -60_000, END, -END, Date.parse('9999-12-31T23:59:59.999Z'), Date.parse('0000-01-01')]
    const times = Array.from({ length: 5_000 }, () =>
      random.chance(0.1) ? random.pick(edges) : NOW + random.below(200_000) * (random.chance(0.5) ? 1 : -1),
    )
    for (const time of times) expect(isoTime(time)).toBe(new Date(time).toISOString())
  })

  it('is a RangeError beyond the times of Date', () => {
    for (let again = 0; again < 2; again++) expect(() => isoTime(END + 60_000)).toThrow(RangeError)
    expect(() => isoTime(Number.NaN)).toThrow(RangeError)
    expect(isoTime(NOW)).toBe('2026-11-28T10:00:05.123Z')
  })
})

describe('timeOf', () => {
  it('is what Date reads, whatever stands before and after', () => {
    const odd = [
      '2026-11-28T10:00:60.000Z',
      '2026-11-28T10:00:5a.000Z',
      '2026-11-28T10:00:05,000Z',
      '2026-11-28T10:00:05.00 Z',
      '2026-11-28T10:00:05.000z',
      '2026-11-28T10:00:05.000+',
      '2026-11-28T10:00:05.12Z',
      '2026-11-28T10:00:05Z',
      '2026-11-28T10:00:05.1234Z',
      '2026-11-28T11:00:05.123+01:00',
      '2026-02-30T10:00:05.123Z',
      '2026-11-28T24:00:00.000Z',
      '+012026-11-28T10:00:05.000Z',
      'Sat Nov 28 2026 10:00:05',
      'no date',
      '',
    ]
    const random = seededRandom(2)
    for (let i = 0; i < 5_000; i++) {
      const written = random.chance(0.5) ? random.pick(odd) : new Date(NOW + random.below(60_000)).toISOString()
      expect([written, timeOf(written)]).toEqual([written, new Date(written).getTime()])
    }
  })

  it('takes milliseconds as they are', () => {
    expect([timeOf(5), timeOf(1e17), timeOf(Number.NaN)]).toEqual([5, Number.NaN, Number.NaN])
  })
})
