// The dead letters of a service, read and counted: what an operator's verbs select, and how many wait.
import type { KafkaClient } from '../topics/client.ts'
import { type JobRecord, readControl } from '../topics/control.ts'
import { readDeadLetters, type StoredLetter } from '../topics/dead-letters.ts'
import { existingTopics, logRanges } from '../topics/groups.ts'
import { isOpen, jobsNow, jobsOf, redriveOf, sinkOf } from '../topics/jobs.ts'
import { topicNames } from '../topics/names.ts'
import { whyHopeless } from './hopeless.ts'
import { isSink, type Known, knownService } from './services.ts'
import { type LetterRow, rowOf, stateOf, type Takers } from './letter-rows.ts'
import { type Context, quoted, type Values, WrongUse } from './operation.ts'
import { endOffsets, firstOffsets, heldRanges, parsePosition } from './places.ts'
import { isoOf } from './times.ts'

/** `redriven`: also those that an operator acknowledged; `redriving`: a job is to send them and has not yet. `hopeless`: why a redrive would fail again, empty where it may succeed. */
export type ReasonRow = {
  reason: string
  count: number
  redriven: number
  redriving: number
  first: string
  last: string
  error: string
  hopeless: string
}

/** What an operator can select dead letters by; all that are given must fit. */
export const selection = {
  reason: { meaning: 'only with this reason, e.g. http_400', kind: 'text' },
  log_id: { meaning: 'only of this event', kind: 'text' },
  offsets: { meaning: 'only these, by their offsets as the list shows them, comma-separated', kind: 'list' },
  from: {
    meaning: 'first: earliest, a log_id, a time (ISO, -1h, today), offset:<n> of the dead letters',
    kind: 'text',
    default: 'earliest',
  },
  to: { meaning: 'last, written in the same ways', kind: 'text', default: 'latest' },
} as const

/** So many are chosen one by one at most: they are part of a control record. More are chosen by reason and time. */
const MOST_CHOSEN = 1_000

export async function opened({ client }: Context, name: Values[string]): Promise<{ known: Known; takers: Takers }> {
  const control = await readControl(client, 'dead-letters')
  const known = knownService(control, String(name), (one) => isSink(one) || one.record.kind === 'ingest')
  const jobs = jobsOf(control, known.name)
  const open = await jobsNow(
    client,
    jobs.filter((job) => job.kind === 'redrive' && isOpen(job)),
  )
  return { known, takers: { jobs, reached: new Map(open.map(({ id, ranges }) => [id, ranges[0]?.reached ?? 0])) } }
}

/** Dead letters that are asked for: where they are, and which of those. */
export type Selected = {
  range: { from: number; to: number }
  offsets: number[] | undefined
  fits: (letter: StoredLetter) => boolean
}

/** @throws WrongUse for what selects nothing sensible */
export async function selected(context: Context, known: Known, values: Values): Promise<Selected> {
  const offsets = chosenOffsets(values.offsets as string[] | undefined)
  const chosen = offsets && new Set(offsets)
  const all = await rangeOf(context, known, values)
  const range = offsets ? { from: Math.max(all.from, offsets[0]), to: Math.min(all.to, offsets.at(-1)! + 1) } : all
  const fits = ({ offset, logId, told: { reason } }: StoredLetter) =>
    (values.reason === undefined || values.reason === reason) &&
    (values.log_id === undefined || values.log_id === logId) &&
    (chosen === undefined || chosen.has(offset))
  return { range, offsets, fits }
}

/** In ascending order; undefined for all. */
function chosenOffsets(given: string[] | undefined): number[] | undefined {
  if (given === undefined || given.length === 0) return undefined
  const wrong = given.find((text) => !/^\d{1,15}$/.test(text))
  if (wrong !== undefined) throw new WrongUse('offsets', `must be whole numbers, not ${quoted(wrong)}`)
  if (given.length > MOST_CHOSEN)
    throw new WrongUse('offsets', `names more than ${MOST_CHOSEN}: choose by reason, from and to instead`)
  return [...new Set(given.map(Number))].toSorted((a, b) => a - b)
}

