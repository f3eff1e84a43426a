// Wakes whoever waits for something to change: who hears it looks again at what it waits for.

/** setTimeout takes no more: a longer time would be over at once. Milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export type Bell = {
  ring: () => void
  /** How often it has rung. */
  rings: () => number
  /**
   * Resolves at the next ring, or after so many milliseconds; Infinity waits for the ring alone. Who has awaited something since it
   * looked names the `rings` of that moment, so that none in between is missed.
   */
  wait: (ms?: number, since?: number) => Promise<void>
}

/** Any number may wait at a bell; one ring wakes all of them. */
export function createBell(): Bell {
  let next = Promise.withResolvers<void>()
  let count = 0
  return {
    ring() {
      const rung = next
      next = Promise.withResolvers()
      count++
      rung.resolve()
    },
    rings: () => count,
    async wait(ms = Number.POSITIVE_INFINITY, since = count) {
      if (since !== count) return
      const { promise } = next
      if (!Number.isFinite(ms)) return promise
      let timer: NodeJS.Timeout | undefined
      const time = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, Math.min(Math.max(0, ms), LONGEST_TIMER_MS))
      })
      await Promise.race([promise, time])
      clearTimeout(timer)
    },
  }
}
