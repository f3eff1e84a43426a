// One pass over the topic: the logs of some hours of the day, each once, and what came of its copies at each sink. A log is never received
// before it happened, and may be received at any time after it: so all is read from the day's beginning to the end of the topic.
import { MAX_LOG_ID_BYTES, timeOfLogId } from '../../events/log-id.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { offsetsAt } from '../../topics/groups.ts'
import { topicNames } from '../../topics/names.ts'
import type { Frozen, TopicRead } from '../../topics/proof-records.ts'
import { readRanges, type TopicRecord } from '../../topics/read.ts'
import { DEDUPE_WINDOW } from '../../topics/records.ts'
import { isObject, parseJson } from '../../topics/shapes.ts'
import { type DayCopy, type End, endOf } from './at-sink.ts'
import { type Day, hourOf } from './days.ts'
import { Endings } from './endings.ts'
import { idHash, LogsOfDay } from './logs-of-day.ts'
import type { SinkFacts } from './past.ts'

/** Logs in memory at once, about 45 MB: of a larger day some hours are read, then the next ones. One hour is read whole. */
export const MOST_LOGS = 1_000_000
/**
 * Logs of an hour that are kept with their ids because of what came of them, at each sink; more are only counted. Of those that wait, or of
 * which nothing is known, some are enough: that is about the sink, not about them.
 */
const MOST_NOTES = { dead_lettered: 10_000, redriven: 10_000, others: 1_000 }
const PROGRESS_EVERY = 10_000
/** A clock of ours that is behind by no more makes no log look missing. */
const EARLY_MS = 3_600_000

/** What is to be said of a log at a sink, should nothing better come of another copy. */
export type Note = { id: string; sink: number; why: string }

export type Scanned = {
  logs: LogsOfDay
  endings: Endings
  /** Hours from `first` to before `end`. */
  first: number
  end: number
  /** By hour. */
  copies: number[]
  /** By sink and hour. */
  duplicates: number[][]
  /** By row of `logs`. */
  notes: Map<number, Note[]>
  /** How many there are, by sink, hour and outcome. */
  noted: Map<string, number>
  /** Types that came by the webhook. */
  webhookTypes: Set<string>
  /** When the first record of each partition that the topic holds was received; only of partitions that hold any. */
  firstHeld: Map<number, number>
}

export type ScanOptions = {
  client: KafkaClient
  day: Day
  frozen: Frozen
  sinks: readonly SinkFacts[]
  /** Where each partition is read from. */
  reading: readonly TopicRead[]
  mostLogs?: number
  progress: (done: number, total: number) => void
  signal: AbortSignal
}

/** From where the topic is to be read for a day: all that can be of it was received later. */
export async function readingOf(client: KafkaClient, day: Day, { ranges }: Frozen): Promise<TopicRead[]> {
  const at = await offsetsAt(client, topicNames.events(client.settings.prefix), Math.max(1, day.from - EARLY_MS))
  return ranges.map(({ partition, start, end }) => ({
    partition,
    start,
    end,
    read_from: Math.min(end, Math.max(start, at.get(partition) ?? end)),
  }))
}

/** The hours from `first` on, as many as fit. @throws when Kafka gives nothing for 10 s, or the signal is aborted */
export async function scan(options: ScanOptions, first: number, end = options.day.hours.length): Promise<Scanned> {
  const { client, day, frozen, reading, mostLogs = MOST_LOGS, progress, signal } = options
  const scanned: Scanned = {
    logs: new LogsOfDay(options.sinks.length),
    endings: new Endings(),
    first,
    end,
    copies: day.hours.map(() => 0),
    duplicates: options.sinks.map(() => day.hours.map(() => 0)),
    notes: new Map(),
    noted: new Map(),
    webhookTypes: new Set(),
    firstHeld: new Map(),
  }
  const total = reading.reduce((sum, { end, read_from: from }) => sum + end - from, 0)
  const starts = new Map(frozen.ranges.map(({ partition, start }) => [partition, start]))
  let read = 0
  let isFull = false
  const take = (record: TopicRecord) => {
    if (++read % PROGRESS_EVERY === 0) progress(read, total)
    const { partition, offset, timestamp, key } = record
    if (offset === starts.get(partition)) scanned.firstHeld.set(partition, timestamp)
    if (key === null || key === '' || key.length > MAX_LOG_ID_BYTES) return // no identity
    const hour = hourOf(day, timeOf(key, record))
    if (hour < first || hour >= end) return
    takeCopy(scanned, options.sinks, copyOf(key, record), hour)
    isFull = scanned.logs.size > mostLogs && end - first > 1
    return isFull ? 'stop' : undefined
  }
  const ranges = reading.map(({ partition, read_from: from, end: to }) => ({ partition, from, to }))
  await readRanges(client, 'prove', topicNames.events(client.settings.prefix), ranges, take, signal)
  return isFull ? scan(options, first, first + Math.ceil((end - first) / 2)) : scanned
}

/** When Auth0 stored the log; where its id does not tell, its date, or when it was received. */
function timeOf(id: string, { value, timestamp }: TopicRecord): number {
  const stored = timeOfLogId(id)
  if (stored !== undefined) return stored
  const event = parseJson(String(value))
  const date = isObject(event) && typeof event.date === 'string' ? Date.parse(event.date) : Number.NaN
  return Number.isNaN(date) ? timestamp : date
}

type Copy = DayCopy & { source: string }

const copyOf = (id: string, { partition, offset, timestamp, headers }: TopicRecord): Copy => ({
  id,
  partition,
  offset,
  receivedAt: timestamp,
  type: headers.type ?? '',
  source: headers.source ?? '',
  asked: headers.source === 'job',
})

function takeCopy(scanned: Scanned, sinks: readonly SinkFacts[], copy: Copy, hour: number): void {
  const { logs, endings } = scanned
  if (copy.source === 'webhook') scanned.webhookTypes.add(copy.type)
  scanned.copies[hour]++
  const id = idHash(copy.id)
  const known = logs.find(id)
  const row = known < 0 ? logs.add(id, hour, copy) : known
  const remembered = known < 0 ? undefined : logs.remembered(row)
  for (const [sink, { past }] of sinks.entries()) {
    const { outcome, detail, why } = endOf(past, copy, remembered)
    if (outcome === 'duplicate') scanned.duplicates[sink][hour]++
    else logs.setEnd(row, sink, endings.better(logs.end(row, sink), { outcome, detail }))
    if (why !== '') note(scanned, row, `${sink} ${hour} ${outcome}`, mostOf(outcome), { id: copy.id, sink, why })
  }
  if (remembered && copy.receivedAt - remembered.receivedAt > DEDUPE_WINDOW.ms) logs.remember(row, copy)
}

const mostOf = (outcome: End['outcome']) =>
  outcome === 'dead_lettered' || outcome === 'redriven' ? MOST_NOTES[outcome] : MOST_NOTES.others

function note({ notes, noted }: Scanned, row: number, kind: string, most: number, one: Note): void {
  const count = noted.get(kind) ?? 0
  if (count >= most) return
  noted.set(kind, count + 1)
  const own = notes.get(row)
  if (own) own.push(one)
  else notes.set(row, [one])
}
