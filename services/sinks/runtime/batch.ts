// Which of the waiting events make the next delivery: the vendor's limits, nothing of time or Kafka. Pure.
import type { LogEvent } from '../../events/log-event.ts'
import type { Limits } from './contract.ts'

/** An event on its way out, with what was encoded of it. */
export type Entry = { event: LogEvent; item: unknown; bytes: number; at: number }

/** Whether the waiting events fill a delivery: waiting longer would not make it larger. */
export function isFull(events: number, bytes: number, limits: Pick<Limits, 'events' | 'bytes'>): boolean {
  return events >= limits.events || bytes >= limits.bytes
}

/**
 * Takes the next delivery off the waiting entries: the longest beginning that fits, then, where the vendor limits the span,
 * the oldest slice of that; what was cut off waits at the front. Sorted by time where the vendor asks for it.
 * Always takes at least one entry when there is one.
 */
export function takeBatch(waiting: Entry[], limits: Pick<Limits, 'events' | 'bytes' | 'spanMs' | 'ordered'>): Entry[] {
  let count = 0
  let bytes = 0
  while (count < waiting.length && count < limits.events) {
    bytes += waiting[count].bytes
    if (bytes > limits.bytes && count > 0) break
    count++
  }
  let batch = waiting.splice(0, count)
  if (limits.spanMs !== undefined) {
    let first = Number.POSITIVE_INFINITY
    let last = Number.NEGATIVE_INFINITY
    for (const { at } of batch) {
      if (at < first) first = at
      if (at > last) last = at
    }
    const end = first + limits.spanMs
    if (last > end) {
      waiting.unshift(...batch.filter(({ at }) => at > end))
      batch = batch.filter(({ at }) => at <= end)
    }
  }
  // Stable: events of the same millisecond keep their order of receipt.
  return limits.ordered ? batch.toSorted((a, b) => a.at - b.at) : batch
}
