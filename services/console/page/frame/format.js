// Numbers as people read them. Times are in time.js.

const numbers = new Intl.NumberFormat('en')

/** @param {number | null | undefined} value a count; a dash where there is none */
export const count = (value) => (value === null || value === undefined ? '–' : numbers.format(value))

/** Events a second. @param {number | null | undefined} value */
export const rate = (value) => {
  if (value === null || value === undefined) return '–'
  if (value === 0) return '0/s'
  return `${value < 10 ? value.toFixed(1) : numbers.format(Math.round(value))}/s`
}

/** Length of time: `850 ms`, `12 s`, `4 min`. @param {number} ms */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 90_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  if (ms < 90 * 60_000) return `${Math.round(ms / 60_000)} min`
  return `${(ms / 3_600_000).toFixed(1)} h`
}

/** `1 event`, `2 events`. @param {number} n @param {string} one */
export const plural = (n, one) => `${count(n)} ${one}${n === 1 ? '' : 's'}`
