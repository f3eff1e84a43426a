// Events as they arrive: one tail of the main topic for all live pages together, begun with the first and ended after the last.
import { isKnownType, LEVELS, typeLevel, typeName } from '../events/types.ts'
import { errorText } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { Reading, TopicRecord } from '../topics/read.ts'
import { masked, maskedText } from '../events/mask.ts'
import { frame, type Stream } from './stream.ts'

/** Pages get what came in the meantime together. */
const TICK_MS = 200
/** Of one tick: more can nobody read; the rest is counted. */
const MOST_A_TICK = 200
const MOST_DATA = 4_000
const AGAIN_MS = 2_000

export type LiveWish = {
  /** Type codes; empty for all. */
  types: readonly string[]
  /** Least level. */
  level: number
  unmasked: boolean
}

/** An event as the page shows it. */
export type LiveEvent = {
  id: string
  type: string
  name: string
  level: string
  /** ISO; by the event's own date, and of its receipt. */
  date: string
  received: string
  partition: number
  offset: number
  source: string
  description: string
  connection: string
  client: string
  /** JSON of `data`, masked unless asked for otherwise, cut at 4,000 characters. */
  data: string
}

type Group = { wish: LiveWish; streams: Set<Stream>; waiting: TopicRecord[]; lost: number }

export type Live = { join: (stream: Stream, wish: LiveWish) => void; viewers: () => number; close: () => Promise<void> }

/** @param open begins a tail at the end of the topic */
export function createLive(
  open: (take: (record: TopicRecord) => void, lost: (error: Error) => void) => Promise<Reading>,
  log: Logger,
): Live {
  const groups = new Map<string, Group>()
  let tail: Promise<Reading | undefined> | undefined
  let timer: NodeJS.Timeout | undefined
  let again: NodeJS.Timeout | undefined

  const viewers = () => groups.values().reduce((sum, { streams }) => sum + streams.size, 0)

  function take(record: TopicRecord): void {
    const type = record.headers.type ?? ''
    const level = typeLevel(type)
    for (const group of groups.values()) {
      const { types, level: least } = group.wish
      if (level < least || (types.length > 0 && !types.includes(type))) continue
      if (group.waiting.length < MOST_A_TICK) group.waiting.push(record)
      else group.lost++
    }
  }

  function tick(): void {
    for (const { wish, streams, waiting, lost } of groups.values()) {
      if (waiting.length === 0) continue
      // Made once for all pages that see the same; each holds the same bytes.
      const bytes = frame('events', { events: waiting.map((record) => shown(record, wish.unmasked)), left_out: lost })
      for (const stream of streams) stream.send(bytes, waiting.length + lost)
    }
    for (const group of groups.values()) Object.assign(group, { waiting: [], lost: 0 })
  }

  function tell(event: string, data: object): void {
    const bytes = frame(event, data)
    for (const { streams } of groups.values()) for (const stream of streams) stream.send(bytes, 0)
  }

  function begin(): void {
    timer ??= setInterval(tick, TICK_MS)
    tail ??= open(take, broke).then(
      (reading) => {
        tell('following', { since: new Date().toISOString() })
        return reading
      },
      (error: Error) => void broke(error),
    )
  }

  /** A tail that breaks begins anew while somebody looks. */
  function broke(error: Error): void {
    log.warn({ error: errorText(error) }, 'the topic cannot be followed for the live pages; trying again')
    tell('away', { message: 'Kafka does not answer: events are not lost, they are shown from when it does' })
    const broken = tail
    tail = undefined
    void broken?.then((reading) => reading?.close()).catch(() => {})
    again ??= setTimeout(() => {
      again = undefined
      if (viewers() > 0) begin()
    }, AGAIN_MS)
  }

  async function end(): Promise<void> {
    clearInterval(timer)
    clearTimeout(again)
    timer = again = undefined
    const ending = tail
    tail = undefined
    await (await ending?.catch(() => undefined))?.close().catch(() => {})
  }

  return {
    join(stream, wish) {
      const key = JSON.stringify(wish)
      const group = groups.get(key) ?? { wish, streams: new Set<Stream>(), waiting: [], lost: 0 }
      groups.set(key, group)
      group.streams.add(stream)
      stream.onClose(() => {
        group.streams.delete(stream)
        if (group.streams.size === 0 && groups.get(key) === group) groups.delete(key)
        if (viewers() === 0) void end()
      })
      const isFirst = tail === undefined
      begin()
      if (!isFirst)
        void tail?.then((reading) => reading && stream.send(frame('following', { since: new Date().toISOString() }), 0))
    },
    viewers,
    close: end,
  }
}

function shown({ key, value, headers, timestamp, partition, offset }: TopicRecord, unmasked: boolean): LiveEvent {
  const raw = parse(value)
  const data = (unmasked ? raw : masked(raw)) as Record<string, unknown> | null
  const text = (name: string) => (typeof data?.[name] === 'string' ? (data[name] as string) : '')
  const type = headers.type || text('type')
  return {
    id: key ?? '',
    type,
    name: isKnownType(type) ? typeName(type) : type === '' ? 'No type' : `Unknown type ${type}`,
    level: LEVELS[typeLevel(type)],
    date: text('date'),
    received: new Date(timestamp).toISOString(),
    partition,
    offset,
    source: headers.source ?? '',
    description: unmasked ? text('description') : maskedText(text('description')),
    connection: text('connection'),
    client: text('client_name'),
    data:
      data === null
        ? String(unmasked ? (value ?? '') : '(no JSON object)').slice(0, MOST_DATA)
        : JSON.stringify(data).slice(0, MOST_DATA),
  }
}

function parse(value: Buffer | null): unknown {
  try {
    const read: unknown = JSON.parse(String(value))
    return typeof read === 'object' ? read : null
  } catch {
    return null
  }
}
