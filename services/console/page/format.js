// Numbers and times as people read them.

const numbers = new Intl.NumberFormat('en')
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' })
const absolute = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'long' })

/** @param {number | null | undefined} value a count; a dash where there is none */
export const count = (value) => (value === null || value === undefined ? '–' : numbers.format(value))

/** Events a second. @param {number | null | undefined} value */
export const rate = (value) => {
  if (value === null || value === undefined) return '–'
  if (value === 0) return '0/s'
  return `${value < 10 ? value.toFixed(1) : numbers.format(Math.round(value))}/s`
}

/** @type {[limit: number, seconds: number, unit: Intl.RelativeTimeFormatUnit][]} */
const UNITS = [
  [90, 1, 'second'],
  [90 * 60, 60, 'minute'],
  [36 * 3600, 3600, 'hour'],
  [Number.POSITIVE_INFINITY, 86_400, 'day'],
]

/** `5 min. ago`, `in 3 hr.` @param {number} time milliseconds @param {number} now */
export function ago(time, now = Date.now()) {
  const seconds = (time - now) / 1000
  if (Math.abs(seconds) < 2) return 'now'
  const [, size, unit] = UNITS.find(([limit]) => Math.abs(seconds) < limit) ?? UNITS[3]
  return relative.format(Math.round(seconds / size), unit)
}

/** @param {number} time milliseconds */
export const exact = (time) => (Number.isFinite(time) && Math.abs(time) <= 8.64e15 ? absolute.format(time) : '')

/** Length of time: `850 ms`, `12 s`, `4 min`. @param {number} ms */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 90_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  if (ms < 90 * 60_000) return `${Math.round(ms / 60_000)} min`
  return `${(ms / 3_600_000).toFixed(1)} h`
}

/** `1 event`, `2 events`. @param {number} n @param {string} one */
export const plural = (n, one) => `${count(n)} ${one}${n === 1 ? '' : 's'}`
