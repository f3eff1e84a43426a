// One pass of `reconcile`: logs that Auth0 stored until `delay` ago and that the topic does not hold are what the stream lost.
import { logIdAt, timeOfLogId } from '../../events/log-id.ts'
import type { Pass } from './poll.ts'
import type { Stream } from './stream.ts'
import type { TopicIds } from './topic-ids.ts'

export type ReconcilePass = Pass & {
  ids: TopicIds
  stream: Stream
  /** Logs that Auth0 stored later are left to the next pass: the stream may still deliver them. */
  untilMs: number
  /** How late the stream may deliver a log. */
  delayMs: number
  /** When the first webhook record was received: reconcile never reaches before it. */
  sinceMs: number
  found: (missing: number) => void
}

/** Answers the new checkpoint. */
export async function reconcilePass(checkpoint: string, pass: ReconcilePass): Promise<string> {
  const { reader, take, publish, moved, signal, ids, stream, untilMs, delayMs, sinceMs, found } = pass
  for await (const page of reader.pages(checkpoint, take, signal, logIdAt(untilMs))) {
    const isTooYoung = (id: string) => (timeOfLogId(id) ?? 0) > untilMs
    const due = page.events.filter(({ id }) => !isTooYoung(id.toString()))
    const isLast = page.isLast || due.length < page.events.length
    const newest = due.at(-1)?.id.toString()
    if (newest !== undefined) await ids.until((timeOfLogId(newest) ?? untilMs) + delayMs)
    const missing = due.filter(
      ({ id, type }) =>
        !ids.has(id.toString()) && stream.delivers(type.toString()) && (timeOfLogId(id.toString()) ?? sinceMs) >= sinceMs,
    )
    if (missing.length > 0) found(missing.length)
    if (missing.length + page.unusable.length > 0) await publish({ events: missing, unusable: page.unusable })
    const last = newest ?? (page.events.length === 0 ? page.last : checkpoint)
    if (last > checkpoint) checkpoint = last
    ids.forget(timeOfLogId(checkpoint) ?? 0)
    await moved(checkpoint, isLast)
    if (isLast) break
  }
  return checkpoint
}