/**
 * What is selected, counted: sums by reason, most first. `waiting`: events that a redrive sends, by reason, each once however many dead
 * letters it has; `first` and `last`: their offsets. `places`: offsets of all that fit, and of those that no job is to send or has sent.
 */
export async function gathered(context: Context, known: Known, takers: Takers, values: Values) {
  const { client, signal, progress } = context
  const { range, offsets, fits } = await selected(context, known, values)
  const reasons = new Map<string, ReasonRow>()
  const waiting = new Map<string, number>()
  const seen = new Set<string>()
  const counts = { total: 0, redriven: 0, redriving: 0, first: -1, last: -1 }
  const places = { all: [] as number[], waiting: [] as number[] }
  let read = 0
  const take = (letter: StoredLetter) => {
    if (++read % 10_000 === 0) progress(read, range.to - range.from, 'reading dead letters')
    if (!fits(letter)) return
    const { reason, error } = letter.told
    const at = isoOf(letter.receivedAt)
    const row = reasons.get(reason) ?? {
      reason,
      count: 0,
      redriven: 0,
      redriving: 0,
      first: at,
      last: at,
      error,
      hopeless: whyHopeless(reason),
    }
    reasons.set(reason, Object.assign(row, { count: row.count + 1, last: at, error }))
    counts.total++
    places.all.push(letter.offset)
    const { state } = stateOf(letter, takers)
    if (state !== 'waiting') {
      const kind = state === 'redriving' ? 'redriving' : 'redriven'
      row[kind]++
      counts[kind]++
    } else {
      places.waiting.push(letter.offset)
      if (counts.first < 0) counts.first = letter.offset
      counts.last = letter.offset
      if (letter.logId === '' || !seen.has(letter.logId)) waiting.set(reason, (waiting.get(reason) ?? 0) + 1)
      seen.add(letter.logId)
    }
  }
  if (range.from < range.to) await readDeadLetters(client, sinkOf(known.name), range, take, signal)
  return { ...counts, offsets, waiting, places, reasons: [...reasons.values()].toSorted((a, b) => b.count - a.count) }
}

/** Those at these offsets, newest first; what has expired since is left out. @param offsets in ascending order */
export async function rowsAt(
  { client, signal }: Context,
  known: Known,
  takers: Takers,
  offsets: readonly number[],
): Promise<LetterRow[]> {
  if (offsets.length === 0) return []
  const asked = new Set(offsets)
  const rows: LetterRow[] = []
  const range = { from: offsets[0], to: offsets.at(-1)! + 1 }
  const take = (letter: StoredLetter) => void (asked.has(letter.offset) && rows.push(rowOf(letter, takers)))
  await readDeadLetters(client, sinkOf(known.name), range, take, signal)
  return rows.toReversed()
}

async function rangeOf({ client }: Context, known: Known, { from, to }: Values): Promise<{ from: number; to: number }> {
  const [begin, end] = [parsePosition('from', String(from)), parsePosition('to', String(to))]
  for (const [field, { kind }] of [
    ['from', begin],
    ['to', end],
  ] as const)
    if (kind === 'shift') throw new WrongUse(field, 'shift has no meaning for dead letters: no group reads them')
  const topic = topicNames.deadLetters(client.settings.prefix, sinkOf(known.name))
  if ((await existingTopics(client, [topic])).length === 0) return { from: 0, to: 0 }
  const grounds = { topic, ranges: await heldRanges(client, topic), committed: [] }
  const [first, last] = [await firstOffsets(client, grounds, begin), await endOffsets(client, grounds, end)]
  return { from: first.offsets.get(0)!, to: last.offsets.get(0)! }
}

/** `total`: in the topic. `waiting`: those of them that were neither redriven nor acknowledged, also where a job is to send them. */
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
  const putAway = jobs.filter(({ kind }) => kind === 'redrive' || kind === 'acknowledge')
  if (total === 0 || putAway.length === 0) return { total, waiting: total }
  const own = await jobsNow(client, putAway)
  const isWhole = ({ reason, log_id = '', offsets }: JobRecord) => reason === '' && log_id === '' && !offsets
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
