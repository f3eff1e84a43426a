// Where a log is in the main topic. Its log_id says in which partition, unless somebody else wrote it, or partitions were added since: then
// it lies elsewhere, perhaps under another key.
import { CLOCKS_MS, timeOfLogId } from '../events/log-id.ts'
import type { KafkaClient } from '../topics/client.ts'
import { type LogRange, offsetsAt } from '../topics/groups.ts'
import { hashOf } from '../topics/partition.ts'
import { type ReadRange, readRanges, type TopicRecord } from '../topics/read.ts'
import { parseJson } from '../topics/shapes.ts'

/** Looking through all partitions ends after so long. */
export const FIND_MS = 10_000
const PROGRESS_EVERY = 10_000

/** Copies by partition and offset. `complete`: false where time was up before all was looked through. */
export type FoundLog = { copies: TopicRecord[]; complete: boolean }

/** The partition to which producers send what has this key. */
export const ownPartition = (id: string, partitions: number): number => hashOf(Buffer.from(id)) % partitions

export type FindOptions = {
  signal?: AbortSignal
  /** How many copies are enough. */
  most?: number
  progress?: (done: number, total: number, what: string) => void
}

/**
 * The copies of a log from its id's time on: those of its own partition, or where it has none there of all partitions, which is given up
 * after FIND_MS.
 * @throws when the signal is aborted
 */
export async function findLog(
  client: KafkaClient,
  topic: string,
  ranges: readonly LogRange[],
  id: string,
  { signal, most = 1, progress = () => {} }: FindOptions = {},
): Promise<FoundLog> {
  const copies: TopicRecord[] = []
  if (ranges.length === 0) return { copies, complete: true }
  const places = await placesSince(client, topic, ranges, id)
  const read = (where: readonly ReadRange[], isCopy: (record: TopicRecord) => boolean, until: AbortSignal | undefined) => {
    const take = (record: TopicRecord) => (isCopy(record) && copies.push(record) >= most ? 'stop' : undefined)
    return readRanges(client, 'find', topic, where, take, until)
  }
  const own = ownPartition(id, ranges.length)
  const ownPlaces = places.filter(({ partition }) => partition === own)
  await read(ownPlaces, ({ key }) => key === id, signal)
  if (copies.length > 0) return { copies, complete: true }

  const total = places.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0)
  const bytes = Buffer.from(id)
  let looked = 0
  const isIt = (record: TopicRecord) => {
    if (++looked % PROGRESS_EVERY === 0) progress(looked, total, 'looking through all partitions')
    return record.key === id || saysItIs(record, id, bytes)
  }
  const limit = AbortSignal.timeout(FIND_MS)
  const complete = await read(places, isIt, signal ? AbortSignal.any([limit, signal]) : limit).then(
    () => true,
    (error) => {
      if (!limit.aborted || signal?.aborted) throw error
      return false
    },
  )
  return { copies: copies.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset), complete }
}

/** Where the log may begin in each partition, by the time that its id tells; everything where it tells none. */
async function placesSince(client: KafkaClient, topic: string, ranges: readonly LogRange[], id: string): Promise<ReadRange[]> {
  const time = timeOfLogId(id)
  // An id that names a time before 1970 or to come tells nothing of its receipt.
  const tells = time !== undefined && time > CLOCKS_MS && time < Date.now()
  const since = tells ? await offsetsAt(client, topic, time - CLOCKS_MS) : undefined
  return ranges.map(({ partition, start, end }) => ({
    partition,
    from: Math.max(since?.get(partition) ?? start, start),
    to: end,
  }))
}

/** Whether the event says so itself, whatever its key: only what holds the id's bytes is parsed. */
function saysItIs({ value }: TopicRecord, id: string, bytes: Buffer): boolean {
  if (!value?.includes(bytes)) return false
  const data = parseJson(value.toString())
  return typeof data === 'object' && data !== null && 'log_id' in data && data.log_id === id
}
