// Kafka as it was when the proof began, read for one day: ends and commits are frozen first, and all that is read later is held against them.
import { CLOCKS_MS, timeOfLogId } from '../../events/log-id.ts'
import type { KafkaClient } from '../../topics/client.ts'
import type { ControlRecords } from '../../topics/control.ts'
import { parseControl } from '../../topics/control-records.ts'
import { readDeadLetters } from '../../topics/dead-letters.ts'
import { committedOffsets, logRanges, offsetsAt } from '../../topics/groups.ts'
import { jobsNow, jobsOf, sinkOf } from '../../topics/jobs.ts'
import { topicNames } from '../../topics/names.ts'
import type { Frozen } from '../../topics/proof-records.ts'
import { type AccountsClosed, type FilterChanged, parseProof, PROOF_KEY } from '../../topics/proofs.ts'
import { readRanges, wholeTopic } from '../../topics/read.ts'
import { parse } from '../../topics/reports.ts'
import { parseJson } from '../../topics/shapes.ts'
import { accountOf, type PartitionAccount } from '../account.ts'
import type { LetterFacts } from '../fate.ts'
import type { Known } from '../services.ts'
import { letterRanges } from '../letters.ts'
import { Refusal } from '../operation.ts'
import type { SinkPast } from './at-sink.ts'
import type { Day } from './days.ts'
import { type ControlChange, type Cut, filterTimes } from './filter-times.ts'
import { type Closed, type Mark, stretchesOf } from './sink-way.ts'

/** More dead letters of one day at one sink are not held in memory: what is wrong there is known without a proof. */
const MOST_LETTERS = 200_000
const INGEST = 'ingest'
/** Reports of before the day tell from where a group came. */
const BEFORE_MS = 2 * 3_600_000

export type SinkFacts = { known: Known; past: SinkPast; accounts: PartitionAccount[]; closed: readonly ClosedThere[] }
/** With its offset in the reports topic. */
type ClosedThere = AccountsClosed & { told: number }

/**
 * Commits come first: a dead letter is stored before its record is committed, so every record that these commits passed has its letter
 * below the letters' end, and none of them lies beyond the topic's end.
 */
export async function freeze(client: KafkaClient, sinks: readonly Known[]): Promise<Frozen> {
  const topic = topicNames.events(client.settings.prefix)
  const names = sinks.map(({ name }) => name)
  const committed = await Promise.all(sinks.map(({ record }) => committedOffsets(client, record.group, topic)))
  const letters = await letterRanges(client, names)
  const ranges = (await logRanges(client, topic)).toSorted((a, b) => a.partition - b.partition)
  return {
    as_of: new Date().toISOString(),
    ranges,
    sinks: names.map((sink, i) => ({ sink, committed: committed[i], letters: letters.get(sink) ?? { start: 0, end: 0 } })),
  }
}

export async function sinksPast(
  client: KafkaClient,
  day: Day,
  frozen: Frozen,
  control: ControlRecords,
  sinks: readonly Known[],
  signal: AbortSignal,
): Promise<SinkFacts[]> {
  const { marks, closed, cuts } = await readStory(client, day, sinks, Date.parse(frozen.as_of), signal)
  const changes = await readChanges(client, sinks, signal)
  const facts: SinkFacts[] = []
  for (const known of sinks) {
    const own = frozen.sinks.find(({ sink }) => sink === known.name)
    if (!own) continue // it came while the proof was under way
    const accounts = frozen.ranges.map((range) =>
      accountOf(
        range,
        own.committed.find(({ partition }) => partition === range.partition),
      ),
    )
    const asOf = Date.parse(frozen.as_of)
    const ended = closed.get(known.name) ?? []
    const ways = accounts.map((account) => {
      const all = marks.get(known.name)?.get(account.partition) ?? []
      return [account.partition, stretchesOf(placeOf(account), closedOf(ended, account.partition), all, asOf)] as const
    })
    // In this order: what a redrive has passed and failed at again has its new letter by now, or it would look delivered.
    const jobs = await jobsNow(client, jobsOf(control, known.name))
    const letters = (await letterRanges(client, [known.name])).get(known.name) ?? own.letters
    const past: SinkPast = {
      topic: topicNames.events(client.settings.prefix),
      letterTopic: topicNames.deadLetters(client.settings.prefix, sinkOf(known.name)),
      asOf,
      ways: new Map(ways),
      letters: await readLetters(client, known.name, day, letters, signal),
      jobs,
      filters: filterTimes(known.name, changes.bySink.get(known.name) ?? [], changes.isWhole),
      cuts: cuts.get(known.name) ?? [],
    }
    facts.push({ known, past, accounts, closed: ended })
  }
  return facts
}

/** An account that cannot be read says nothing of what is before the commit. */
const placeOf = ({ kind, base, next }: PartitionAccount) => ({ base: kind === 'unknown' ? next : base, next })

