// Where each assigned partition stands, from Kafka alone: the committed account, the log's bounds, the beginning of the dedupe window.
import type { KafkaClient } from '../../topics/client.ts'
import { committedOffsets, logRanges, offsetsAt, setOffsets } from '../../topics/groups.ts'
import { decodeAccount, newAccount } from '../../topics/records.ts'
import { WINDOW_IDS, WINDOW_MS } from './dedupe.ts'
import type { Place } from './flow.ts'

/**
 * A group that never committed begins at `sinkStart` (earliest, latest or an ISO time). Anything but earliest is committed before the
 * first member joins: a crash before the first delivery must not move it.
 */
export async function anchorNewGroup(client: KafkaClient, group: string, topic: string, sinkStart: string): Promise<void> {
  if (sinkStart === 'earliest') return
  const committed = await committedOffsets(client, group, topic)
  if (committed.some(({ offset }) => offset >= 0)) return
  const ranges = await logRanges(client, topic)
  const at = sinkStart === 'latest' ? undefined : await offsetsAt(client, topic, Date.parse(sinkStart))
  await setOffsets(client, group, topic, new Map(ranges.map(({ partition, end }) => [partition, at?.get(partition) ?? end])))
}

/** Places of these partitions: the account behind each commit, or a new one where there is none. */
export async function findPlaces(client: KafkaClient, group: string, topic: string, partitions: number[]): Promise<Place[]> {
  const now = Date.now()
  const [committed, ranges, recent, before] = await Promise.all([
    committedOffsets(client, group, topic),
    logRanges(client, topic),
    offsetsAt(client, topic, now - WINDOW_MS),
    offsetsAt(client, topic, now - 2 * WINDOW_MS),
  ])
  return partitions.map((partition) => {
    const { start, end } = ranges.find((range) => range.partition === partition)!
    const { offset, metadata } = committed.find((one) => one.partition === partition) ?? { offset: -1, metadata: '' }
    const at = offset >= 0 ? offset : start
    const account = decodeAccount(metadata, at) ?? newAccount(at)
    // Copies of one event share the partition, so the window is what stands just below. A repeat counts only against a record of
    // the same account: a replay from here is complete. A next record of the last ten minutes has its window within the last twenty;
    // far behind, the ids alone decide.
    const isRecent = (recent.get(partition) ?? at) <= at
    const window = Math.max(at - WINDOW_IDS, isRecent ? (before.get(partition) ?? 0) : 0)
    return { partition, account, logStart: start, end, refillFrom: Math.min(at, Math.max(window, start, account.base)) }
  })
}
