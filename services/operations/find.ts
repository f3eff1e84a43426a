// `find`: events of the last hours that hold a text: a user's name, id or e-mail, an application, an address. Newest first, within a time
// limit; what was not searched is said, and can be searched next. Whoever may look may search, also in what is masked; masked it comes.
import { createTextMatch } from '../events/text-match.ts'
import { existingTopics, offsetsAt } from '../topics/groups.ts'
import { topicNames } from '../topics/names.ts'
import { openRanges, type ReadRange, type TopicRecord } from '../topics/read.ts'
import { eventFilter, eventInputs } from './event-filter.ts'
import { type Context, type Operation, Refusal, type Values, WrongUse } from './operation.ts'
import { heldRanges } from './places.ts'
import { countOf, createHits, newestPart, parseRest, restText, withoutPart } from './search-plan.ts'
import { type ShownEvent, shownEvent } from './shown-event.ts'
import { isoOf } from './times.ts'

const HOUR_MS = 3_600_000
const MOST_HOURS = 100_000
/** The console ends what looks on after 60 s. */
const MOST_SECONDS = 50
const MOST_FOUND = 1_000
/** Bytes of one answer's events, as they are in the topic. */
const MOST_BYTES = 4 * 1024 * 1024
/** Characters. One alone is in every event. */
const TEXT_LENGTH = { least: 2, most: 500 }
/** Records of the first part; the next ones are as large as can be searched in PART_MS. */
const FIRST_PART = 4_000
const MOST_PART = 200_000
const PART_MS = 1_000
const PROGRESS_EVERY = 2_000

export type Found = {
  /** Newest first. */
  events: ShownEvent[]
  /** How many events were searched now, and how many of those asked for were not. */
  searched: number
  left: number
  /** ISO: what was asked for, and from when on all that was received has been searched; empty where Kafka does not tell. */
  since: string
  searchedBackTo: string
  /** Where to go on: for the input of this name. Empty where all was searched. */
  rest: string
}

export const find: Operation = {
  name: 'find',
  summary: 'events of the last hours that hold a text (user, application, IP address), newest first, masked',
  role: 'viewer',
  inputs: {
    text: {
      meaning: 'what any value must hold, in upper or lower case: a name, an e-mail, an id, an IP address',
      kind: 'text',
      required: true,
      positional: true,
    },
    hours: { meaning: 'how far back, by the time of receipt', kind: 'integer', default: 24 },
    ...eventInputs,
    limit: { meaning: `end with so many events, at most ${MOST_FOUND}`, kind: 'integer', default: 100 },
    seconds: { meaning: `end after so long, at most ${MOST_SECONDS}`, kind: 'integer', default: 30 },
    rest: { meaning: 'go on with what an earlier search left: its answer names it', kind: 'text' },
    unmask: { meaning: 'show personal data', kind: 'boolean', default: false },
  },
  examples: ['auth0-logs find ann@example.com', 'auth0-logs find 203.0.113.7 --hours 6 --type f,fp'],
  looks: ({ unmask }) => !unmask,
  // Most of the time it is somebody's name or address.
  audited: (given) => ({ ...given, text: '***' }),
  run: search,
}