/** What the sinks told from shortly before the day on: next offsets, accounts that ended, and where changes of the filter took hold. */
async function readStory(client: KafkaClient, day: Day, sinks: readonly Known[], asOf: number, signal: AbortSignal) {
  const topic = topicNames.reports(client.settings.prefix)
  const marks = new Map<string, Map<number, Mark[]>>(sinks.map(({ name }) => [name, new Map()]))
  const closed = new Map<string, ClosedThere[]>(sinks.map(({ name }) => [name, []]))
  const cuts = new Map<string, Cut[]>(sinks.map(({ name }) => [name, []]))
  const [ranges, at] = await Promise.all([logRanges(client, topic), offsetsAt(client, topic, Math.max(1, day.from - BEFORE_MS))])
  const wanted = ranges.map(({ partition, start, end }) => ({ partition, from: at.get(partition) ?? start, to: end }))
  await readRanges(
    client,
    'prove',
    topic,
    wanted,
    (record) => {
      if (record.key === PROOF_KEY) {
        const proof = parseProof(record)
        if (proof?.proof === 'filter') cuts.get(proof.id)?.push(cutOf(proof, record.offset))
        if (proof?.proof === 'closed' && Date.parse(proof.at) <= asOf)
          closed.get(proof.id)?.push({ ...proof, told: record.offset })
        return
      }
      const told = parse(record)
      if (told?.kind !== 'report' || told.report.run.startsWith('job-')) return
      const own = marks.get(told.report.service)
      const ended = Date.parse(told.report.ended_at)
      if (!own || Number.isNaN(ended) || ended > asOf) return
      for (const [name, next] of Object.entries(told.report.offsets)) {
        const partition = Number(name)
        const before = own.get(partition)
        if (!before) own.set(partition, [{ at: ended, next }])
        else if (before.at(-1)?.next !== next) before.push({ at: ended, next })
      }
    },
    signal,
  )
  return { marks, closed, cuts }
}

const cutOf = ({ at, filter, partitions }: FilterChanged, told: number): Cut => ({
  at: Date.parse(at),
  told,
  settings: filter,
  partitions: new Map(partitions.map(({ partition, next, position }) => [partition, { next, position }])),
})

const closedOf = (all: readonly ClosedThere[], partition: number): Closed[] =>
  all.flatMap(({ at, told, by, accounts }) =>
    accounts
      .filter((account) => account.partition === partition)
      .map(({ base, next }) => ({ at: Date.parse(at), told, by, base, next })),
  )

/** What the control topic still holds of each sink, and whether it holds all that was ever written: compaction leaves gaps. */
async function readChanges(client: KafkaClient, sinks: readonly Known[], signal: AbortSignal) {
  const topic = topicNames.control(client.settings.prefix)
  const bySink = new Map<string, ControlChange[]>(sinks.map(({ name }) => [name, []]))
  const ranges = await logRanges(client, topic)
  let expected = 0
  let isWhole = ranges.every(({ start }) => start === 0)
  await readRanges(
    client,
    'prove',
    topic,
    wholeTopic(ranges),
    ({ key, value, offset, timestamp }) => {
      if (offset !== expected) isWhole = false
      expected = offset + 1
      const [, kind, service = ''] = /^(service|settings)\/(.+)$/.exec(key ?? '') ?? []
      const own = bySink.get(service)
      if (!own || key === null) return
      const found = value === null ? undefined : parseControl(key, parseJson(String(value)))
      if (found && 'problem' in found) return // the one before it stays in force
      own.push({ at: timestamp, kind: kind as ControlChange['kind'], value: found?.value })
    },
    signal,
  )
  return { bySink, isWhole }
}

/** Dead letters of logs of the day, by log_id; one without an id that tells the time may be of that day. */
async function readLetters(
  client: KafkaClient,
  sink: string,
  day: Day,
  { start, end }: { start: number; end: number },
  signal: AbortSignal,
): Promise<Map<string, LetterFacts[]>> {
  const letters = new Map<string, LetterFacts[]>()
  if (start >= end) return letters
  const topic = topicNames.deadLetters(client.settings.prefix, sinkOf(sink))
  const at = await offsetsAt(client, topic, Math.max(1, day.from - CLOCKS_MS))
  let kept = 0
  await readDeadLetters(
    client,
    sinkOf(sink),
    { from: Math.max(start, at.get(0) ?? start), to: end },
    ({ offset, logId, told }) => {
      const time = timeOfLogId(logId)
      if (logId === '' || (time !== undefined && (time < day.from || time >= day.to))) return
      if (++kept > MOST_LETTERS) return 'stop'
      const own = letters.get(logId) ?? []
      if (own.length === 0) letters.set(logId, own)
      const { topic: from, partition, offset: place, stage, reason, error } = told
      own.push({ offset, logId, topic: from, partition, from: place, stage, reason, error })
    },
    signal,
  )
  if (kept > MOST_LETTERS)
    throw new Refusal(
      `${sink} has more than ${MOST_LETTERS} dead letters of that day: auth0-logs dead-letters list ${sink} says why; without this sink (--sink) the day can be proved`,
    )
  return letters
}

/** What the ingest put aside of the day. */
export async function readQuarantined(client: KafkaClient, day: Day, signal: AbortSignal): Promise<Map<string, LetterFacts[]>> {
  const range = (await letterRanges(client, [INGEST])).get(INGEST)
  return range ? readLetters(client, INGEST, day, range, signal) : new Map()
}
