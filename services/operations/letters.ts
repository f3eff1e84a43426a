// The dead letters of a service, read and counted: what an operator's verbs select, and how many wait.
import type { KafkaClient } from '../topics/client.ts'
import { type JobRecord, readControl } from '../topics/control.ts'
import { readDeadLetters, type StoredLetter } from '../topics/dead-letters.ts'
import { existingTopics, logRanges } from '../topics/groups.ts'
import { jobsOf, redriveOf, sinkOf } from '../topics/jobs.ts'
import { topicNames } from '../topics/names.ts'
import { isSink, type Known, knownService } from './services.ts'
import { type Context, type Values, WrongUse } from './operation.ts'
import { endOffsets, firstOffsets, heldRanges, parsePosition } from './places.ts'
import { isoOf } from './times.ts'

/** `redriven` is the id of the job that it belongs to, empty where it waits. `from…` is the record that it came from. */
export type LetterRow = {
  offset: number
  at: string
  logId: string
  stage: string
  reason: string
  error: string
  attempts: number
  fromTopic: string
  fromPartition: string
  fromOffset: string
  redriven: string
}
/** `redriven`: also those that an operator acknowledged. */
export type ReasonRow = { reason: string; count: number; redriven: number; first: string; last: string; error: string }

export async function opened({ client }: Context, name: Values[string]): Promise<{ known: Known; jobs: JobRecord[] }> {
  const control = await readControl(client, 'dead-letters')
  const known = knownService(control, String(name), (one) => isSink(one) || one.record.kind === 'ingest')
  return { known, jobs: jobsOf(control, known.name) }
}

/**
 * What fits: sums by reason, most first, and the newest `most` in order. `waiting`: events that a redrive sends, by reason, each once
 * however many dead letters it has; `first` and `last`: their offsets.
 */
export async function gathered(context: Context, known: Known, jobs: JobRecord[], values: Values, most: number) {
  const { client, signal, progress } = context
  const range = await rangeOf(context, known, values)
  const reasons = new Map<string, ReasonRow>()
  const newest: StoredLetter[] = []
  const waiting = new Map<string, number>()
  const seen = new Set<string>()
  const counts = { total: 0, redriven: 0, first: -1, last: -1 }
  let read = 0
  const take = (letter: StoredLetter) => {
    if (++read % 10_000 === 0) progress(read, range.to - range.from, 'reading dead letters')
    const { reason, error } = letter.told
    if (values.reason !== undefined && reason !== values.reason) return
    if (values.log_id !== undefined && letter.logId !== values.log_id) return
    const at = isoOf(letter.receivedAt)
    const row = reasons.get(reason) ?? { reason, count: 0, redriven: 0, first: at, last: at, error }
    reasons.set(reason, Object.assign(row, { count: row.count + 1, last: at, error }))
    counts.total++
    if (redriveOf(jobs, { offset: letter.offset, reason, logId: letter.logId })) {
      row.redriven++
      counts.redriven++
    } else {
      if (counts.first < 0) counts.first = letter.offset
      counts.last = letter.offset
      if (letter.logId === '' || !seen.has(letter.logId)) waiting.set(reason, (waiting.get(reason) ?? 0) + 1)
      seen.add(letter.logId)
    }
    newest.push(letter)
    if (newest.length > 2 * most + 1) newest.splice(0, newest.length - most)
  }
  if (range.from < range.to) await readDeadLetters(client, sinkOf(known.name), range, take, signal)
  const letters = most > 0 ? newest.slice(-most).map((letter) => rowOf(letter, jobs)) : []
  return { ...counts, waiting, reasons: [...reasons.values()].toSorted((a, b) => b.count - a.count), letters }
}

async function rangeOf({ client }: Context, known: Known, { from, to }: Values): Promise<{ from: number; to: number }> {
  const [begin, end] = [parsePosition('from', String(from)), parsePosition('to', String(to))]
  for (const [field, { kind }] of [
    ['from', begin],
    ['to', end],
  ] as const)
    if (kind === 'shift') throw new WrongUse(field, 'shift has no meaning for dead letters: nobody reads them in turn')
  const topic = topicNames.deadLetters(client.settings.prefix, sinkOf(known.name))
  if ((await existingTopics(client, [topic])).length === 0) return { from: 0, to: 0 }
  const grounds = { topic, ranges: await heldRanges(client, topic), committed: [] }
  const [first, last] = [await firstOffsets(client, grounds, begin), await endOffsets(client, grounds, end)]
  return { from: first.offsets.get(0)!, to: last.offsets.get(0)! }
}

