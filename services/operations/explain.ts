// `explain <log_id>`: trace one log, as far as Kafka alone can tell: received when and how, where it is, what became of it at each sink.
import { timeOfLogId } from '../events/log-id.ts'
import { type ControlRecords, readControl } from '../topics/control.ts'
import { readDeadLetters, type StoredLetter } from '../topics/dead-letters.ts'
import { committedOffsets, existingTopics, type LogRange, logRanges, offsetsAt } from '../topics/groups.ts'
import { jobsNow, jobsOf, sinkOf } from '../topics/jobs.ts'
import { topicNames } from '../topics/names.ts'
import type { TopicRecord } from '../topics/read.ts'
import { accountOf } from './account.ts'
import { type CopyFacts, type Era, type Fate, fateOf, type LetterFacts } from './fate.ts'
import { FIND_MS, findLog, type FoundLog, ownPartition } from './find-log.ts'
import { isSink, type Known, knownServices, sinkFilter } from './services.ts'
import { type Context, type Operation, quoted, Refusal, WrongUse } from './operation.ts'
import { heldRanges } from './places.ts'
import { erasOf, readResets, type ResetTold } from './resets-told.ts'
import { isoOf } from './times.ts'

export type Copy = { partition: number; offset: number; receivedAt: string; source: string; type: string }
export type AtSink = { sink: string; partition: number; offset: number } & Fate
export type Explained = { logId: string; storedAt: string; copies: Copy[]; sinks: AtSink[]; notes: string[] }

/** Copies that are looked for; more are a fault of their own. */
const MOST_COPIES = 100
/** Dead letters of one log at one sink; the newest count. */
const MOST_LETTERS = 1_000
/** The ingest stores no longer one. */
const MAX_ID_BYTES = 256

export const explain: Operation = {
  name: 'explain',
  summary: 'trace one log: when it was received, where it is, and what happened to it at each sink',
  role: 'viewer',
  inputs: { log_id: { meaning: 'the log_id', kind: 'text', required: true, positional: true } },
  examples: ['auth0-logs explain 90020260131120000123000000000000000001223372036854775807'],
  async run(context, { log_id }): Promise<Explained> {
    const { client, signal, progress } = context
    const id = String(log_id).trim()
    if (id === '' || Buffer.byteLength(id) > MAX_ID_BYTES)
      throw new WrongUse(
        'log_id',
        `this is not a log_id: one has 1 to ${MAX_ID_BYTES} bytes, usually 56 digits that start with 900`,
      )
    const topic = topicNames.events(client.settings.prefix)
    if ((await existingTopics(client, [topic])).length === 0)
      throw new Refusal(`no log has been received yet: the topic ${topic} does not exist`)
    const [control, ranges] = await Promise.all([readControl(client, 'explain'), heldRanges(client, topic)])
    const found = await findLog(client, topic, ranges, id, { signal, most: MOST_COPIES, progress })
    const { copies } = found
    const quarantined = await lettersOf(context, 'ingest', id, copies)
    if (copies.length === 0 && quarantined.length === 0) throw new Refusal(unknownText(context, topic, ranges, id, found))
    const time = timeOfLogId(id)
    const sinks = knownServices(control).filter(isSink)
    // A sink knows a log by its key, and what it has done by partitions.
    const alike = [...Map.groupBy(copies, ({ partition, key }) => `${partition} ${key}`).values()]
    const told = sinks.flatMap((known) => alike.map((own) => atSink(context, control, known, own, ranges)))
    return {
      logId: id,
      storedAt: time === undefined ? '' : isoOf(time),
      copies: copies.map(copyOf),
      sinks: (await Promise.all(told)).flat(),
      notes: [...quarantined.slice(-MOST_COPIES).map(quarantineNote), ...placeNotes(id, found, ranges)],
    }
  },
}

const quarantineNote = ({ offset, told }: StoredLetter) =>
  `the ingest put it aside (${told.reason}: ${told.error}): dead letter ${offset} of ingest`

/** What is unusual about where the log is. */
function placeNotes(id: string, { copies, complete }: FoundLog, ranges: readonly LogRange[]): string[] {
  const notes: string[] = []
  if (copies.length > 1) notes.push(`${copies.length} copies are in the topic: Auth0 sent it again, or two ways in overlapped`)
  const own = ownPartition(id, ranges.length)
  const elsewhere = new Set(copies.map(({ partition }) => partition).filter((partition) => partition !== own))
  if (elsewhere.size > 0)
    notes.push(
      `it is in partition ${[...elsewhere].join(', ')}, its log_id belongs to ${own}: another producer wrote it, or partitions were added since`,
    )
  const keys = new Set(copies.map(({ key }) => key).filter((key) => key !== id))
  for (const key of keys) {
    const shown = key === null || key === '' ? 'it has no key' : `its key is ${quoted(key)}`
    notes.push(`${shown}, although the event says that this is its log_id: sinks know an event by its key alone`)
  }
  if (!complete) notes.push(`only a part of the topic was looked through in ${FIND_MS / 1_000} s: there may be more copies`)
  return notes
}

