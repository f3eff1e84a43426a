// Times as operators write them and as results show them. Without a zone everything is UTC.

/** A time span back from now: -90s, -30m, -1h, -2d, -1w. */
const AGO = /^-(\d{1,6})([smhdw])$/
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 }
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/i
const DAY = /^\d{4}-\d\d-\d\d$/
const DAY_MS = 86_400_000
const MAX_MS = 8.64e15

/** How times can be written, for messages. */
export const TIME_FORMS = 'an ISO time such as 2026-01-31T12:00:00Z, -1h, -2d, today, yesterday'

/**
 * Milliseconds since the epoch; undefined where the text is no time. A day means its beginning, or its last millisecond with `end`.
 * @param now milliseconds since the epoch
 */
export function parseTime(text: string, now: number, end = false): number | undefined {
  const [, count, unit] = AGO.exec(text) ?? []
  if (unit !== undefined) return Math.max(0, now - Number(count) * UNIT_MS[unit])
  const today = Math.floor(now / DAY_MS) * DAY_MS
  const day = text === 'today' ? today : text === 'yesterday' ? today - DAY_MS : DAY.test(text) ? Date.parse(text) : undefined
  if (day !== undefined) return Number.isNaN(day) ? undefined : end ? day + DAY_MS - 1 : day
  if (!ISO.test(text)) return undefined
  const time = Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`)
  return Number.isNaN(time) ? undefined : time
}

/** ISO 8601; empty for what is no moment, as a foreign record's timestamp may be. */
export const isoOf = (time: number): string => (Math.abs(time) <= MAX_MS ? new Date(time).toISOString() : '')
