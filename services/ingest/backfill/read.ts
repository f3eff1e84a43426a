// Reading the Management API page by page, with all the patience it takes: nothing is skipped because a call failed.
import { type Auth0, type Page } from '../../auth0/client.ts'
import { Auth0Problem, LEAST_AFTER_LIMIT_MS } from '../../auth0/problem.ts'
import { type RateLimit, waitFor } from '../../auth0/rate.ts'
import { type SplitEvent, splitItems, type UnusablePart } from '../../events/split.ts'
import { backoffMs } from '../../platform/backoff.ts'
import { sleep } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/logger.ts'

/** Between attempts while a person must change something: slow, so that the token endpoint is left in peace. */
const DENIED_AGAIN_MS = 30_000

/** Logs of one page in order of id; what is no log is `unusable`. `last`: the id to go on from. `isLast`: nothing newer is wanted. */
export type LogPage = { events: SplitEvent[]; unusable: UnusablePart[]; last: string; isLast: boolean }

export type ReadWatch = {
  page: () => void
  waited: (ms: number) => void
  /** Told at each failed attempt. */
  failed: (problem: Auth0Problem, attempt: number) => void
  /** Told after the first answer that follows a failure. */
  answered: () => void
}

export type LogReader = ReturnType<typeof createReader>

/** One for all who read in a term: they share the tenant's bucket. */
export function createReader({ auth0, watch, log }: { auth0: Auth0; watch: ReadWatch; log: Logger }) {
  const admit = createTurns(watch.waited)

  /** Calls until it is answered, or the signal is aborted, which throws. @throws Auth0Problem `refused` where `mayRefuse` */
  async function patiently<T>(work: () => Promise<T>, signal: AbortSignal, mayRefuse = false): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      await admit.next(signal)
      try {
        const result = await work()
        admit.answered()
        if (attempt > 1) watch.answered()
        return result
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof Auth0Problem) || (mayRefuse && error.patience === 'refused')) throw error
        if (error.patience === 'limited') admit.limited(error.afterMs)
        watch.failed(error, attempt)
        const again = error.patience === 'denied' ? DENIED_AGAIN_MS : backoffMs(attempt, Math.random(), error.afterMs)
        log.warn(
          { attempt, error: error.message, retry_in_ms: again },
          'the Management API could not be read; nothing is lost, it is asked again',
        )
        await sleep(again, signal)
      }
    }
  }

  async function page(from: string, take: number, signal: AbortSignal): Promise<Page> {
    const answered = await patiently(() => auth0.logs(from, take, signal), signal, true)
    admit.told(answered.rate)
    watch.page()
    return answered
  }

  /**
   * Pages after `from` up to an empty one, which alone says that nothing newer is there (a short one does not), or to the one that
   * reaches past `until`. The next is asked for while the caller stores the last.
   */
  async function* pages(from: string, take: () => number, signal: AbortSignal, until = '~'): AsyncGenerator<LogPage> {
    let asked = page(from, take(), signal)
    for (;;) {
      const { bytes, next } = await asked
      const { events, unusable } = splitItems(bytes)
      const newest = events.at(-1)?.id.toString()
      const last = newest ?? next ?? from
      const isLast = last === from || (newest === undefined && unusable.length === 0) || last > until
      from = next === undefined || next === from ? last : next
      if (!isLast) {
        asked = page(from, take(), signal)
        asked.catch(() => {}) // thrown where it is awaited; nowhere when the caller stops here
      }
      yield { events, unusable, last, isLast }
      if (isLast) return
    }
  }

  return { pages, patiently }
}

/**
 * Whose call is next, and when. Passes and jobs take turns, so that neither waits for more than one call of the other; half of the
 * tenant's bucket is left to others; after a 429 there is never more than one call a second until one is answered.
 */
function createTurns(waited: (ms: number) => void) {
  let turn: Promise<unknown> = Promise.resolve()
  let rate: RateLimit | undefined
  let isLimited = false
  /** By the monotonic clock, which a `now` that is set back does not touch. */
  let notBefore = 0

  async function wait(signal: AbortSignal): Promise<void> {
    const ms = Math.max(waitFor(rate, Date.now()), notBefore - performance.now())
    if (ms > 0) {
      waited(ms)
      await sleep(ms, signal)
    }
    signal.throwIfAborted()
    if (rate) rate = { ...rate, remaining: rate.remaining - 1 }
    if (isLimited) notBefore = performance.now() + LEAST_AFTER_LIMIT_MS
  }
  return {
    /** Resolves when the caller may set out: the call before it has set out too, whether it was answered or not. */
    next(signal: AbortSignal): Promise<void> {
      const mine = turn.then(() => wait(signal))
      turn = mine.catch(() => {})
      return mine
    },
    told(now: RateLimit | undefined): void {
      rate = now
    },
    limited(afterMs: number): void {
      isLimited = true
      // Counted from the refusal, not from setting out: Auth0 counts calls when they arrive.
      notBefore = Math.max(notBefore, performance.now() + Math.max(afterMs, LEAST_AFTER_LIMIT_MS))
    },
    answered(): void {
      isLimited = false
    },
  }
}
