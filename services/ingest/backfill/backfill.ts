// The second way in: one worker among all ingest instances reads the Management API, publishes, and moves the checkpoint after the
// acknowledgement. `poll` publishes all that it reads, `reconcile` what the stream lost.
import { timeOfLogId } from '../../events/log-id.ts'
import { errorText } from '../../platform/errors.ts'
import { sleep } from '../../platform/lifecycle.ts'
import type { Source } from '../store.ts'
import { Auth0Problem } from './auth0.ts'
import { alarmNearRetention, beginning, firstWebhook, goOnAtTheOldest } from './beginning.ts'
import { askFrom, type Checkpoint } from './checkpoint.ts'
import type { Backfill } from './contract.ts'
import { runWantedJobs } from './jobs.ts'
import { type Pass, pollPass } from './poll.ts'
import { publishAll } from './publish.ts'
import { createPublished, refill } from './published.ts'
import { createReader, type LogReader } from './read.ts'
import { reconcilePass } from './reconcile.ts'
import { describeStream, type Stream } from './stream.ts'
import type { Term } from './term.ts'
import { followTopicIds } from './topic-ids.ts'
import { nextTurn } from './turns.ts'

/** After a page that was not full Auth0 is asked again so much later. */
const POLL_AGAIN_MS = 2_000
/** Reconcile, which stays behind anyway, asks again after this share of its delay. */
const RECONCILE_SHARE = 0.1
/** A quiet tenant's checkpoint is committed again so often: the group does not expire, and a restart knows what was seen. */
const REFRESH_MS = 60_000
/** The stream's own settings are asked for so often; where they stand in the way, more often. */
const STREAM_MS = 10 * 60_000
const STREAM_AGAIN_MS = 30_000

/** One pass at its turn, from the place that it finds; `tick` where it belongs to a schedule. */
type DoPass = (place: Place, tick: Date | undefined) => Promise<void>

/** The work of one term: passes at their turns, jobs beside them, until a later term begins. */
export async function runTerm(backfill: Backfill, term: Term): Promise<void> {
  const { runs, metrics, settings, state, log } = backfill
  const { signal } = term
  const reader = createReader({ auth0: backfill.auth0, log, watch: readWatch(backfill) })
  const place = await keepPlace(backfill, term, await beginning(backfill, term, reader))
  const mode = settings().backfill === 'poll' ? await polling(backfill, reader, place) : reconciling(backfill, reader, signal)
  const jobs = runWantedJobs(backfill, reader, signal)
  try {
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const { tick } = await nextTurn({
        schedule: () => ({ pattern: settings().schedule, zone: settings().zone }),
        mayRun: () => state() === 'running',
        last: place.now().tick,
        isFirst,
        againMs: mode.againMs(),
        skipped: (ticks) => metrics.skipped.inc(ticks),
        signal,
      })
      if (tick) await runs.beginTick(tick)
      await mode.pass(place, tick).catch(async (error) => {
        signal.throwIfAborted()
        if (!(error instanceof Auth0Problem)) throw error
        place.set(await goOnAtTheOldest(backfill, place.now(), error))
      })
      if (tick) await runs.endTick()
    }
  } finally {
    await mode.close()
    await jobs
  }
}

type Place = Awaited<ReturnType<typeof keepPlace>>

/** The checkpoint in memory and, behind it, in Kafka: commits go on while the next page is stored. */
async function keepPlace(backfill: Backfill, term: Term, begin: Checkpoint) {
  const { signal } = term
  let place = begin
  let keeping: Promise<void> | undefined
  let keptAt = Date.now()

  async function keep(): Promise<void> {
    const kept = place
    await term.commit(kept)
    backfill.reached(kept)
  }
  /** One commit at a time, of what the place is by then. What a kill leaves uncommitted is found in the topic again. */
  const keepSoon = () =>
    (keeping ??= keep().finally(() => {
      keeping = undefined
    }))
  await keep()
  return {
    signal,
    now: () => place,
    set(next: Checkpoint): void {
      place = next
    },
    /** @param asked when Auth0 was asked: where nothing newer was there, all until then has been seen */
    async moved(checkpoint: string, isLast: boolean, asked: Date, tick: Date | undefined): Promise<void> {
      const before = place
      const seen = isLast ? asked.toISOString() : ''
      const seenUntil = seen > before.seenUntil ? seen : before.seenUntil
      place = { ...before, checkpoint, seenUntil, tick: isLast && tick ? tick.toISOString() : before.tick }
      alarmNearRetention(backfill, place)
      const isDue = checkpoint !== before.checkpoint || place.tick !== before.tick || Date.now() - keptAt > REFRESH_MS
      if (!isDue) return backfill.reached(place)
      keptAt = Date.now()
      if (!isLast) return void keepSoon().catch(() => {}) // a refused commit ends the term
      await keeping
      await keep()
    },
  }
}