export function rowOf({ offset, receivedAt, logId, told }: StoredLetter, jobs: readonly JobRecord[]): LetterRow {
  const { stage, reason, error, attempts } = told
  return {
    offset,
    at: isoOf(receivedAt),
    logId,
    stage,
    reason,
    error,
    attempts: Math.min(Number(attempts), Number.MAX_SAFE_INTEGER),
    fromTopic: told.topic,
    fromPartition: told.partition,
    fromOffset: told.offset,
    redriven: redriveOf(jobs, { offset, reason, logId })?.id ?? '',
  }
}

/** `total`: in the topic. `waiting`: those of them that were neither redriven nor acknowledged. */
export type LetterCounts = { total: number; waiting: number }

/** A redrive of one reason or log has its share counted letter by letter, in so many of the newest at most. */
const MOST_READ = 10_000
/** What was counted once stays so: dead letters do not change, and neither does a job that has come past them. */
const counted = new WeakMap<KafkaClient, Map<string, number>>()

/**
 * How many dead letters of a service wait, by its topic. @param held the topic's range, undefined where there is no topic
 * @param jobs all of the service, as in the control topic
 */
export async function countLetters(
  client: KafkaClient,
  service: string,
  held: { start: number; end: number } | undefined,
  jobs: readonly JobRecord[],
): Promise<LetterCounts> {
  const { start, end } = held ?? { start: 0, end: 0 }
  const total = end - start
  const own = jobs.filter(({ kind }) => kind === 'redrive' || kind === 'acknowledge')
  if (total === 0 || own.length === 0) return { total, waiting: total }
  const isWhole = ({ reason, log_id = '' }: JobRecord) => reason === '' && log_id === ''
  const whole = spans(own.filter(isWhole), start, end)
  const parts = spans(
    own.filter((job) => !isWhole(job)),
    Math.max(start, end - MOST_READ),
    end,
  )
  const isIn = (offset: number) => whole.some(([from, to]) => offset >= from && offset < to)
  let put = whole.reduce((sum, [from, to]) => sum + to - from, 0)
  for (const [from, to] of parts) {
    const key = JSON.stringify([service, from, to, own.map(({ id, ranges }) => [id, ranges])])
    const known = counted.get(client) ?? new Map<string, number>()
    counted.set(client, known)
    let share = known.get(key)
    if (share === undefined) {
      share = 0
      await readDeadLetters(client, sinkOf(service), { from, to }, ({ offset, logId, told: { reason } }) => {
        if (!isIn(offset) && redriveOf(own, { offset, reason, logId })) share!++
      })
      if (known.size > 100) known.clear()
      known.set(key, share)
    }
    put += share
  }
  return { total, waiting: Math.max(0, total - put) }
}

/** The offsets that these jobs came past, as spans that do not overlap, within what the topic holds. */
function spans(jobs: readonly JobRecord[], start: number, end: number): [from: number, to: number][] {
  const all = jobs
    .flatMap(({ ranges }) => ranges.map(({ from, to, reached = to }) => [Math.max(start, from), Math.min(end, reached)] as const))
    .filter(([from, to]) => from < to)
    .toSorted((a, b) => a[0] - b[0])
  const joined: [number, number][] = []
  for (const [from, to] of all) {
    const last = joined.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else joined.push([from, to])
  }
  return joined
}

/** The ranges of dead-letter topics by service; services that have none are left out. */
export async function letterRanges(
  client: KafkaClient,
  services: readonly string[],
): Promise<Map<string, { start: number; end: number }>> {
  const topicOf = (service: string) => topicNames.deadLetters(client.settings.prefix, sinkOf(service))
  const there = new Set(await existingTopics(client, services.map(topicOf)))
  const found = await Promise.all(
    services
      .filter((service) => there.has(topicOf(service)))
      .map(async (service) => [service, (await logRanges(client, topicOf(service)))[0]] as const),
  )
  return new Map(found)
}
