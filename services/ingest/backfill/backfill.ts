// The second way in: one worker among all ingest instances reads the Management API, publishes, and moves the checkpoint after the
// acknowledgement. `poll` publishes all that it reads, `reconcile` what the stream lost.
import { Auth0Problem } from '../../auth0/problem.ts'
import { sleep } from '../../platform/lifecycle.ts'
import { CONTINUOUS, createTicks, type Ticks } from '../../platform/schedule.ts'
import { beginning, goOnAtTheOldest } from './beginning.ts'
import type { Backfill, Mode } from './contract.ts'
import { runWantedJobs } from './jobs.ts'
import { keepCheckpoint, type Keeper } from './keeper.ts'
import { openPoll } from './poll.ts'
import { runProofs } from './proofs.ts'
import { createReader, type LogReader } from './read.ts'
import { openReconcile } from './reconcile.ts'
import type { Term } from './term.ts'

/** How soon a tick, or a changed schedule or state, is seen. */
const LOOK_MS = 1_000

/** The work of one term: passes at their turns, jobs beside them. Ends when the signal is aborted, or by the first error of either. */
export async function workOfTerm(backfill: Backfill, { signal: ended, ...term }: Term): Promise<void> {
  const stop = new AbortController()
  const signal = AbortSignal.any([ended, stop.signal])
  const reader = createReader({ auth0: backfill.auth0, log: backfill.log, watch: readWatch(backfill) })
  try {
    const begin = await beginning(backfill, { ...term, signal }, reader)
    const keeper = await keepCheckpoint(backfill, { ...term, signal }, begin, (error) => stop.abort(error))
    const open = backfill.settings().backfill === 'poll' ? openPoll : openReconcile
    const mode = await open(backfill, reader, keeper, signal)
    const works = [
      passes(backfill, reader, keeper, mode, signal),
      runWantedJobs(backfill, reader, signal),
      runProofs(backfill, reader, signal),
    ]
    await Promise.allSettled(works.map((work) => work.catch((error: unknown) => stop.abort(error))))
    await mode.close()
    stop.signal.throwIfAborted()
  } finally {
    stop.abort()
    backfill.onCheckpoint(undefined)
  }
}

async function passes(backfill: Backfill, reader: LogReader, keeper: Keeper, mode: Mode, signal: AbortSignal): Promise<void> {
  const { runs, metrics, settings } = backfill
  const { tick: last } = keeper.now()
  const ticks = createTicks({
    schedule: () => ({ pattern: settings().schedule, zone: settings().zone }),
    last: last === '' ? undefined : new Date(last),
    skipped: (count) => metrics.skipped.inc(count),
    asked: backfill.runAt,
  })
  for (let againMs = 0; ; againMs = mode.againMs()) {
    const tick = await nextTurn(backfill, ticks, againMs, signal)
    if (tick) await runs.beginTick(tick)
    try {
      await mode.pass(tick)
      await runs.recovered() // a whole pass went well: whatever was told before is over
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof Auth0Problem)) throw error
      keeper.moveTo(await goOnAtTheOldest(backfill, reader, keeper.now(), error, signal))
    }
    if (!tick) continue
    await runs.endTick()
    ticks.ran(tick)
  }
}

/**
 * Resolves when a pass is due: with its tick, undefined where the backfill is continuous, which asks again after so many milliseconds.
 * @throws when the signal is aborted
 */
async function nextTurn({ settings, state }: Backfill, ticks: Ticks, againMs: number, signal: AbortSignal) {
  for (const begun = performance.now(); ; await sleep(LOOK_MS, signal)) {
    signal.throwIfAborted()
    if (state() !== 'running') continue
    const due = ticks.due()
    const isAgain = settings().schedule === CONTINUOUS && performance.now() - begun >= againMs
    if (due || isAgain) return due
  }
}

function readWatch({ runs, metrics }: Backfill) {
  return {
    page: () => metrics.pages.inc(),
    waited: (ms: number) => metrics.waited.inc(ms / 1000),
    failed({ patience, message }: Auth0Problem, attempt: number) {
      runs.count('retries')
      // A limit that is met now and then is as it should be; one that stays is a failure.
      if (attempt === (patience === 'limited' ? 5 : 1)) void runs.troubled(patience === 'denied' ? 'held' : 'failed', message)
    },
    answered: () => void runs.recovered(),
  }
}
