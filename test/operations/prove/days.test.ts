// Days of time zones and their hours.
import { describe, expect, it } from 'vitest'
import { daysLater, dayIn, hourOf, isDay, localClock } from '../../../services/operations/prove/days.ts'

const HOUR_MS = 3_600_000
const iso = (ms: number) => new Date(ms).toISOString()

describe('a day', () => {
  it.each([
    ['2026-11-27', 'UTC', '2026-11-27T00:00:00.000Z', 24],
    ['2026-11-27', 'Europe/Berlin', '2026-11-26T23:00:00.000Z', 24],
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z', 23],
    ['2026-10-25', 'Europe/Berlin', '2026-10-24T22:00:00.000Z', 25],
    ['2026-11-27', 'Asia/Kathmandu', '2026-11-26T18:15:00.000Z', 24],
    ['2026-11-27', 'Pacific/Kiritimati', '2026-11-26T10:00:00.000Z', 24],
    ['2026-11-27', 'Pacific/Pago_Pago', '2026-11-27T11:00:00.000Z', 24],
    // The clocks skip midnight: the day begins at one.
    ['2026-04-24', 'Africa/Cairo', '2026-04-23T22:00:00.000Z', 23],
  ])('%s in %s - begins at %s and has %i hours', (day, zone, from, hours) => {
    const found = dayIn(day, zone)
    expect(iso(found.from)).toBe(from)
    expect(found.hours).toHaveLength(hours)
    expect(found.hours[0].from).toBe(found.from)
    expect(found.hours.at(-1)?.to).toBe(found.to)
    for (const [i, hour] of found.hours.entries()) if (i > 0) expect(hour.from).toBe(found.hours[i - 1].to)
  })

  it('hours that a clock shows twice - are told apart by the offset', () => {
    const at = dayIn('2026-10-25', 'Europe/Berlin').hours.map(({ at }) => at)
    expect(at.slice(1, 5)).toEqual([
      '2026-10-25T01:00+02:00',
      '2026-10-25T02:00+02:00',
      '2026-10-25T02:00+01:00',
      '2026-10-25T03:00+01:00',
    ])
    expect(new Set(at).size).toBe(25)
  })

  it('half an hour of summer time - makes a last hour that is shorter', () => {
    const { hours, from, to } = dayIn('2026-10-04', 'Australia/Lord_Howe')
    expect(to - from).toBe(23.5 * HOUR_MS)
    expect(hours).toHaveLength(24)
    expect(hours[23].to - hours[23].from).toBe(HOUR_MS / 2)
  })

  it('a day that the calendar left out - has no hours', () => {
    expect(dayIn('2011-12-30', 'Pacific/Apia').hours).toEqual([])
  })

  it('days of a year - follow each other without a gap or an overlap, in zones with odd clocks', () => {
    for (const zone of ['America/St_Johns', 'Australia/Lord_Howe', 'Africa/Cairo']) {
      let day = '2026-01-01'
      for (let n = 0, { to } = dayIn(day, zone); n < 365; n++) {
        day = daysLater(day, 1)
        const next = dayIn(day, zone)
        expect(next.from, `${day} in ${zone}`).toBe(to)
        to = next.to
      }
    }
  })

  it('a moment - belongs to one hour', () => {
    const day = dayIn('2026-10-25', 'Europe/Berlin')
    for (const [i, { from, to }] of day.hours.entries()) {
      expect(hourOf(day, from)).toBe(i)
      expect(hourOf(day, to - 1)).toBe(i)
    }
    expect(hourOf(day, day.from - 1)).toBe(-1)
    expect(hourOf(day, day.to)).toBe(-1)
  })
})

it.each([
  ['2026-02-28', true],
  ['2026-02-29', false],
  ['2024-02-29', true],
  ['2026-13-01', false],
  ['2026-00-01', false],
  ['2026-1-1', false],
  ['1969-12-31', false],
  ['', false],
  ['today', false],
])('%j - is a day of the calendar: %j', (text, expected) => {
  expect(isDay(text)).toBe(expected)
})

it('a clock - shows date, time and offset of its zone', () => {
  const at = Date.parse('2026-11-27T23:30:00Z')
  expect(localClock(at, 'Europe/Berlin')).toEqual({ date: '2026-11-28', time: '00:30', offset: '+01:00' })
  expect(localClock(at, 'UTC')).toEqual({ date: '2026-11-27', time: '23:30', offset: '+00:00' })
})
