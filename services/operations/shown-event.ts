// An event as verbs show it: what Kafka says of it, and its JSON, with personal data masked unless asked for.
// Deep, long or wide events are cut, so that no sender decides how much work looking on is.
import { masked } from '../events/mask.ts'
import { LEVELS, typeLevel, typeName } from '../events/types.ts'
import type { TopicRecord } from '../topics/read.ts'
import { isoOf } from './times.ts'

/**
 * `data` is JSON as it is in the topic, what is very deep or long cut; with personal data `***` unless asked for. Null where the record is
 * no event.
 */
export type ShownEvent = {
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

export function shownEvent({ key, value, headers, timestamp, partition, offset }: TopicRecord, unmask: boolean): ShownEvent {
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
