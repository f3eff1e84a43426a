// When the offsets of a sink were set anew, as the audit records tell it: who did it, from where to where.
import { existingTopics, logRanges, offsetsAt } from '../topics/groups.ts'
import { topicNames } from '../topics/names.ts'
import { readRanges } from '../topics/read.ts'
import { parse } from '../topics/reports.ts'
import type { Era } from './fate.ts'
import type { Context } from './operation.ts'

/** One reset: next offsets by partition before and after it. */
export type ResetTold = { at: string; by: string; before: Map<number, number>; after: Map<number, number> }

/** The newest records of the reports topic that are looked through, and for how long at most. */
const MOST = 20_000
const LIMIT_MS = 5_000

/** Resets of a sink since a moment, oldest first; none where they cannot be read in time. @param since milliseconds */
export async function readResets({ client }: Context, service: string, since: number): Promise<ResetTold[]> {
  const topic = topicNames.reports(client.settings.prefix)
  if ((await existingTopics(client, [topic])).length === 0) return []
  const [[{ start, end }], at] = await Promise.all([logRanges(client, topic), offsetsAt(client, topic, Math.max(1, since))])
  const resets: ResetTold[] = []
  const range = { partition: 0, from: Math.max(start, at.get(0) ?? start, end - MOST), to: end }
  const take = (record: Parameters<typeof parse>[0]) => {
    const told = record.key === 'audit' ? parse(record) : undefined
    if (told?.kind !== 'audit' || told.audit.operation !== 'replay' || told.audit.outcome !== 'ok') return
    const { input, at, by } = told.audit
    const [before, after] = [offsetsOf(told.audit.before), offsetsOf(told.audit.after)]
    const isOwn = input.sink === service || `${String(input.sink)}.sandbox` === service
    if (isOwn && before && after) resets.push({ at, by, before, after })
  }
  await readRanges(client, 'resets', topic, [range], take, AbortSignal.timeout(LIMIT_MS)).catch((error) => {
    client.log.debug({ error }, 'the audit records could not be read in time')
    resets.length = 0
  })
  return resets
}

/** Pairs of partition and offset; undefined for anything else, as the record of a job. */
function offsetsOf(value: unknown): Map<number, number> | undefined {
  if (!Array.isArray(value)) return undefined
  const pairs = value.filter(
    (one): one is [number, number] => Array.isArray(one) && one.length === 2 && one.every(Number.isInteger),
  )
  return pairs.length === value.length ? new Map(pairs) : undefined
}

/** What the group came past in one partition, before each reset and since. Before the first one it is taken to have begun at 0. */
export function erasOf(resets: readonly ResetTold[], partition: number, now: Era): Era[] {
  const eras: Era[] = []
  let base = 0
  for (const { before, after, by, at } of resets) {
    const to = after.get(partition)
    if (to === undefined) continue
    const next = Math.max(base, before.get(partition) ?? base)
    eras.push({ base, next, endedBy: `${by} set the offsets to ${to} at ${at}` })
    base = to
  }
  return [...eras, now]
}
