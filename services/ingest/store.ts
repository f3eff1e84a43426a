// What both ways in do with events: redact, produce, and set aside what cannot be stored. Resolves when all is acknowledged.
import { createHash } from 'node:crypto'
import { labelsOf, type Split, type SplitEvent, type UnusablePart } from '../events/split.ts'
import { type OutRecord, recordBytes } from '../topics/produce.ts'
import { encodeHeaders } from '../topics/record-batch.ts'
import type { IngestSpans } from './spans.ts'

/** Parts that become dead letters together: one has ten headers of its own, and a body may be nothing but broken parts. */
const LETTERS_AT_ONCE = 500
/** Header blocks kept for reuse, and the longest type whose block is kept: a sender cannot fill the memory with types. */
const HEADERS_KEPT = 1_000
const TYPE_KEPT = 64
/** A record's overhead, key and headers beside the event's own bytes. */
const RECORD_ALLOWANCE = 4_096

/** How an event came: a header of its record. */
export type Source = 'webhook' | 'poll' | 'reconcile' | 'job'
/** `traceparent`: the trace that it belongs to; records carry it on. */
export type Origin = { source: Source; traceparent?: string }

export type Store = {
  /** Stores events; resolves with those refused for good. @throws when Kafka did not acknowledge */
  store: (records: OutRecord[]) => Promise<OutRecord[]>
  /** Puts parts into the dead letters. @throws when Kafka did not acknowledge */
  quarantine: (aside: readonly Aside[]) => Promise<void>
  /** INGEST_REDACT on the bytes of a `data`; undefined where it cannot read them. Left out where nothing is to be redacted. */
  redact: ((value: Buffer) => Buffer | undefined) | undefined
  /** Told of each event of a tenant. */
  tenantSeen?: (tenant: string, logId: Buffer) => void
  maxEventBytes: number
  /** Undefined where traces are off. */
  spans?: IngestSpans
  counted: {
    received: (events: number, source: Source) => void
    quarantined: (reason: string, parts: number) => void
  }
}

/** A part that cannot be stored, and what of it may be kept. */
export type Aside = { reason: string; error: string; kept: Buffer; id?: Buffer }

type Stored = { accepted: number; quarantined: number }

/** @throws when Kafka did not acknowledge; some may be stored then, and a repeat is dropped by the sinks */
export async function storeEvents(split: Split, origin: Origin, store: Store): Promise<Stored> {
  const span = store.spans?.send(origin.traceparent)
  if (!span) return storeAll(split, origin, store)
  try {
    const stored = await storeAll(split, { ...origin, traceparent: span.traceparent }, store)
    span.end({ 'messaging.batch.message_count': stored.accepted })
    return stored
  } catch (error) {
    span.end({}, 'not_acknowledged')
    throw error
  }
}

async function storeAll({ events, unusable }: Split, origin: Origin, store: Store): Promise<Stored> {
  const aside: Aside[] = unusable.map((part) => asideOf(part, store))
  const records: OutRecord[] = []
  const stored: SplitEvent[] = []
  const headersOf = headerBlocks(origin)
  for (const event of events) {
    const value = store.redact ? store.redact(event.value) : event.value
    if (value === undefined) {
      aside.push(notRedactable(event.value, 'its `data` is not readable', event.id))
      continue
    }
    const { type, tenant } = value === event.value ? event : labelsOf(value)
    const record = { key: event.id, value, headers: headersOf(type) }
    const limit = store.maxEventBytes
    if (value.length > limit || recordBytes(record) > limit + RECORD_ALLOWANCE) {
      const error = `the event is larger than ${limit} bytes (MAX_EVENT_BYTES)`
      aside.push({ reason: 'event_too_large', error, kept: keptOf(event, value, store), id: event.id })
      continue
    }
    if (tenant !== '') store.tenantSeen?.(tenant, event.id)
    records.push(record)
    stored.push(event)
  }
  const refused = records.length > 0 ? await store.store(records) : []
  const placeOf = refused.length > 0 ? new Map(records.map((record, place) => [record, place])) : undefined
  for (const record of refused) {
    const event = stored[placeOf?.get(record) as number]
    const kept = keptOf(event, record.value as Buffer, store)
    aside.push({ reason: 'refused_by_kafka', error: 'Kafka will never take this record', kept, id: event.id })
  }
  const accepted = records.length - refused.length
  store.counted.received(accepted, origin.source)
  await setAside(aside, store)
  return { accepted, quarantined: aside.length }
}

/** Into the dead letters: what came compressed and cannot be read. */
export async function setAsideBody(bytes: Buffer, problem: string, store: Store): Promise<void> {
  const aside = store.redact
    ? notRedactable(bytes, `its compression is broken: ${problem}`)
    : { reason: 'bad_encoding', error: problem, kept: bytes }
  await setAside([aside], store)
}

async function setAside(aside: readonly Aside[], store: Store): Promise<void> {
  for (let i = 0; i < aside.length; i += LETTERS_AT_ONCE) {
    const some = aside.slice(i, i + LETTERS_AT_ONCE)
    await store.quarantine(some)
    for (const { reason } of some) store.counted.quarantined(reason, 1)
  }
}

const PROBLEMS = {
  not_json: 'these bytes are not JSON',
  not_an_event: 'no Auth0 log: an object with log_id and data is expected',
  no_log_id: 'the event has no log_id of 1 to 256 bytes, so it has no identity',
}

/** With INGEST_REDACT a part is kept only as far as it can be redacted: its `data`, where there is one. */
function asideOf({ reason, bytes, data }: UnusablePart, { redact }: Store): Aside {
  const error = PROBLEMS[reason]
  if (!redact) return { reason, error, kept: bytes }
  const redacted = data && redact(data)
  if (redacted === undefined) return notRedactable(bytes, error)
  return { reason, error, kept: Buffer.concat([Buffer.from('{"data":'), redacted, Buffer.from('}')]) }
}

/** What INGEST_REDACT cannot read may hold what it is to hide: only length and digest are kept, to compare with the sender's copy. */
function notRedactable(bytes: Buffer, why: string, id?: Buffer): Aside {
  const kept = Buffer.from(JSON.stringify({ length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }))
  const error = `INGEST_REDACT cannot be applied (${why}): only length and SHA-256 are kept`
  return { reason: 'not_redactable', error, kept, id }
}

/** What is kept of an event that cannot be stored: the bytes as sent; with INGEST_REDACT only what it leaves. */
function keptOf({ id, source, start, end }: SplitEvent, value: Buffer, { redact }: Store): Buffer {
  if (!redact) return source.subarray(start, end)
  return Buffer.concat([Buffer.from(`{"log_id":${JSON.stringify(id.toString())},"data":`), value, Buffer.from('}')])
}

const keptBlocks = new Map<Source, Map<string, Buffer>>()

/** The headers of a record by its type, each encoded once. */
function headerBlocks({ source, traceparent }: Origin): (type: string) => Buffer {
  const trace: Record<string, string> = traceparent === undefined ? {} : { traceparent }
  const blocks = traceparent === undefined ? (keptBlocks.get(source) ?? new Map<string, Buffer>()) : new Map<string, Buffer>()
  if (traceparent === undefined) keptBlocks.set(source, blocks)
  return (type) => {
    const known = blocks.get(type)
    if (known) return known
    const block = encodeHeaders({ source, type, ...trace })
    if (type.length <= TYPE_KEPT && blocks.size < HEADERS_KEPT) blocks.set(type, block)
    return block
  }
}
