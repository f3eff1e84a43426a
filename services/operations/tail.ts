// `tail`: events as they arrive, beside all groups. Personal data is masked unless asked for. Who reads too slowly loses events, counted.
// Deep, long or wide events are cut, so that no sender decides how much work looking on is.
import { createFilter, parseTypes } from '../events/filter.ts'
import { masked } from '../events/mask.ts'
import { LEVELS, typeLevel, typeName } from '../events/types.ts'
import type { KafkaClient } from '../topics/client.ts'
import { readControl } from '../topics/control.ts'
import { logRanges } from '../topics/groups.ts'
import { topicNames } from '../topics/names.ts'
import { followTopic, type TopicRecord } from '../topics/read.ts'
import { isSink, knownService, sinkFilter } from './services.ts'
import { type Context, type Operation, type Values, WrongUse } from './operation.ts'
import { isoOf } from './times.ts'

/** Events that wait for a slow reader; what comes then is left out. */
const WAITING = 1_000
const RUN_MS = 5_000

export type TailWish = {
  /** Which type codes come; undefined for all. */
  passes?: (type: string) => boolean
  unmask?: boolean
}
/**
 * `data` is JSON as it is in the topic, what is very deep or long cut; with personal data `***` unless asked for. Null where the record is
 * no event.
 */
export type TailEvent = {
  logId: string
  type: string
  name: string
  level: string
  receivedAt: string
  source: string
  partition: number
  offset: number
  data: Record<string, unknown> | null
}

/**
 * Follows the topic from its end until the signal is aborted. `emit` is called for one at a time and waited for; 1,000 events wait
 * meanwhile, of more it is said how many were left out.
 * @throws when the topic can be followed no longer
 */
export async function followEvents(
  client: KafkaClient,
  { passes = () => true, unmask = false }: TailWish,
  emit: (event: TailEvent | { left_out: number }) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const topic = topicNames.events(client.settings.prefix)
  const ends = new Map((await logRanges(client, topic)).map(({ partition, end }) => [partition, end]))
  const waiting: TopicRecord[] = []
  let leftOut = 0
  let failure: Error | undefined
  let came = Promise.withResolvers<void>()
  const take = (record: TopicRecord) => {
    if (!passes(record.headers.type ?? '')) return
    if (waiting.length < WAITING) waiting.push(record)
    else leftOut++
    came.resolve()
  }
  const reading = await followTopic(client, 'tail', topic, ends, take, (error) => {
    failure = error
    came.resolve()
  })
  const wake = () => came.resolve()
  signal.addEventListener('abort', wake, { once: true })
  try {
    while (!signal.aborted) {
      await came.promise
      came = Promise.withResolvers<void>()
      if (failure) throw failure
      for (let record = waiting.shift(); record && !signal.aborted; record = waiting.shift()) await emit(shown(record, unmask))
      if (leftOut > 0 && !signal.aborted) {
        const missed = leftOut
        leftOut = 0
        await emit({ left_out: missed })
      }
    }
  } finally {
    signal.removeEventListener('abort', wake)
    await reading.close()
  }
}

export const tail: Operation = {
  name: 'tail',
  summary: 'events as they arrive, with personal data masked',
  role: 'viewer',
  inputs: {
    type: { meaning: 'only these type codes, comma-separated', kind: 'list' },
    level: { meaning: `minimum level: ${LEVELS.map((name, i) => `${i} ${name}`).join(', ')}`, kind: 'integer' },
    sink: { meaning: "only what passes this sink's filter", kind: 'text', suggest: 'sink' },
    unmask: { meaning: 'show personal data', kind: 'boolean', default: false },
  },
  examples: ['auth0-logs tail', 'auth0-logs tail --type f,fp --level 3', 'auth0-logs tail --sink segment'],
  looks: ({ unmask }) => !unmask,
  async run(context, values) {
    const events: object[] = []
    const giveUp = AbortSignal.any([context.signal, AbortSignal.timeout(RUN_MS)])
    await followEvents(context.client, await wishOf(context, values), (event) => void events.push(event), giveUp)
    return { seconds: RUN_MS / 1000, events }
  },
  async stream(context, values, emit) {
    await followEvents(context.client, await wishOf(context, values), emit, context.signal)
  },
}

async function wishOf({ client }: Context, { type, level, sink, unmask }: Values): Promise<TailWish> {
  if (level !== undefined && !(Number(level) < LEVELS.length))
    throw new WrongUse('level', `must be 0 to ${LEVELS.length - 1}, not ${String(level)}`)
  const own = createFilter({
    level: level === undefined ? undefined : Number(level),
    types: parseTypes(((type as string[]) ?? []).join(',')).value,
  })
  const sinks = sink === undefined ? undefined : sinkFilter(knownService(await readControl(client, 'tail'), String(sink), isSink))
  return { passes: (code) => !own?.(code) && !sinks?.(code), unmask: unmask === true }
}

function shown({ key, value, headers, timestamp, partition, offset }: TopicRecord, unmask: boolean): TailEvent {
  const data = value && parse(value)
  const type = headers.type ?? (typeof data?.type === 'string' ? data.type : '')
  return {
    logId: key ?? '',
    type,
    name: typeName(type),
    level: LEVELS[typeLevel(type)],
    receivedAt: isoOf(timestamp),
    source: headers.source ?? '',
    partition,
    offset,
    data: data && (unmask ? data : (masked(data) as Record<string, unknown>)),
  }
}

function parse(bytes: Buffer): Record<string, unknown> | null {
  try {
    const read: unknown = JSON.parse(bytes.toString())
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? (bounded(read) as Record<string, unknown>) : null
  } catch {
    return null
  }
}

const MAX_DEPTH = 20
const MAX_TEXT = 1_000
const MAX_MEMBERS = 200
const CUT = '…'

/** A copy of parsed JSON, at most 20 levels deep, 200 members wide and with texts of 1,000 characters; `…` stands for what is left out. */
export function bounded(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.length > MAX_TEXT ? value.slice(0, MAX_TEXT - 1) + CUT : value
  if (typeof value !== 'object' || value === null) return value
  if (depth === MAX_DEPTH) return CUT
  if (Array.isArray(value)) {
    const kept = value.slice(0, MAX_MEMBERS).map((entry: unknown) => bounded(entry, depth + 1))
    return value.length > MAX_MEMBERS ? [...kept, CUT] : kept
  }
  const members = Object.entries(value)
  const kept = members.slice(0, MAX_MEMBERS).map(([name, inner]) => [name.slice(0, MAX_TEXT), bounded(inner, depth + 1)] as const)
  return Object.fromEntries(members.length > MAX_MEMBERS ? [...kept, [CUT, members.length - MAX_MEMBERS]] : kept)
}
