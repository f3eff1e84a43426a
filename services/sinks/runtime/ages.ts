// How old the oldest event is that waits for its delivery, in whatever state the sink is; and the alarm before Kafka deletes it.
import type { Logger } from '../../platform/logger.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { committedOffsets, type LogRange } from '../../topics/groups.ts'
import { readRanges } from '../../topics/read.ts'
import type { Runs } from '../../topics/runs.ts'
import type { Flow } from './flow.ts'

const HOUR_MS = 3_600_000
/** An event that Kafka deletes within this time is an alarm; within half of its life, where that is shorter. */
const ALARM_MS = 48 * HOUR_MS
/** What waits for less is new, whatever the topic keeps. */
const NEW_MS = 60_000
const RETENTION_AGAIN_MS = 60_000

export type Ages = {
  /** Looks anew. @param ranges what the log holds now */
  look: (ranges: readonly LogRange[]) => Promise<void>
  /** Of the oldest event that waits, milliseconds; 0 where none does. */
  oldestMs: () => number
  /** Kafka is about to delete an event that waits, as looked at last. */
  isNearRetention: () => boolean
}

/** What waits from `next` on; `receivedAt` where it is known without asking Kafka. */
type Waiting = { partition: number; next: number; receivedAt?: number }

/** @param retentionMs how long the topic keeps an event */
export function createAges(options: {
  client: KafkaClient
  service: string
  group: string
  topic: string
  flow: Flow
  retentionMs: () => Promise<number>
  runs: Runs
  log: Logger
}): Ages {
  const { client, service, group, topic, flow, retentionMs, runs, log } = options
  /** When the record at an offset was received, as Kafka told: asked once, for it does not change. */
  const known = new Map<number, { offset: number; receivedAt: number }>()
  let waiting: Waiting[] = []
  let alarmed = false
  let keptMs = Number.POSITIVE_INFINITY
  let askAgainAt = 0

  const receivedAt = ({ partition, next, receivedAt: time }: Waiting) =>
    time ?? (known.get(partition)?.offset === next ? known.get(partition)!.receivedAt : undefined)

  function oldestMs(): number {
    const now = Date.now()
    const ages = [...waitingLanes(flow), ...(flow.lanes().length > 0 ? [] : waiting)].map((one) => now - (receivedAt(one) ?? now))
    // Foreign records may carry any time: what is in the future, or before 1970, tells no age.
    return Math.max(0, ...ages.filter((age) => age <= now))
  }

  async function retention(): Promise<number> {
    if (performance.now() >= askAgainAt) {
      keptMs = await retentionMs()
      askAgainAt = performance.now() + RETENTION_AGAIN_MS
    }
    return keptMs
  }

  return {
    async look(ranges) {
      waiting = flow.lanes().length > 0 ? waitingLanes(flow) : await waitingOfGroup(client, group, topic, ranges)
      const unknown = waiting.filter((one) => receivedAt(one) === undefined)
      const first = unknown.map(({ partition, next }) => ({ partition, from: next, to: next + 1 }))
      await readRanges(client, `${service}.ages`, topic, first, ({ partition, offset, timestamp }) => {
        known.set(partition, { offset, receivedAt: timestamp })
      })
      const age = oldestMs()
      const kept = age > NEW_MS ? await retention() : Number.POSITIVE_INFINITY
      const left = kept - age
      const isClose = left < Math.min(ALARM_MS, kept / 2)
      if (isClose && !alarmed) {
        const message = `the oldest waiting event is ${hours(age)} old and Kafka deletes it ${left > 0 ? `in ${hours(left)}` : 'at any moment'}: start this sink again, or raise the topic's retention.ms`
        log.error({ oldest_hours: Math.round(age / HOUR_MS) }, message)
        await runs.alarm(`expires_soon: ${message}`)
      }
      alarmed = isClose
    },
    oldestMs,
    isNearRetention: () => alarmed,
  }
}

const hours = (ms: number) => (ms < 2 * HOUR_MS ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / HOUR_MS)} h`)

function waitingLanes(flow: Flow): Waiting[] {
  return flow
    .lanes()
    .filter(({ lag }) => lag > 0)
    .map((lane) => ({ partition: lane.partition, next: lane.next, receivedAt: lane.oldest()?.receivedAt }))
}

/** Without an assignment, as while the sink is stopped: from the commits. */
async function waitingOfGroup(
  client: KafkaClient,
  group: string,
  topic: string,
  ranges: readonly LogRange[],
): Promise<Waiting[]> {
  const committed = await committedOffsets(client, group, topic)
  return ranges.flatMap(({ partition, start, end }) => {
    const next = Math.max(committed.find((one) => one.partition === partition)?.offset ?? -1, start)
    return next < end ? [{ partition, next }] : []
  })
}
