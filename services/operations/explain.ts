// `explain <log_id>`: the way of one log, as far as Kafka alone can tell: received when and how, where it is, what became of it at each sink.
import { timeOfLogId } from '../events/log-id.ts'
import { type ControlRecords, readControl } from '../topics/control.ts'
import { readDeadLetters, type StoredLetter } from '../topics/dead-letters.ts'
import { type Committed, committedOffsets, existingTopics, type LogRange, logRanges, offsetsAt } from '../topics/groups.ts'
import { jobsOf, redriveOf, sinkOf } from '../topics/jobs.ts'
import { topicNames } from '../topics/names.ts'
import type { TopicRecord } from '../topics/read.ts'
import { DEDUPE_WINDOW } from '../topics/records.ts'
import { accountOf } from './account.ts'
import { isSink, type Known, knownServices } from './known.ts'
import { type Context, type Operation, Refusal } from './operation.ts'
import { findLog, heldRanges } from './places.ts'
import { sinkFilter } from './sink-filter.ts'

export type Copy = { partition: number; offset: number; receivedAt: string; source: string; type: string }
/** `detail` says it in words; `certain` is false where it is concluded from today's settings, or Kafka does not hold it any more. */
export type AtSink = {
  sink: string
  offset: number
  outcome: 'delivered' | 'filtered' | 'duplicate' | 'dead_lettered' | 'waiting' | 'not_counted'
  detail: string
  certain: boolean
}
export type Explained = { logId: string; storedAt: string; copies: Copy[]; sinks: AtSink[]; notes: string[] }

/** Copies that are looked for; more are a fault of their own. */
const MOST_COPIES = 100

export const explain: Operation = {
  name: 'explain',
  summary: 'one log: received when and how, where it is, and what became of it at each sink',
  role: 'viewer',
  inputs: { log_id: { meaning: 'the log_id', kind: 'text', required: true, positional: true } },
  examples: ['auth0-logs explain 90020260131120000123000000000000000001223372036854775807'],
  async run(context, { log_id }): Promise<Explained> {
    const { client, signal } = context
    const id = String(log_id)
    const topic = topicNames.events(client.settings.prefix)
    const [control, ranges] = await Promise.all([readControl(client, 'explain'), heldRanges(client, topic)])
    const copies = await findLog(client, topic, ranges, id, signal, MOST_COPIES)
    const quarantined = await lettersOf(context, 'ingest', id, copies)
    if (copies.length === 0 && quarantined.length === 0) throw new Refusal(await unknownText(context, topic, ranges, id))
    const time = timeOfLogId(id)
    const sinks = copies.length > 0 ? knownServices(control).filter(isSink) : []
    const notes = quarantined.map(
      ({ offset, headers }) => `the ingest put it aside (${headers.reason}: ${headers.error}): dead letter ${offset} of ingest`,
    )
    if (copies.length > 1) notes.push(`${copies.length} copies are in the topic: Auth0 sent it again, or two ways in overlapped`)
    return {
      logId: id,
      storedAt: time === undefined ? '' : new Date(time).toISOString(),
      copies: copies.map(copyOf),
      sinks: (await Promise.all(sinks.map((known) => atSink(context, control, known, copies, ranges)))).flat(),
      notes,
    }
  },
}

const copyOf = ({ partition, offset, timestamp, headers }: TopicRecord): Copy => ({
  partition,
  offset,
  receivedAt: new Date(timestamp).toISOString(),
  source: headers.source ?? '',
  type: headers.type ?? '',
})

/** What became of each copy at one sink. */
async function atSink(
  context: Context,
  control: ControlRecords,
  known: Known,
  copies: TopicRecord[],
  ranges: LogRange[],
): Promise<AtSink[]> {
  const { client } = context
  const topic = topicNames.events(client.settings.prefix)
  const [{ partition }] = copies
  const commit = (await committedOffsets(client, known.record.group, topic)).find((one) => one.partition === partition)
  const letters = await lettersOf(context, sinkOf(known.name), copies[0].key ?? '', copies)
  const jobs = jobsOf(control, known.name)
  const replayed = (offset: number) =>
    jobs.filter(
      ({ kind, ranges }) =>
        kind === 'replay' && ranges.some((r) => r.partition === partition && offset >= r.from && offset < (r.reached ?? r.to)),
    )
  return copies.map((copy, i) => {
    const said = outcomeOf(
      known,
      copy,
      copies.slice(0, i),
      ranges.find((range) => range.partition === partition)!,
      commit,
      letters.find((letter) => isOf(topic, letter, copy)),
    )
    const more = [
      ...letters.flatMap((letter) => {
        const job = redriveOf(jobs, { offset: letter.offset, reason: letter.headers.reason ?? '', logId: letter.logId })
        return job ? [`dead letter ${letter.offset} redriven by job ${job.id}`] : []
      }),
      ...letters
        .filter(({ headers }) => headers.topic !== topic)
        .map(({ offset, headers }) => `failed again (${headers.reason}): dead letter ${offset}`),
      ...replayed(copy.offset).map(({ id }) => `in the range of job ${id}`),
    ]
    return { sink: known.name, offset: copy.offset, ...said, detail: [said.detail, ...more].join('; ') }
  })
}

