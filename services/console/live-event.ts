// An event as a live page shows it, masked or not; whatever is in it, its size is bounded and showing it never fails.
import { masked, shallow } from '../events/mask.ts'
import { isKnownType, LEVELS, typeLevel, typeName } from '../events/types.ts'
import type { TopicRecord } from '../topics/read.ts'

const MOST_DATA = 4_000
const MOST_TEXT = 500
/** Characters of a type that are looked at. */
export const MOST_TYPE = 64

/** An event as the page shows it. */
export type LiveEvent = {
  id: string
  type: string
  name: string
  level: string
  /** ISO; by the event's own date, and of its receipt: empty where the record's timestamp is no moment. */
  date: string
  received: string
  partition: number
  offset: number
  source: string
  description: string
  connection: string
  client: string
  user: string
  /** JSON of `data`, masked unless asked for otherwise, cut at 4,000 characters. */
  data: string
}

/** A record as a `LiveEvent` in JSON. One event's exception costs that event. */
export function jsonOf(record: TopicRecord, unmasked: boolean): Buffer {
  try {
    return Buffer.from(JSON.stringify(shown(record, unmasked)))
  } catch {
    const { partition, offset } = record
    const nothing = {
      id: '',
      type: '',
      level: LEVELS[0],
      date: '',
      received: '',
      source: '',
      connection: '',
      client: '',
      user: '',
    }
    const data = 'This event cannot be shown.'
    return Buffer.from(JSON.stringify({ ...nothing, name: 'Cannot be shown', partition, offset, description: '', data }))
  }
}

function shown({ key, value, headers, timestamp, partition, offset }: TopicRecord, unmasked: boolean): LiveEvent {
  const raw = parse(value)
  const data = (unmasked ? shallow(raw) : masked(raw)) as Record<string, unknown> | null
  const text = (name: string) => (typeof data?.[name] === 'string' ? (data[name] as string).slice(0, MOST_TEXT) : '')
  const type = (headers.type || text('type')).slice(0, MOST_TYPE)
  const whole = data === null ? (unmasked ? String(value?.subarray(0, 4 * MOST_DATA) ?? '') : '(no JSON object)') : ''
  return {
    id: (key ?? '').slice(0, MOST_TEXT),
    type,
    name: isKnownType(type) ? typeName(type) : type === '' ? 'No type' : `Unknown type ${type}`,
    level: LEVELS[typeLevel(type)],
    date: text('date'),
    received: isoOf(timestamp),
    partition,
    offset,
    source: (headers.source ?? '').slice(0, MOST_TYPE),
    description: text('description'),
    connection: text('connection'),
    client: text('client_name'),
    user: text('user_name'),
    data: (whole || JSON.stringify(data)).slice(0, MOST_DATA),
  }
}

/** Kafka takes any number as a timestamp. */
function isoOf(time: number): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString()
}

function parse(value: Buffer | null): unknown {
  try {
    const read: unknown = JSON.parse(String(value))
    return typeof read === 'object' ? read : null
  } catch {
    return null
  }
}
