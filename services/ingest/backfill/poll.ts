// `poll`: every log after the checkpoint into the topic, the checkpoint after the acknowledgement.
import { createHash } from 'node:crypto'
import { logIdAt, timeOfLogId } from '../../events/log-id.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { offsetsAt } from '../../topics/groups.ts'
import { topicNames } from '../../topics/names.ts'
import { readRanges } from '../../topics/read.ts'
import { askFrom, type Checkpoint, overlapBefore } from './checkpoint.ts'
import type { Backfill, Mode } from './contract.ts'
import type { Keeper } from './keeper.ts'
import { publishAll } from './publish.ts'
import type { LogReader } from './read.ts'

/** After a pass Auth0 is asked again so much later. */
const POLL_AGAIN_MS = 2_000
/** Each poll reads so far back again: Auth0 may store a log with a smaller id than one that it served. */
const OVERLAP_MS = 30_000
/** How much longer ids are remembered than the overlap reaches back. */
const KEPT_MS = 2 * OVERLAP_MS
/** Ids in memory at most: twice what a tenant with the largest rate limit (16 pages a second) can hand out within that time. */
const MOST_KEPT = 200_000
/** How long after the last commit a page may have been stored without being committed. */
const UNCOMMITTED_MS = 60_000

/**
 * `BACKFILL=poll`: publishes all logs from the checkpoint on. Resolves when the ids that the next pass may meet again are read from the
 * topic. @param signal ends the reading; the worker's term
 */
export async function openPoll(backfill: Backfill, reader: LogReader, keeper: Keeper, signal: AbortSignal): Promise<Mode> {
  const published = createPublished()
  await refill(backfill.client, keeper.now(), published, signal)
  return {
    async pass(tick) {
      const asked = new Date()
      const { startFrom } = keeper.now()
      const floor = startFrom === '' ? '' : askFrom(startFrom)
      const overlap = overlapBefore(keeper.now().checkpoint, OVERLAP_MS)
      const pages = reader.pages(overlap > floor ? overlap : floor, () => backfill.settings().batchSize, signal)
      for await (const { events, unusable, last, isLast } of pages) {
        const now = Date.now()
        const fresh = events.filter(({ id }) => published.isNew(id.toString(), now))
        const parts = unusable.filter(({ bytes }) => published.isNew(createHash('sha256').update(bytes).digest('hex'), now))
        if (fresh.length + parts.length > 0) await publishAll(backfill, { events: fresh, unusable: parts }, 'poll', signal)
        const before = keeper.now().checkpoint
        const checkpoint = last > before ? last : before
        published.prune(checkpoint)
        await keeper.advance({ checkpoint, isLast, asked, tick, publishedFrom: new Date(published.sinceMs()) })
      }
    },
    againMs: () => POLL_AGAIN_MS,
    close: async () => {},
  }
}

type Published = ReturnType<typeof createPublished>

/**
 * What was published within the last minute before the checkpoint, which the next poll reads again: ids, and digests of what has none.
 * Bounded: ids that tell no time, and are never read again, leave when younger ones need the room.
 */
export function createPublished() {
  /** When each was published, epoch milliseconds; in that order. */
  const times = new Map<string, number>()
  return {
    /** Answers whether it was not published yet; from now on it is. */
    isNew(id: string, at: number): boolean {
      if (times.has(id)) return false
      times.set(id, at)
      if (times.size > MOST_KEPT) for (const [oldest] of times) return times.delete(oldest)
      return true
    },
    /** Forgets what no overlap before this id reaches. */
    prune(checkpoint: string): void {
      const time = timeOfLogId(checkpoint)
      if (time === undefined) return
      const oldest = logIdAt(time - KEPT_MS)
      // Nearly in order of id: the first that is young enough ends it.
      for (const [id] of times) {
        if (id >= oldest) break
        times.delete(id)
      }
    },
    /** When the first of them was published; now, where none is kept. */
    sinceMs(): number {
      for (const [, at] of times) return at
      return Date.now()
    },
    size: () => times.size,
  }
}

/** What the last worker published and the next poll reads again: within the overlap, or stored and not committed. From the topic. */
async function refill(client: KafkaClient, place: Checkpoint, published: Published, signal: AbortSignal): Promise<void> {
  if (place.at === '') return
  const topic = topicNames.events(client.settings.prefix)
  const committedMs = Date.parse(place.at)
  const fromMs = place.publishedFrom === '' ? committedMs - KEPT_MS : Date.parse(place.publishedFrom)
  const [from, to] = await Promise.all([
    offsetsAt(client, topic, fromMs),
    offsetsAt(client, topic, Math.max(fromMs, committedMs) + UNCOMMITTED_MS),
  ])
  const ranges = [...from].map(([partition, offset]) => ({ partition, from: offset, to: to.get(partition) ?? offset }))
  const found: { id: string; at: number }[] = []
  const take = ({ key, headers, timestamp }: { key: string | null; headers: Record<string, string>; timestamp: number }) => {
    if (key !== null && headers.source !== 'job') found.push({ id: key, at: timestamp })
  }
  await readRanges(client, 'backfill-overlap', topic, ranges, take, signal)
  for (const { id, at } of found.toSorted((a, b) => a.at - b.at)) published.isNew(id, at)
  published.prune(place.checkpoint)
  client.log.info({ ids: published.size() }, 'what was published around the last checkpoint is known')
}
