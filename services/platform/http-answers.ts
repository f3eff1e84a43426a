// What the headers of an HTTP answer say, read once for all who ask others: vendors, Slack, the Management API. Pure.

/** No answer makes anything wait longer: whoever sends more has a fault of their own, and logs only live so long. */
export const LONGEST_RETRY_AFTER_MS = 15 * 60_000

const SECONDS = /^\d+(\.\d+)?$/
/** IMF-fixdate, RFC 850 and asctime, the three forms of RFC 9110, 5.6.7. `Date.parse` alone takes "soon 1" for a date. */
const HTTP_DATE =
  /^[a-z]{3}, \d\d [a-z]{3} \d{4} [\d:]{8} GMT$|^[a-z]{6,9}, \d\d-[a-z]{3}-\d\d [\d:]{8} GMT$|^[a-z]{3} [a-z]{3} [ \d]\d [\d:]{8} \d{4}$/i

/**
 * `Retry-After` in milliseconds from now, 0 to 15 minutes, from seconds or an HTTP date (RFC 9110, 10.2.3).
 * Undefined where the header is missing or says neither: then the caller's own back-off holds.
 * @param now epoch milliseconds, what a date is compared with
 */
export function retryAfterMs(header: string | null | undefined, now: number): number | undefined {
  const value = (header ?? '').trim()
  if (SECONDS.test(value)) return Math.min(LONGEST_RETRY_AFTER_MS, Math.ceil(Number(value) * 1_000))
  if (!HTTP_DATE.test(value)) return undefined
  // asctime names no zone and means GMT.
  const at = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`)
  return Number.isNaN(at) ? undefined : Math.min(LONGEST_RETRY_AFTER_MS, Math.max(0, at - now))
}