const copyOf = ({ partition, offset, timestamp, headers }: TopicRecord): Copy => ({
  partition,
  offset,
  receivedAt: isoOf(timestamp),
  source: headers.source ?? '',
  type: headers.type ?? '',
})

/** What became of each copy at one sink. @param copies of one partition and key */
async function atSink(
  context: Context,
  control: ControlRecords,
  known: Known,
  copies: TopicRecord[],
  ranges: LogRange[],
): Promise<AtSink[]> {
  const { client } = context
  const topic = topicNames.events(client.settings.prefix)
  const [{ partition, key }] = copies
  const commit = (await committedOffsets(client, known.record.group, topic)).find((one) => one.partition === partition)
  const { base, next } = accountOf(ranges.find((range) => range.partition === partition)!, commit)
  // In this order: what a redrive has passed and failed at again has its new letter by then, or it would look delivered.
  const jobs = await jobsNow(context.client, jobsOf(control, known.name))
  const letters = await lettersOf(context, sinkOf(known.name), key ?? '', copies)
  const filter = sinkFilter(known)
  const shared = {
    topic,
    letterTopic: topicNames.deadLetters(client.settings.prefix, sinkOf(known.name)),
    copies: copies.map(factsOf),
    letters: letters.map(letterFacts),
    jobs,
  }
  const fates = (eras: Era[]) =>
    copies.map((copy, index) => fateOf({ ...shared, index, eras, rule: filter?.(copy.headers.type ?? '') }))
  const now = fates([{ base, next }])
  // Only where the answer may hang on what was before the offsets were set anew: the story of resets is long to read.
  const open = now.some(({ outcome }) => outcome === 'not_counted' || outcome === 'dead_lettered')
  const resets: ResetTold[] = open ? await readResets(context, known.name, copies[0].timestamp) : []
  const said = resets.length > 0 ? fates(erasOf(resets, partition, { base, next })) : now
  return said.map((fate, i) => ({ sink: known.name, partition, offset: copies[i].offset, ...fate }))
}

const factsOf = ({ partition, offset, timestamp, headers }: TopicRecord): CopyFacts => ({
  partition,
  offset,
  receivedAt: timestamp,
  asked: headers.source === 'job',
})

const letterFacts = ({ offset, logId, told }: StoredLetter): LetterFacts => {
  const { topic, partition, offset: from, stage, reason, error } = told
  return { offset, logId, topic, partition, from, stage, reason, error }
}

/** Dead letters of a log by its id, or of one of its copies, from its receipt on. A service that has none has no topic perhaps. */
async function lettersOf(
  { client, signal }: Context,
  service: string,
  id: string,
  copies: TopicRecord[],
): Promise<StoredLetter[]> {
  const topic = topicNames.deadLetters(client.settings.prefix, service)
  const received = copies.length > 0 ? Math.min(...copies.map(({ timestamp }) => timestamp)) : timeOfLogId(id)
  const since = Math.max(1, received ?? 0)
  if ((await existingTopics(client, [topic])).length === 0) return []
  const [[{ start, end }], at] = await Promise.all([logRanges(client, topic), offsetsAt(client, topic, since - 1)])
  const letters: StoredLetter[] = []
  const isOf = ({ logId, told }: StoredLetter) =>
    (logId === id && id !== '') || copies.some((copy) => isFrom(told, topicNames.events(client.settings.prefix), copy))
  const take = (letter: StoredLetter) => {
    if (isOf(letter) && letters.push(letter) > MOST_LETTERS) letters.shift()
  }
  await readDeadLetters(client, service, { from: Math.max(start, at.get(0) ?? start), to: end }, take, signal)
  return letters
}

const isFrom = (told: StoredLetter['told'], topic: string, { partition, offset }: TopicRecord) =>
  told.topic === topic && told.partition === String(partition) && told.offset === String(offset)

/** Why there is nothing to explain. */
function unknownText({ client }: Context, topic: string, ranges: LogRange[], id: string, { complete }: FoundLog): string {
  const own = ownPartition(id, ranges.length)
  if (!complete)
    return `no log ${quoted(id)} is in its partition of ${topic}, ${own}; the other partitions were looked through for ${FIND_MS / 1_000} s, not to their ends: whether another producer wrote it there is not known`
  const time = timeOfLogId(id)
  const days = client.settings.retentionDays
  const iso = time === undefined ? '' : isoOf(time)
  if (time === undefined || iso === '' || time < 0) {
    const shown = JSON.stringify(id.length > 80 ? `${id.slice(0, 79)}…` : id)
    return `${shown} does not look like a log_id of Auth0 (56 digits that start with 900 and the time), and no event in ${topic} has it`
  }
  const expired = ranges.some(({ start }) => start > 0) && time < Date.now() - days * 86_400_000
  return expired
    ? `no log ${id} is in ${topic}: Auth0 stored it at ${iso}, and the topic keeps ${days} days; it has expired or was never received`
    : `no log ${id} is in ${topic}: Auth0 stored it at ${iso}; it was never received. A backfill from before it fetches what Auth0 still holds`
}
