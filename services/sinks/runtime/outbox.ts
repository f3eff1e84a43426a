// Encoded events on their way out, and which of them make the next delivery: the vendor's limits, nothing of Kafka. No clock of its own.
import type { LogEvent } from '../../events/log-event.ts'
import type { Limits } from './contract.ts'
import type { Lane } from './lane.ts'

/** The context that a record came with, and when it was taken, milliseconds since the epoch. */
export type TraceContext = { parent: string; at: number }

/** An event on its way out: its place in its lane, and what was encoded of it. */
export type Entry = {
  lane: Lane
  sequence: number
  event: LogEvent
  item: unknown
  bytes: number
  at: number
  trace?: TraceContext
}

/** What one delivery carries. `firstAt`: when it was first tried, by the wall clock, undefined before. */
export type Batch = {
  entries: Entry[]
  attempts: number
  firstAt: Date | undefined
  /** Its only event was counted as rejected: the next attempt is the same event. */
  counted: boolean
}

export class Outbox {
  #waiting: Entry[] = []
  #bytes = 0
  /** Tried before, in order: nothing behind them can be committed. */
  #refused: Batch[] = []
  /** When the oldest of the waiting entries came, by the monotonic clock. */
  #since = 0

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#refused.length === 0
  }

  get hasRefused(): boolean {
    return this.#refused.length > 0
  }

  /** By the monotonic clock, milliseconds; only where something waits. */
  get since(): number {
    return this.#since
  }

  put(entry: Entry, now: number): void {
    if (this.#waiting.length === 0) this.#since = now
    this.#waiting.push(entry)
    this.#bytes += entry.bytes
  }

  /** Goes out again before anything new, in the order given. */
  putBack(...batches: Batch[]): void {
    this.#refused.unshift(...batches)
  }

  /** Whether the waiting events fill a delivery: waiting longer would not make it larger. */
  isFull({ events, bytes }: Pick<Limits, 'events' | 'bytes'>): boolean {
    return this.#waiting.length >= events || this.#bytes >= bytes
  }

  /** The next delivery, tried before or new. */
  next(limits: Limits, now: number): Batch | undefined {
    const refused = this.#refused.shift()
    if (refused) return refused
    if (this.#waiting.length === 0) return undefined
    const entries = takeBatch(this.#waiting, limits)
    for (const { bytes } of entries) this.#bytes -= bytes
    this.#since = now
    return { entries, attempts: 0, firstAt: undefined, counted: false }
  }

  clear(): void {
    this.#waiting = []
    this.#bytes = 0
    this.#refused = []
  }
}

/**
 * Takes the next delivery off the waiting entries: the longest beginning that fits, then, where the vendor limits the span,
 * the oldest slice of that; what was cut off waits at the front. Sorted by time where the vendor asks for it.
 * Always takes at least one entry when there is one.
 */
export function takeBatch<T extends Pick<Entry, 'bytes' | 'at'>>(
  waiting: T[],
  limits: Pick<Limits, 'events' | 'bytes' | 'spanMs' | 'ordered'>,
): T[] {
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
