// Times and positions as operators write them.
import { describe, expect, it } from 'vitest'
import { WrongUse } from '../../services/operations/operation.ts'
import { parsePosition } from '../../services/operations/places.ts'
import { isoOf, parseTime } from '../../services/operations/times.ts'

const NOW = Date.parse('2026-03-04T05:06:07.089Z')
const iso = (text: string, end = false) => {
  const time = parseTime(text, NOW, end)
  return time === undefined ? undefined : isoOf(time)
}

describe('times', () => {
  it.each([
    ['-90s', '2026-03-04T05:04:37.089Z'],
    ['-30m', '2026-03-04T04:36:07.089Z'],
    ['-1h', '2026-03-04T04:06:07.089Z'],
    ['-2d', '2026-03-02T05:06:07.089Z'],
    ['-1w', '2026-02-25T05:06:07.089Z'],
    ['today', '2026-03-04T00:00:00.000Z'],
    ['yesterday', '2026-03-03T00:00:00.000Z'],
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00+02:00', '2026-01-31T10:00:00.000Z'],
    ['-999999w', '1970-01-01T00:00:00.000Z'],
    ['tomorrow', undefined],
    ['-1y', undefined],
    ['-h', undefined],
    ['2026-13-01', undefined],
    ['2026-13-01T00:00:00Z', undefined],
    ['900', undefined],
  ])('%s - is %s', (text, time) => {
    expect(iso(text)).toBe(time)
  })

  it('a day - ends with its last millisecond where it is the end', () => {
    expect(iso('yesterday', true)).toBe('2026-03-03T23:59:59.999Z')
    expect(iso('2026-01-31', true)).toBe('2026-01-31T23:59:59.999Z')
    expect(parsePosition('to', 'today', NOW)).toEqual({ kind: 'time', time: Date.parse('2026-03-04T23:59:59.999Z') })
    expect(parsePosition('from', 'today', NOW)).toEqual({ kind: 'time', time: Date.parse('2026-03-04T00:00:00Z') })
  })

  it('no position - is told with the ways to write one; a long text is not repeated', () => {
    expect(() => parsePosition('from', 'soon')).toThrow(/from: must be earliest, .* -1h, -2d, today, yesterday, .* not "soon"/)
    try {
      parsePosition('from', 'x'.repeat(100_000))
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(WrongUse)
      expect((error as Error).message.length).toBeLessThan(500)
    }
  })

  it('no moment - is empty', () => {
    expect([isoOf(-9e15), isoOf(Number.NaN), isoOf(0)]).toEqual(['', '', '1970-01-01T00:00:00.000Z'])
  })
})
