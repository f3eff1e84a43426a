// The second way in: one worker among all ingest instances reads the Management API, publishes, and moves the checkpoint after the
// acknowledgement. `poll` publishes all that it reads, `reconcile` what the stream lost.
import { Auth0Problem } from '../../auth0/problem.ts'
import { sleep } from '../../platform/lifecycle.ts'
import { CONTINUOUS, createTicks, type Ticks } from '../../platform/schedule.ts'
import { alarmNearRetention, beginning, goOnAtTheOldest } from './beginning.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Backfill } from './contract.ts'
import { runWantedJobs } from './jobs.ts'
import { openPoll } from './poll.ts'
import { createReader, type LogReader } from './read.ts'
import { openReconcile } from './reconcile.ts'
import type { Term } from './term.ts'

/** A quiet tenant's checkpoint is committed again so often: the group does not expire, and a restart knows what was seen. */
const REFRESH_MS = 60_000
/** How soon a tick, or a changed schedule or state, is seen. */
const LOOK_MS = 1_000

/** `poll` or `reconcile`. */
export type Mode = {
  /** One pass, from the checkpoint up to the newest log; `tick` where it belongs to a schedule. */
  pass: (tick: Date | undefined) => Promise<void>
  /** A continuous backfill begins its next pass so much later. */
  againMs: () => number
  close: () => Promise<void>
}

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
    const works = [passes(backfill, reader, keeper, mode, signal), runWantedJobs(backfill, reader, signal)]
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

/** What a pass tells of how far it is. */
export type Advance = {
  checkpoint: string
  /** Nothing newer was there when Auth0 was asked, which was then. */
  isLast: boolean
  asked: Date
  tick: Date | undefined
  /** As in Checkpoint; left out where nothing is read again. */
  publishedFrom?: Date
}

export type Keeper = Awaited<ReturnType<typeof keepCheckpoint>>

/** The checkpoint in memory and, behind it, in Kafka: commits go on while the next page is stored. @param failed told of a commit's error */
async function keepCheckpoint(backfill: Backfill, { commit }: Term, begin: Checkpoint, failed: (error: unknown) => void) {
  let current = begin
  let committed: Checkpoint | undefined
  let committing: Promise<void> | undefined
  let refreshAt = performance.now() + REFRESH_MS

  /**
   * One commit at a time, always of the newest checkpoint. After a kill, pages published but not committed are recognised by their ids
   * in the topic (poll.ts) and not published twice.
   */
  function commitSoon(): Promise<void> {
    const one = async () => {
      const next = current
      await commit(next)
      committed = next
      backfill.onCheckpoint(next)
    }
    return (committing ??= one().finally(() => {
      committing = undefined
    }))
  }
  await commitSoon()
  return {
    now: () => current,
    /** Goes on elsewhere; committed with the next page. */
    moveTo(checkpoint: string): void {
      current = { ...current, checkpoint }
    },
    /** The page up to there is acknowledged. Resolves when the caller may go on; after the last page when it is committed. */
    async advance({ checkpoint, isLast, asked, tick, publishedFrom }: Advance): Promise<void> {
      const before = current
      const seen = isLast ? asked.toISOString() : ''
      current = {
        ...before,
        checkpoint,
        seenUntil: seen > before.seenUntil ? seen : before.seenUntil,
        tick: isLast && tick ? tick.toISOString() : before.tick,
        publishedFrom: publishedFrom?.toISOString() ?? '',
      }
      alarmNearRetention(backfill, current)
      if (isLast) await committing
      const isNew = checkpoint !== committed?.checkpoint || current.tick !== committed.tick
      if (!isNew && performance.now() < refreshAt) return backfill.onCheckpoint(current)
      refreshAt = performance.now() + REFRESH_MS
      const committedNow = commitSoon()
      if (isLast) await committedNow
      else committedNow.catch(failed)
    },
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
