// When the oldest event that the topic holds was received, and the newest one, and for how long the topic keeps them. Looked up beside the
// status, which does not wait for it, and remembered: while nothing changes it costs nothing.
import type { KafkaClient } from '../topics/client.ts'
import { existingTopics, type LogRange, logRanges, retentionOf } from '../topics/groups.ts'
import { type ReadRange, readRanges } from '../topics/read.ts'

/**
 * `oldest`, `newest`: ISO 8601, empty where it is not known or there is none. `retentionMs`: -1 for ever, null where Kafka does not tell.
 */
export type Edges = { oldest: string; newest: string; retentionMs: number | null }

/** Looking is worth so long; what has not been found by then is looked for again. */
const LIMIT_MS = 5_000
/** Events that came since a look so short ago came now, as near as people read it. */
const SOON_MS = 20_000
/** A retention that an administrator changes is seen so soon. */
const RETENTION_MS = 5 * 60_000

export function createEdges(client: KafkaClient, topic: string) {
  /** By partition: the offset at the log's start, and when its record was received. */
  const starts = new Map<number, { offset: number; at: number }>()
  /** When the newest record below these ends was received. */
  let newest: number | undefined
  let ends = -1
  let lookedAt = 0
  let retention: { ms: number | undefined; askedAt: number } | undefined
  let held: LogRange[] = []
  let looking: Promise<void> | undefined

  async function look(): Promise<void> {
    if (!retention && (await existingTopics(client, [topic])).length === 0) return
    held = (await logRanges(client, topic)).filter(({ start, end }) => start < end)
    const now = Date.now()
    const sum = held.reduce((total, { end }) => total + end, 0)
    const isFollowed = newest !== undefined && now - lookedAt < SOON_MS
    if (isFollowed && sum > ends) newest = now
    const last: ReadRange[] =
      isFollowed || (newest !== undefined && sum === ends)
        ? []
        : held.map(({ partition, end }) => ({ partition, from: end - 1, to: end }))
    const first = held.flatMap(({ partition, start }) =>
      starts.get(partition)?.offset === start ? [] : [{ partition, from: start, to: start + 1 }],
    )
    const [lastTimes, firstTimes] = [await timesOf(last), await timesOf(first)]
    if (lastTimes.size > 0) newest = Math.max(...lastTimes.values())
    for (const { partition, from } of first) {
      const at = firstTimes.get(partition)
      if (at !== undefined) starts.set(partition, { offset: from, at })
    }
    ends = sum
    lookedAt = now
    if (!retention || now - retention.askedAt > RETENTION_MS) retention = { ms: await retentionOf(client, topic), askedAt: now }
  }

  /** When the records were received, by partition; without those that could not be read in time. */
  async function timesOf(ranges: readonly ReadRange[]): Promise<Map<number, number>> {
    const times = new Map<number, number>()
    if (ranges.length === 0) return times
    const take = ({ partition, timestamp }: { partition: number; timestamp: number }) => void times.set(partition, timestamp)
    await readRanges(client, 'edges', topic, ranges, take, AbortSignal.timeout(LIMIT_MS)).catch(() => {})
    return times
  }

  return {
    /** Looks again, one look at a time; where Kafka does not answer what was known stays. */
    look(): void {
      looking ??= look()
        .catch((error) => client.log.debug({ error }, 'the oldest and newest events of the topic could not be read'))
        .finally(() => (looking = undefined))
    },
    known(): Edges {
      const times = held.flatMap(({ partition }) => starts.get(partition)?.at ?? [])
      const ms = retention?.ms
      return {
        oldest: isoOf(times.length > 0 ? Math.min(...times) : undefined),
        newest: isoOf(newest),
        retentionMs: ms === undefined ? null : Number.isFinite(ms) ? ms : -1,
      }
    },
  }
}

/** A record may have a timestamp that is no moment. */
const isoOf = (ms: number | undefined) => (ms === undefined || ms <= 0 || ms > MOST_MS ? '' : new Date(ms).toISOString())
/** The end of the year 9999. */
const MOST_MS = 253_402_300_799_999
