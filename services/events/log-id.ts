// What an Auth0 log_id tells: `900`, the time at which Auth0 stored the log (yyyyMMddHHmmssSSS, UTC), 36 digits; string order is id order.
// Other shapes exist and are never refused; they tell no time.

const SHAPE = /^900(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})\d*$/
const DIGITS_AFTER_TIME = 36

/** A longer one is no identity: it is key, header and part of commit metadata. Auth0's have 24 to 56 characters. */
export const MAX_LOG_ID_BYTES = 256

/** A log is received after Auth0 stored it, but clocks differ: what was received from this much before its id's time may be it. Milliseconds. */
export const CLOCKS_MS = 60_000

/** When Auth0 stored the log, milliseconds; undefined where the id does not tell. */
export function timeOfLogId(id: string): number | undefined {
  const found = SHAPE.exec(id)
  if (!found) return undefined
  const [, year, month, day, hour, minute, second, ms] = found.map(Number)
  return Date.UTC(year, month - 1, day, hour, minute, second, ms)
}

/** The smallest id of a moment: all logs stored at it or later are greater. It needs not exist to be asked `from`. */
export function logIdAt(timeMs: number): string {
  return `900${new Date(timeMs).toISOString().replaceAll(/\D/g, '')}${'0'.repeat(DIGITS_AFTER_TIME)}`
}

/**
 * An id directly below this one, for `from` of the Management API is exclusive: asked from there, the log itself comes too.
 * Undefined where the id is neither decimal nor hexadecimal digits.
 */
export function logIdBefore(id: string): string | undefined {
  if (/^\d+$/.test(id)) return below(id, 10)
  return /^[\da-f]+$/i.test(id) ? below(id, 16) : undefined
}

function below(id: string, base: 10 | 16): string | undefined {
  const value = BigInt(base === 16 ? `0x${id}` : id) - 1n
  return value < 0n ? undefined : value.toString(base).padStart(id.length, '0')
}

/** START_FROM: what is wrong with it, in words that fit after its name; undefined when nothing is. */
export function startFromProblem(value: string): string | undefined {
  const isId = /^[\da-f]{10,}$/i.test(value)
  const isTime = /^\d{4}-\d\d-\d\d/.test(value) && !Number.isNaN(Date.parse(value))
  return isId || isTime ? undefined : 'must be a log_id or an ISO time such as 2026-01-31T12:00:00Z'
}
