// Reading the Management API page by page, with all the patience it takes: nothing is skipped because a call failed.
import { type SplitEvent, splitItems, type UnusablePart } from '../../events/split.ts'
import { backoffMs } from '../../platform/backoff.ts'
import { sleep } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/logger.ts'
import { type Auth0, Auth0Problem, type Page } from './auth0.ts'
import { type RateLimit, waitFor } from './rate.ts'

/** Between attempts while a person must mend something: slow, so that the token endpoint is left in peace. */
const DENIED_AGAIN_MS = 30_000

/** Logs of one page in order of id; what is no log is `unusable`. `last`: the id to go on from. */
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

export function createReader({ auth0, watch, log }: { auth0: Auth0; watch: ReadWatch; log: Logger }) {
  let rate: RateLimit | undefined

  /** Calls until it is answered, or the signal is aborted, which throws. */
  async function patiently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const ms = waitFor(rate, Date.now())
      if (ms > 0) {
        watch.waited(ms)
        await sleep(ms, signal)
      }
      rate = undefined
      signal.throwIfAborted()
      try {
        const result = await work()
        if (attempt > 1) watch.answered()
        return result
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof Auth0Problem) || error.patience === 'unknown_from') throw error
        watch.failed(error, attempt)
        log.warn({ attempt, error: error.message }, 'the Management API could not be read; nothing is lost, it is asked again')
        const again = error.patience === 'denied' ? DENIED_AGAIN_MS : backoffMs(attempt, Math.random(), error.afterMs)
        await sleep(again, signal)
      }
    }
  }

  async function page(from: string, take: number, signal: AbortSignal): Promise<Page> {
    const answered = await patiently(() => auth0.logs(from, take, signal), signal)
    rate = answered.rate
    watch.page()
    return answered
  }

  /**
   * Pages after `from` up to the newest log, or to the page that reaches past `until`. The next one is asked for while the caller
   * stores the last.
   */
  async function* pages(from: string, take: () => number, signal: AbortSignal, until = '~'): AsyncGenerator<LogPage> {
    let size = take()
    let asked = page(from, size, signal)
    for (;;) {
      const { bytes, next } = await asked
      const { events, unusable } = splitItems(bytes)
      const last = events.at(-1)?.id.toString() ?? next ?? from
      const isLast = events.length + unusable.length < size || last === from || last > until
      from = last
      if (!isLast) {
        size = take()
        asked = page(from, size, signal)
        asked.catch(() => {}) // thrown where it is awaited; nowhere when the caller stops here
      }
      yield { events, unusable, last, isLast }
      if (isLast) return
    }
  }

  return { pages, patiently }
}
