// What both ways in do with events: redact, produce, and set aside what cannot be stored. Resolves when all is acknowledged.
import type { Split, SplitEvent } from '../events/split.ts'
import { type OutRecord, recordBytes } from '../topics/produce.ts'
import { type DeadLetter, toHeaders } from '../topics/records.ts'

/** A dead letter's value at most; a larger part comes in pieces. Under the dead-letter topic's limit with all headers. */
const PIECE_BYTES = 1_000_000
/** Header maps kept for reuse; an attacker with a token cannot fill the memory with types. */
const HEADERS_KEPT = 1_000

/** How an event came: a header of its record. */
export type Source = 'webhook' | 'poll' | 'reconcile' | 'job'

export type Store = {
  /** Stores events; resolves with those refused for good. @throws when Kafka did not acknowledge */
  store: (records: OutRecord[]) => Promise<OutRecord[]>
  quarantine: (letters: DeadLetter[]) => Promise<void>
  redact: ((value: Buffer) => Buffer | undefined) | undefined
  maxEventBytes: number
  counted: { received: (events: number, source: Source) => void; quarantined: (reason: string) => void }
}

/** @throws when Kafka did not acknowledge; some may be stored then, and a repeat is dropped by the sinks */
export async function storeEvents(
  { events, unusable }: Split,
  origin: { source: Source; traceparent?: string },
  store: Store,
): Promise<{ accepted: number; quarantined: number }> {
  const letters: DeadLetter[][] = unusable.map(({ reason, bytes }) => setAside(reason, bytes, PROBLEMS[reason]))
  const records: OutRecord[] = []
  const sources = new Map<OutRecord, SplitEvent>()
  for (const event of events) {
    const value = store.redact ? store.redact(event.value) : event.value
    const record = { key: event.id, value: value ?? null, headers: headersOf(event.type, origin) }
    const limit = store.maxEventBytes
    if (value === undefined || value.length > limit || recordBytes(record) > limit + RECORD_ALLOWANCE) {
      const error = `the event is larger than ${limit} bytes (MAX_EVENT_BYTES)`
      letters.push(setAside('event_too_large', keptOf(event, record.value), error, event.id))
      continue
    }
    records.push(record)
    sources.set(record, event)
  }
  const refused = records.length > 0 ? await store.store(records) : []
  for (const record of refused) {
    const event = sources.get(record)!
    letters.push(setAside('refused_by_kafka', keptOf(event, record.value), 'Kafka will never take this record', event.id))
  }
  if (letters.length > 0) {
    await store.quarantine(letters.flat())
    for (const [{ reason }] of letters) store.counted.quarantined(reason)
  }
  const accepted = records.length - refused.length
  store.counted.received(accepted, origin.source)
  return { accepted, quarantined: letters.length }
}

/** A record's overhead, key and headers beside the event's own bytes. */
const RECORD_ALLOWANCE = 4_096

const PROBLEMS = {
  not_json: 'these bytes are no JSON',
  not_an_event: 'no Auth0 log: an object with log_id and data is expected',
  no_log_id: 'the event has no log_id, so it has no identity',
}

/** What is kept of an event that cannot be stored: the bytes as sent; with INGEST_REDACT only what it leaves. */
function keptOf({ id, value, source, start, end }: SplitEvent, redacted: Buffer | null): Buffer {
  if (redacted === null || redacted === value) return source.subarray(start, end)
  return Buffer.concat([Buffer.from(`{"log_id":${JSON.stringify(id.toString())},"data":`), redacted, Buffer.from('}')])
}

/** A part that is no event as dead letters: one, or numbered pieces where it is over the limit of a record. */
export function setAside(reason: string, bytes: Buffer, error: string, id?: Buffer): DeadLetter[] {
  const now = new Date()
  const pieces = Math.max(1, Math.ceil(bytes.length / PIECE_BYTES))
  const logId = id && id.length <= 256 ? id.toString() : ''
  return Array.from({ length: pieces }, (_, i) => ({
    logId,
    value: bytes.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES),
    stage: 'receive',
    reason,
    error,
    attempts: 0,
    firstAt: now,
    lastAt: now,
    ...(pieces > 1 ? { piece: `${i + 1}/${pieces}` } : {}),
  }))
}

const headerMaps = new Map<string, Map<Buffer, Buffer>>()

function headersOf(type: Buffer, { source, traceparent }: { source: Source; traceparent?: string }): Map<Buffer, Buffer> {
  const name = type.toString()
  if (traceparent !== undefined) return toHeaders({ source, type: name, traceparent })
  const kept = `${source} ${name}`
  let headers = headerMaps.get(kept)
  if (!headers) {
    headers = toHeaders({ source, type: name })
    if (headerMaps.size < HEADERS_KEPT) headerMaps.set(kept, headers)
  }
  return headers
}
