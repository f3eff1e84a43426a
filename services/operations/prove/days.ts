// A day of a time zone, and its hours: 24 of them, 23 or 25 where the clocks are changed that day. Pure.

const HOUR_MS = 3_600_000
const DAY = /^(\d{4})-(\d\d)-(\d\d)$/
/** No zone is farther from UTC than this. */
const FARTHEST_MS = 30 * HOUR_MS

/** One hour of a day, milliseconds since the epoch, `to` not included. `at`: its beginning as a clock there shows it, with the offset. */
export type Hour = { at: string; from: number; to: number }
export type Day = { day: string; zone: string; from: number; to: number; hours: Hour[] }

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (!format) {
    const two = '2-digit' as const
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: two,
      day: two,
      hour: two,
      minute: two,
      timeZoneName: 'longOffset',
    })
    formats.set(zone, format)
  }
  return format
}

/** What clock and calendar of the zone show: `2026-01-31`, `14:05`, `+01:00`. @throws RangeError where there is no such zone */
export function localClock(ms: number, zone: string): { date: string; time: string; offset: string } {
  const part = Object.fromEntries(
    formatOf(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  )
  const offset = part.timeZoneName.replace('GMT', '') || '+00:00'
  return { date: `${part.year.padStart(4, '0')}-${part.month}-${part.day}`, time: `${part.hour}:${part.minute}`, offset }
}

/** Whether the text is a day of the calendar, such as 2026-02-28. */
export function isDay(text: string): boolean {
  const [, year, month, day] = (DAY.exec(text) ?? []).map(Number)
  if (year === undefined) return false
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year >= 1970
}

/** So many days later in the calendar, whatever the clocks do. */
export function daysLater(day: string, days: number): string {
  const [, year, month, date] = (DAY.exec(day) ?? []).map(Number)
  return new Date(Date.UTC(year, month - 1, date + days)).toISOString().slice(0, 10)
}

/**
 * The day with its hours. `hours` is empty where the zone's calendar had no such day (Samoa left out 2011-12-30). Each instant is in exactly
 * one day: a day ends where the next one begins. @param day as `isDay` takes it
 */
export function dayIn(day: string, zone: string): Day {
  const [from, to] = [beginOf(day, zone), beginOf(daysLater(day, 1), zone)]
  const hours: Hour[] = []
  for (let at = from; at < to; at += HOUR_MS) {
    const { date, time, offset } = localClock(at, zone)
    hours.push({ at: `${date}T${time}${offset}`, from: at, to: Math.min(at + HOUR_MS, to) })
  }
  return { day, zone, from, to, hours }
}

/** The first instant whose local date is this day or a later one: midnight, or later where the clocks skip it. */
function beginOf(day: string, zone: string): number {
  const utc = Date.parse(`${day}T00:00:00Z`)
  const isBegun = (ms: number) => localClock(ms, zone).date >= day
  const midnight = utc - offsetMs(localClock(utc, zone).offset)
  if (isBegun(midnight) && !isBegun(midnight - 1)) return midnight // most days, without a search
  let before = utc - FARTHEST_MS
  let at = utc + FARTHEST_MS
  while (at - before > 1) {
    const middle = Math.floor((before + at) / 2)
    if (isBegun(middle)) at = middle
    else before = middle
  }
  return at
}

/** `+05:30` in milliseconds. */
function offsetMs(offset: string): number {
  const [, sign, hours, minutes, seconds = '0'] = /^([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(offset) ?? []
  const ms = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000
  return sign === '-' ? -ms : ms
}

/** Which hour a moment belongs to; -1 outside of the day. */
export function hourOf({ from, to }: Pick<Day, 'from' | 'to'>, ms: number): number {
  return ms >= from && ms < to ? Math.floor((ms - from) / HOUR_MS) : -1
}
