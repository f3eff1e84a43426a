// How long to wait after a failure. Pure: the randomness comes in.

export const FIRST_MS = 200
/** No longer than this, holds too: after a fault has ended, delivery goes on within 30 s. */
export const LONGEST_MS = 30_000

/**
 * Full jitter: anything up to a limit that doubles with each attempt, but never less than the vendor asked for.
 * @param attempt failed attempts so far, from 1
 * @param random from 0 up to, not including, 1
 */
export function backoffMs(attempt: number, random: number, vendorAsksMs = 0): number {
  const limit = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 20))
  return Math.max(vendorAsksMs, Math.ceil(random * limit))
}