async function search(context: Context, values: Values): Promise<Found> {
  const { client, signal, progress } = context
  const matches = createTextMatch(textOf(values))
  const most = between('limit', values.limit, MOST_FOUND)
  const limitMs = between('seconds', values.seconds, MOST_SECONDS) * 1_000
  const since = Date.now() - between('hours', values.hours, MOST_HOURS) * HOUR_MS
  const passes = await eventFilter(context, values)
  const topic = topicNames.events(client.settings.prefix)
  let rest = await rangesOf(context, topic, since, values.rest)
  const total = countOf(rest)
  const found: TopicRecord[] = []
  /** By partition: when the oldest record that was searched was received. */
  const backTo = new Map<number, number>()
  const reader = openRanges(client, 'find', topic)
  const began = performance.now()
  let size = FIRST_PART
  let bytesLeft = MOST_BYTES
  try {
    while (rest.length > 0 && found.length < most && bytesLeft > 0 && performance.now() - began < limitMs) {
      const part = newestPart(rest, size)
      const hits = createHits(most - found.length, bytesLeft)
      const seen = new Set<number>()
      const before = total - countOf(rest)
      let looked = 0
      const take = (record: TopicRecord): void => {
        if (++looked % PROGRESS_EVERY === 0) progress(before + looked, total, progressText(before + looked, total))
        if (!seen.has(record.partition)) backTo.set(record.partition, record.timestamp)
        seen.add(record.partition)
        if (passes(typeOf(record)) && matches(record.value, record.key)) hits.add(record)
      }
      const partBegan = performance.now()
      await reader.read(part, take, signal)
      const { records, leftOut } = hits.take()
      found.push(...records)
      bytesLeft -= records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
      rest = withoutPart(rest, part, new Map([...leftOut].map(([partition, { offset }]) => [partition, offset])))
      for (const [partition, { timestamp }] of leftOut) backTo.set(partition, timestamp)
      size = nextSize(size, performance.now() - partBegan)
    }
  } finally {
    await reader.close()
  }
  const left = countOf(rest)
  const reached = rest.map(({ partition }) => backTo.get(partition) ?? Number.NaN)
  return {
    events: found.map((record) => shownEvent(record, values.unmask === true)),
    searched: total - left,
    left,
    since: isoOf(since),
    searchedBackTo: isoOf(left === 0 ? since : Math.max(...reached)),
    rest: restText(rest),
  }
}

const nextSize = (size: number, tookMs: number): number =>
  Math.min(MOST_PART, Math.max(FIRST_PART, Math.round((size * PART_MS) / Math.max(1, tookMs))))

const number = new Intl.NumberFormat('en')
const progressText = (done: number, total: number) => `searched ${number.format(done)} of ${number.format(total)} events`

/** Records of others may have no header. */
function typeOf({ headers, value }: TopicRecord): string {
  if (headers.type !== undefined) return headers.type
  return /"type"\s*:\s*"([^"\\]{1,64})"/.exec(value?.toString('latin1', 0, 64 * 1024) ?? '')?.[1] ?? ''
}

async function rangesOf({ client }: Context, topic: string, since: number, rest: Values[string]): Promise<ReadRange[]> {
  if ((await existingTopics(client, [topic])).length === 0)
    throw new Refusal(`no log was received yet: there is no topic ${topic}`)
  const held = await heldRanges(client, topic)
  if (typeof rest === 'string') {
    const left = new Map(parseRest(rest).map((range) => [range.partition, range]))
    return held
      .map(({ partition, start, end }) => {
        const { from, to } = left.get(partition) ?? { from: 0, to: 0 }
        return { partition, from: Math.max(from, start), to: Math.min(to, end) }
      })
      .filter(({ from, to }) => from < to)
  }
  const begins = await offsetsAt(client, topic, Math.max(0, since))
  return held
    .map(({ partition, start, end }) => ({ partition, from: Math.max(begins.get(partition) ?? end, start), to: end }))
    .filter(({ from, to }) => from < to)
}

/** @throws WrongUse */
function textOf({ text }: Values): string {
  const asked = String(text).trim()
  if (asked.length < TEXT_LENGTH.least || asked.length > TEXT_LENGTH.most)
    throw new WrongUse('text', `must have ${TEXT_LENGTH.least} to ${TEXT_LENGTH.most} characters`)
  return asked
}

/** @throws WrongUse */
function between(field: string, value: Values[string], most: number): number {
  if (typeof value !== 'number' || value < 1 || value > most)
    throw new WrongUse(field, `must be 1 to ${most}, not ${String(value)}`)
  return value
}
