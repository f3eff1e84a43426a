// `reconcile`: logs that Auth0 stored until a while ago and that the topic does not hold are what the stream lost. They are published.
import { logIdAt, timeOfLogId } from '../../events/log-id.ts'
import type { SplitEvent } from '../../events/split.ts'
import { sleep } from '../../platform/lifecycle.ts'
import { firstWebhook } from './beginning.ts'
import type { Backfill, Mode } from './contract.ts'
import type { Keeper } from './keeper.ts'
import { publishAll } from './publish.ts'
import type { LogPage, LogReader } from './read.ts'
import { describeStream, type Stream } from './stream.ts'
import { openTopicIds, type TopicIds } from './topic-ids.ts'

/** Reconcile, which stays behind anyway, asks again after this share of its delay, and not sooner than that. */
const AGAIN_SHARE = 0.1
const LEAST_AGAIN_MS = 2_000
/** The stream's own settings are asked for so often; where they stand in the way, more often. */
const STREAM_MS = 10 * 60_000
const STREAM_AGAIN_MS = 30_000

/** What the topic holds. `sinceMs`: when the first webhook record was received; reconcile never reaches before it. */
type Topic = { ids: TopicIds; sinceMs: number }

/** `BACKFILL=reconcile`, which opens the topic at its first pass. @param signal the worker's term */
export async function openReconcile(backfill: Backfill, reader: LogReader, keeper: Keeper, signal: AbortSignal): Promise<Mode> {
  const { client, settings, runs, metrics, log } = backfill
  const delayMs = () => settings().reconcileDelay * 1000
  const streamNow = watchStream(backfill, reader, signal)
  let topic: Topic | undefined

  async function openTopic(): Promise<Topic> {
    const sinceMs = await firstWebhook(client, signal)
    const fromMs = Math.max(sinceMs, timeOfLogId(keeper.now().checkpoint) ?? sinceMs)
    return { sinceMs, ids: await openTopicIds(client, fromMs) }
  }

  async function publishMissing(
    page: LogPage,
    due: readonly SplitEvent[],
    stream: Stream,
    { ids, sinceMs }: Topic,
  ): Promise<void> {
    const isMissing = ({ id, type }: SplitEvent) =>
      !ids.has(id) && stream.delivers(type.toString()) && (timeOfLogId(id.toString()) ?? sinceMs) >= sinceMs
    const missing = due.filter(isMissing)
    if (missing.length > 0) {
      runs.count('missing', missing.length)
      metrics.missing.inc(missing.length)
      log.warn({ missing: missing.length }, 'the stream missed logs; publishing them now')
    }
    if (missing.length + page.unusable.length === 0) return
    const events = missing.map((event): SplitEvent => {
      const value = stream.hide(event.value)
      // A dead letter keeps the source: what the stream hides must not be in that either.
      return value === event.value ? event : { ...event, value, source: value, start: 0, end: value.length }
    })
    await publishAll(backfill, { events, unusable: page.unusable }, 'reconcile', signal)
  }

  return {
    async pass(tick) {
      const stream = await streamNow()
      topic ??= await openTopic()
      const { ids } = topic
      // Logs that Auth0 stored later are left to the next pass: the stream may still deliver them.
      const untilMs = Date.now() - delayMs()
      const asked = new Date(untilMs)
      const isDue = ({ id }: SplitEvent) => (timeOfLogId(id.toString()) ?? 0) <= untilMs
      const pages = reader.pages(keeper.now().checkpoint, () => settings().batchSize, signal, logIdAt(untilMs))
      for await (const page of pages) {
        const due = page.events.filter(isDue)
        const isLast = page.isLast || due.length < page.events.length
        const newest = due.at(-1)?.id.toString()
        if (newest !== undefined) await ids.until((timeOfLogId(newest) ?? untilMs) + delayMs(), signal)
        await publishMissing(page, due, stream, topic)
        const before = keeper.now().checkpoint
        const last = newest ?? (page.events.length === 0 ? page.last : before)
        const checkpoint = last > before ? last : before
        ids.forget(timeOfLogId(checkpoint) ?? 0)
        await keeper.advance({ checkpoint, isLast, asked, tick })
        if (isLast) break
      }
    },
    againMs: () => Math.max(LEAST_AGAIN_MS, delayMs() * AGAIN_SHARE),
    close: async () => void (await topic?.ids.close()),
  }
}

/** Answers the stream as it is; waits where it stands in the way of reconciling, until a person has changed that. */
function watchStream({ auth0, settings, redacted, runs, log }: Backfill, reader: LogReader, signal: AbortSignal) {
  let known: { stream: Stream; until: number } | undefined
  return async (): Promise<Stream> => {
    if (known && performance.now() < known.until) return known.stream
    for (;;) {
      const streams = await reader.patiently(() => auth0.httpStreams(signal), signal)
      const stream = describeStream(streams, settings().stream, redacted)
      if (!('problem' in stream)) {
        const { name, status } = stream
        await runs.recovered()
        if (status !== 'active') {
          const text = `log stream ${name} is ${status}: Auth0 delivers nothing, reconcile fetches it meanwhile. Set it active in Auth0`
          log.error({ stream: name, status }, text)
          await runs.alarm(text)
        }
        known = { stream, until: performance.now() + STREAM_MS }
        return stream
      }
      log.error({ problem: stream.problem }, 'reconcile is waiting until this is fixed; the webhook continues')
      await runs.troubled('held', stream.problem)
      await sleep(STREAM_AGAIN_MS, signal)
      signal.throwIfAborted()
    }
  }
}
