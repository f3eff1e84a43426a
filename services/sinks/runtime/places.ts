// Where each assigned partition stands, from Kafka alone: the committed account, the log's bounds, the beginning of the dedupe memory;
// and whether the log is still the one that the commit meant.
import { sleep } from '../../platform/lifecycle.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { type Committed, committedOffsets, type LogRange, logRanges, offsetsAt, setOffsets } from '../../topics/groups.ts'
import { type Account, decodeAccount, newAccount } from '../../topics/records.ts'
import { WINDOW_IDS, WINDOW_MS } from './dedupe.ts'
import type { Place } from './lane.ts'

export const MADE_ANEW = 'the topic was deleted and made anew: it has another id'

/** How long the end that a new leader tells may lie behind its log: as long as Kafka waits for a follower (replica.lag.time.max.ms). */
const END_LAGS_MS = 30_000
const ASK_AGAIN_MS = 500
/** Of what a commit's metadata may say: the rest of its kilobyte is the account's. */
const MAX_NOTE = 200

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

/**
 * Places of these partitions: the account behind each commit, or a new one where there is none.
 * @param topicId of the topic as it is now; undefined where the broker has none
 * @param broken partitions that are known to be another log, and why
 * @throws where Kafka does not tell, or an account is of a newer version
 */
export async function findPlaces(
  client: KafkaClient,
  group: string,
  topic: string,
  partitions: number[],
  topicId?: string,
  broken: ReadonlyMap<number, string> = new Map(),
): Promise<Place[]> {
  const now = Date.now()
  const committed = await committedOffsets(client, group, topic)
  // A commit with a mark is compared with its record later on. Any other one must not wait until a growing log has passed it.
  const marked = committed.filter(({ partition, offset, metadata }) => {
    const account = decodeAccount(metadata, offset)
    return account?.last !== undefined && !broken.has(partition) && !isMadeAnew(account, topicId)
  })
  const [ranges, recent, before] = await Promise.all([
    rangesReaching(client, topic, new Map(marked.map(({ partition, offset }) => [partition, offset]))),
    offsetsAt(client, topic, now - WINDOW_MS),
    offsetsAt(client, topic, now - 2 * WINDOW_MS),
  ])
  return partitions.map((partition) => {
    const range = ranges.find((one) => one.partition === partition)
    if (!range) throw new Error(`partition ${partition} of ${topic} is assigned, but Kafka does not tell where it begins`)
    const commit = committed.find((one) => one.partition === partition) ?? { partition, offset: -1, metadata: '' }
    const place = placeOf(range, commit, topicId, broken.get(partition))
    const { account } = place
    const at = Math.max(commit.offset, range.start)
    // The dedupe memory is filled from the 50,000 records below the commit; where the next record is younger than ten minutes, from all
    // of the last twenty minutes as well. Copies of one log share a partition. Nothing below the account's base counts, or a replay
    // would drop its own records. The record just below the commit is read in any case: it tells whether the log is still the same.
    const isRecent = (recent.get(partition) ?? at) <= at
    const window = Math.max(at - WINDOW_IDS, isRecent ? (before.get(partition) ?? 0) : 0)
    const refillFrom = Math.max(Math.min(window, at - 1), range.start, account.base)
    return { ...place, refillFrom: place.broken === undefined ? Math.min(at, refillFrom) : range.start }
  })
}

/**
 * Bounds of the log, asked for again while it ends before one of these offsets: a new leader tells an end that lies behind what it holds,
 * until its followers have answered.
 */
async function rangesReaching(client: KafkaClient, topic: string, offsets: ReadonlyMap<number, number>): Promise<LogRange[]> {
  const givenUpAt = performance.now() + END_LAGS_MS
  for (;;) {
    const ranges = await logRanges(client, topic)
    const isShort = ranges.some(({ partition, end }) => (offsets.get(partition) ?? end) > end)
    if (!isShort || performance.now() > givenUpAt) return ranges
    await sleep(ASK_AGAIN_MS)
  }
}

/** An offset is no identity: where the log is another one, or ends before the commit, counting begins anew at its start. */
function placeOf(
  { partition, start: logStart, end }: LogRange,
  { offset, metadata }: Committed,
  topicId: string | undefined,
  known: string | undefined,
): Omit<Place, 'refillFrom'> {
  const at = offset >= 0 ? offset : logStart
  const account = decodeAccount(metadata, at) ?? newAccount(at)
  const why = known ?? otherLog(account, offset, end, topicId)
  const own: Account = why === undefined ? account : { ...newAccount(logStart), note: noteOf(why) }
  if (topicId !== undefined) own.topic = topicId
  return { partition, logStart, end, account: own, ...(why === undefined ? {} : { broken: why }) }
}

function otherLog(account: Account, offset: number, end: number, topicId: string | undefined): string | undefined {
  if (isMadeAnew(account, topicId)) return MADE_ANEW
  if (offset > end) return `the log ends at ${end}, before the committed offset ${offset}: it was cut, or the topic was made anew`
  return undefined
}

const isMadeAnew = ({ topic }: Account, topicId: string | undefined) =>
  topic !== undefined && topicId !== undefined && topic !== topicId

const noteOf = (why: string) => `${new Date().toISOString()}: ${why}`.slice(0, MAX_NOTE)