type Mode = { pass: DoPass; againMs: () => number; close: () => Promise<void> }

async function polling(backfill: Backfill, reader: LogReader, place: Place): Promise<Mode> {
  const published = createPublished()
  await refill(backfill.client, place.now(), published)
  return {
    async pass(place, tick) {
      const { checkpoint, startFrom } = place.now()
      const floor = startFrom === '' ? '' : askFrom(startFrom)
      await pollPass(checkpoint, floor, published, passFor(backfill, reader, place, 'poll', new Date(), tick))
    },
    againMs: () => POLL_AGAIN_MS,
    close: async () => {},
  }
}

function reconciling(backfill: Backfill, reader: LogReader, signal: AbortSignal): Mode {
  const { client, settings, runs, metrics, log } = backfill
  const delayMs = () => settings().reconcileDelay * 1000
  const stream = watchStream(backfill, reader, signal)
  let topic: Awaited<ReturnType<typeof openTopic>> | undefined

  async function openTopic(checkpoint: string) {
    const sinceMs = await firstWebhook(client)
    const fromMs = Math.max(sinceMs, timeOfLogId(checkpoint) ?? sinceMs)
    const lost = (error: Error) => log.error({ error: errorText(error) }, 'what the stream delivers can be followed no longer')
    return { sinceMs, ids: await followTopicIds(client, fromMs, lost) }
  }
  return {
    async pass(place, tick) {
      const known = await stream()
      const { checkpoint } = place.now()
      topic ??= await openTopic(checkpoint)
      const untilMs = Date.now() - delayMs()
      await reconcilePass(checkpoint, {
        ...passFor(backfill, reader, place, 'reconcile', new Date(untilMs), tick),
        ...topic,
        stream: known,
        untilMs,
        delayMs: delayMs(),
        found(missing) {
          runs.count('missing', missing)
          metrics.missing.inc(missing)
          log.warn({ missing }, 'the stream lost logs; they are published now')
        },
      })
    },
    againMs: () => Math.max(POLL_AGAIN_MS, delayMs() * RECONCILE_SHARE),
    close: async () => void (await topic?.ids.close()),
  }
}

function passFor(backfill: Backfill, reader: LogReader, place: Place, source: Source, asked: Date, tick: Date | undefined): Pass {
  const { signal } = place
  return {
    reader,
    take: () => backfill.settings().batchSize,
    publish: (split) => publishAll(backfill, split, source, signal),
    moved: (checkpoint, isLast) => place.moved(checkpoint, isLast, asked, tick),
    signal,
  }
}

/** Answers the stream as it is; waits where it stands in the way of reconciling, until a person has mended it. */
function watchStream({ auth0, settings, redacted, runs, log }: Backfill, reader: LogReader, signal: AbortSignal) {
  let known: { stream: Stream; at: number } | undefined
  return async (): Promise<Stream> => {
    if (known && Date.now() - known.at < STREAM_MS) return known.stream
    for (;;) {
      const streams = await reader.patiently(() => auth0.streams(signal), signal)
      const stream = describeStream(streams, settings().stream, redacted)
      if (!('problem' in stream)) {
        const { name, status } = stream
        if (status === 'active') await runs.recovered()
        else {
          const text = `log stream ${name} is ${status}: Auth0 delivers nothing, reconcile fetches it meanwhile. Set it active in Auth0`
          log.error({ stream: name, status }, text)
          await runs.alarm(text)
        }
        known = { stream, at: Date.now() }
        return stream
      }
      log.error({ problem: stream.problem }, 'reconcile stands still until this is mended; the webhook goes on')
      await runs.troubled('held', stream.problem)
      await sleep(STREAM_AGAIN_MS, signal)
      signal.throwIfAborted()
    }
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
