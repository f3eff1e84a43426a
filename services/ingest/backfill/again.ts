// Work that must go on: an end by error is told in the error's own words, and followed by another attempt after a back-off.
import { backoffMs } from '../../platform/backoff.ts'
import { sleep } from '../../platform/lifecycle.ts'

/** Work that went well for so long has recovered: its next failure is a first one. */
const WELL_MS = 60_000
/** Failures of one cause come at least so far apart: each of them is a line in the log. */
const LEAST_MS = 1_000

/**
 * Runs `work` until it resolves or the signal is aborted, then resolves; never rejects.
 * @param failed told of each end by error, and when the next attempt comes
 */
export async function againAndAgain(
  work: () => Promise<void>,
  failed: (error: unknown, againMs: number) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    const began = performance.now()
    try {
      return await work()
    } catch (error) {
      if (signal.aborted) return
      if (performance.now() - began > WELL_MS) attempt = 1
      const againMs = Math.max(LEAST_MS, backoffMs(attempt, Math.random()))
      failed(error, againMs)
      await sleep(againMs, signal)
    }
  }
}

/** Rejects with the signal's reason when it is aborted; never resolves. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error)
    else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
