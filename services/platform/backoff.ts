// How long to wait after a failure: before a vendor is asked again, before a process is started again. Pure: the randomness comes in.

export const FIRST_MS = 200
/** No longer than this, holds too: after a fault has ended, delivery goes on within 30 s. */
export const LONGEST_MS = 30_000
/** A vendor may ask for more, up to this: nobody's number keeps logs waiting for a year. */
export const LONGEST_ASKED_MS = 15 * 60_000

/**
 * Full jitter: anything up to a limit that doubles with each attempt, but never less than the vendor asked for.
 * @param attempt failed attempts so far, from 1
 * @param random from 0 up to, not including, 1
 */
export function backoffMs(attempt: number, random: number, vendorAsksMs = 0): number {
  const limit = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 20))
  const asked = Number.isNaN(vendorAsksMs) ? 0 : Math.min(vendorAsksMs, LONGEST_ASKED_MS)
  return Math.max(asked, Math.ceil(random * limit))
}

/** The wait before a process that ended is started again, at first. */
export const FIRST_RESTART_MS = 500
/** A process that lived for so long was well: the next wait is the first one again. */
const HEALTHY_MS = 60_000

/**
 * The wait before a process that ended is started again: 0.5 s, doubling to 30 s, milliseconds.
 * @param previous the wait before it was started this time; undefined at the first start
 * @param livedMs from its start to its end
 */
export function restartDelayMs(previous: number | undefined, livedMs: number): number {
  if (previous === undefined || livedMs >= HEALTHY_MS) return FIRST_RESTART_MS
  return Math.min(previous * 2, LONGEST_MS)
}
