// The independent check of the promise: end - base = delivered + filtered + duplicates + dead_lettered + expired + lag, for each
// partition, from the committed offsets and their metadata alone, read by a Kafka client of its own. Nothing of services/ is used.
import { Kafka, logLevel } from 'kafkajs'
import { schemaProblems } from './schemas.ts'

const COUNTS = ['delivered', 'filtered', 'duplicates', 'dead_lettered', 'expired'] as const
const METADATA_BYTES = 1024

export type Counts = Record<(typeof COUNTS)[number], number>
export type PartitionAccount = Counts & {
  partition: number
  /** First offset that Kafka still holds. */
  start: number
  end: number
  /** -1 where nothing was ever committed. */
  committed: number
  base: number
  lag: number
  checkpoint: string
  /** What contradicts the promise or the schema. */
  problems: string[]
}

/** All partitions of a group, in order. */
export async function readAccounts(brokers: string, group: string, topic: string): Promise<PartitionAccount[]> {
  const admin = new Kafka({ clientId: 'auditor', brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    const [ends, [found]] = await Promise.all([
      admin.fetchTopicOffsets(topic),
      admin.fetchOffsets({ groupId: group, topics: [topic] }),
    ])
    const commits = new Map(found.partitions.map((commit) => [commit.partition, commit]))
    return ends
      .toSorted((a, b) => a.partition - b.partition)
      .map(({ partition, low, high }) => {
        const { offset = '-1', metadata } = commits.get(partition) ?? {}
        return audit(partition, { start: Number(low), end: Number(high), committed: Number(offset) }, metadata ?? '')
      })
  } finally {
    await admin.disconnect()
  }
}

/** A commit without metadata is a reset from outside, none at all a new group: both are a base with nothing counted yet. */
function audit(
  partition: number,
  { start, end, committed }: { start: number; end: number; committed: number },
  metadata: string,
): PartitionAccount {
  const counts: Counts = { delivered: 0, filtered: 0, duplicates: 0, dead_lettered: 0, expired: 0 }
  const next = committed < 0 ? start : committed
  const account = { partition, start, end, committed, base: next, lag: end - next, checkpoint: '', ...counts }
  if (metadata === '') return { ...account, problems: [] }
  const read = JSON.parse(metadata) as Counts & { base: string; checkpoint: string }
  const problems = schemaProblems('account', read)
  if (Buffer.byteLength(metadata) >= METADATA_BYTES) problems.push(`metadata of ${Buffer.byteLength(metadata)} bytes`)
  for (const name of COUNTS) counts[name] = read[name]
  const base = Number(read.base)
  const counted = COUNTS.reduce((sum, name) => sum + counts[name], 0) + account.lag
  if (end - base !== counted) problems.push(`partition ${partition}: end - base is ${end - base}, counted are ${counted}`)
  return { ...account, ...counts, base, checkpoint: read.checkpoint, problems }
}

/** The sums over all partitions, and every problem of any. */
export function sumOf(accounts: PartitionAccount[]): Counts & { lag: number; problems: string[] } {
  const sum = (name: keyof Counts | 'lag') => accounts.reduce((total, account) => total + account[name], 0)
  return {
    delivered: sum('delivered'),
    filtered: sum('filtered'),
    duplicates: sum('duplicates'),
    dead_lettered: sum('dead_lettered'),
    expired: sum('expired'),
    lag: sum('lag'),
    problems: accounts.flatMap(({ problems }) => problems),
  }
}
