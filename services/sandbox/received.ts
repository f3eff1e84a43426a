// What a stand-in has received: exact totals, the last events in full, and what was refused and why.
import { createIdSet } from './id-set.ts'

const KEPT_EVENTS = 10_000
const KEPT_REFUSED = 1_000

/** One event as the vendor would hold it. */
export type ReceivedEvent = {
  /** Its log_id; empty where it has none. */
  id: string
  /** The time that the sender gave it, milliseconds since the epoch; NaN where it gave none. */
  time: number
  text: string
  fields?: Readonly<Record<string, unknown>>
}

export type RefusedEvent = ReceivedEvent & { why: string }

export type Received = {
  /** Calls, datagrams or connections, those answered with a fault included. */
  requests: number
  /** Events taken: what a user of the vendor would find. */
  total: number
  /** UTF-8 bytes of the events taken, without the vendor's overhead. */
  bytes: number
  /** Different ids among the events taken; undefined without `countIds`. */
  unique: number | undefined
  /** What else happened, by name: `faults`, `deduplicated`, `truncated`, `malformed`, `discarded.<why>`, `refused.<why>` … */
  counts: Record<string, number>
  /** The newest events taken, newest first; at most the last 10,000, none with `fast`. */
  last: (limit?: number) => ReceivedEvent[]
  /** The newest events that were not taken, newest first; at most the last 1,000. */
  refused: (limit?: number) => RefusedEvent[]
}

export type RecorderOptions = {
  /** Keep no events: for benches. Limits hold all the same. */
  fast?: boolean
  /** Count different ids exactly (up to 32 bytes each). */
  countIds?: boolean
  /** Called for each event taken, at once. */
  onEvent?: (event: ReceivedEvent) => void
}

export type Recorder = {
  received: Received
  /** Takes an event. `id` and `event` are only called where somebody wants to know: reading them is most of the work. */
  take: (bytes: number, id: () => string, event: (id: string) => ReceivedEvent) => void
  /** @param kind the counter: `discarded`, `deduplicated` … */
  refuse: (event: ReceivedEvent, kind: string, why?: string) => void
  count: (name: string, by?: number) => void
  reset: () => void
}

export function createRecorder({ fast = false, countIds = false, onEvent }: RecorderOptions): Recorder {
  const ids = countIds ? createIdSet() : undefined
  const wantsEvents = !fast || onEvent !== undefined
  const events = createRing<ReceivedEvent>(KEPT_EVENTS)
  const refused = createRing<RefusedEvent>(KEPT_REFUSED)
  const received: Received = {
    requests: 0,
    total: 0,
    bytes: 0,
    get unique() {
      return ids?.size
    },
    counts: {},
    last: events.last,
    refused: refused.last,
  }
  const count = (name: string, by = 1) => void (received.counts[name] = (received.counts[name] ?? 0) + by)
  return {
    received,
    take(bytes, id, event) {
      received.total++
      received.bytes += bytes
      if (!ids && !wantsEvents) return
      const known = id()
      if (known !== '') ids?.add(known)
      if (!wantsEvents) return
      const taken = event(known)
      if (!fast) events.push(taken)
      onEvent?.(taken)
    },
    refuse(event, kind, why) {
      count(why === undefined ? kind : `${kind}.${why}`)
      refused.push(Object.assign(event, { why: why ?? kind }))
    },
    count,
    reset() {
      Object.assign(received, { requests: 0, total: 0, bytes: 0, counts: {} })
      ids?.clear()
      events.clear()
      refused.clear()
    },
  }
}

function createRing<T>(size: number) {
  let kept: T[] = []
  let next = 0
  return {
    push(entry: T): void {
      kept[next] = entry
      next = (next + 1) % size
    },
    /** Newest first. */
    last(limit = size): T[] {
      const ordered = [...kept.slice(next), ...kept.slice(0, next)]
      return ordered.slice(Math.max(0, ordered.length - Math.max(0, limit))).toReversed()
    },
    clear(): void {
      kept = []
      next = 0
    },
  }
}