function outcomeOf(
  known: Known,
  copy: TopicRecord,
  earlier: TopicRecord[],
  range: LogRange,
  commit: Committed | undefined,
  letter: StoredLetter | undefined,
): Pick<AtSink, 'outcome' | 'detail' | 'certain'> {
  const { next, base } = accountOf(range, commit)
  if (letter) {
    const { reason, error, stage } = letter.headers
    return { outcome: 'dead_lettered', detail: `${stage}: ${reason}: ${error} (dead letter ${letter.offset})`, certain: true }
  }
  if (copy.offset >= next) {
    const before = copy.offset - next
    return {
      outcome: 'waiting',
      detail: `behind ${before} ${before === 1 ? 'record' : 'records'} of its partition`,
      certain: true,
    }
  }
  if (copy.offset < base) {
    const detail = `passed before the offsets of the group were set to ${base}; what came of it then, Kafka does not hold`
    return { outcome: 'not_counted', detail, certain: false }
  }
  const first = earlier.find((one) => one.offset >= base && isRepeat(one, copy))
  if (first) return { outcome: 'duplicate', detail: `a copy of offset ${first.offset}, within the window`, certain: true }
  const rule = sinkFilter(known)?.(copy.headers.type ?? '')
  if (rule) return { outcome: 'filtered', detail: `by ${rule}, as the settings are today`, certain: false }
  return { outcome: 'delivered', detail: 'passed by the commit, and neither filtered, a repeat nor a dead letter', certain: true }
}

const isRepeat = (first: TopicRecord, copy: TopicRecord) =>
  copy.timestamp - first.timestamp <= DEDUPE_WINDOW.ms && copy.offset - first.offset <= DEDUPE_WINDOW.ids

const isOf = (topic: string, { headers }: StoredLetter, copy: TopicRecord) =>
  headers.topic === topic && headers.partition === String(copy.partition) && headers.offset === String(copy.offset)

/** Dead letters of a log, from its receipt on. A service that has none has no topic perhaps. */
async function lettersOf(
  { client, signal }: Context,
  service: string,
  id: string,
  copies: TopicRecord[],
): Promise<StoredLetter[]> {
  const topic = topicNames.deadLetters(client.settings.prefix, service)
  const since = copies[0]?.timestamp ?? timeOfLogId(id) ?? 0
  if ((await existingTopics(client, [topic])).length === 0) return []
  const [[{ start, end }], at] = await Promise.all([logRanges(client, topic), offsetsAt(client, topic, since - 1)])
  const letters: StoredLetter[] = []
  const take = (letter: StoredLetter) => void (letter.logId === id && letters.push(letter))
  await readDeadLetters(client, service, { from: Math.max(start, at.get(0) ?? start), to: end }, take, signal)
  return letters
}

/** Why there is nothing to explain. */
async function unknownText({ client }: Context, topic: string, ranges: LogRange[], id: string): Promise<string> {
  const time = timeOfLogId(id)
  const days = client.settings.retentionDays
  if (time === undefined) return `no log ${id} is in ${topic}: it was never received, or is older than ${days} days`
  const expired = ranges.some(({ start }) => start > 0) && time < Date.now() - days * 86_400_000
  const stored = new Date(time).toISOString()
  return expired
    ? `no log ${id} is in ${topic}: Auth0 stored it at ${stored}, and the topic keeps ${days} days; it has expired or was never received`
    : `no log ${id} is in ${topic}: Auth0 stored it at ${stored}; it was never received. A backfill from before it fetches what Auth0 still holds`
}
