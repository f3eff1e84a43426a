// The way of a webhook body: authorise, read, split, produce, and 200 only after the acknowledgement. What cannot be an event is kept
// as raw bytes and answered 200 too: Auth0 would repeat a refused body for days.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type SplitEvent, split } from '../events/split.ts'
import { errorText } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import { type OutRecord, recordBytes } from '../topics/produce.ts'
import { type DeadLetter, toHeaders } from '../topics/records.ts'
import { readBody } from './body.ts'

/** A dead letter's value at most; a larger part comes in pieces. Under the dead-letter topic's limit with all headers. */
const PIECE_BYTES = 1_000_000
/** Whole seconds that a sender is asked to wait. */
const RETRY_AFTER_S = 2
/** Header maps kept for reuse; an attacker with a token cannot fill the memory with types. */
const HEADERS_KEPT = 1_000

export type Receiver = {
  authorised: (header: string | undefined) => boolean
  /** Why nothing can be taken now, if so. */
  unavailable: () => string | undefined
  /** Stores events; resolves with those refused for good. @throws when Kafka did not acknowledge */
  store: (records: OutRecord[]) => Promise<OutRecord[]>
  quarantine: (letters: DeadLetter[]) => Promise<void>
  /** Bytes received and not yet answered, all requests together. */
  inFlight: { bytes: number }
  redact: ((value: Buffer) => Buffer | undefined) | undefined
  maxBytes: number
  maxEventBytes: number
  log: Logger
  counted: { received: (events: number) => void; quarantined: (reason: string) => void }
}

/** Answers one `POST /logs`. Never throws. */
export async function receive(request: IncomingMessage, response: ServerResponse, receiver: Receiver): Promise<void> {
  if (!receiver.authorised(request.headers.authorization)) {
    return refuse(request, response, 401, 'unauthorized', 'the Authorization header is none of INGEST_TOKENS')
  }
  const unavailable = receiver.unavailable()
  if (unavailable) return refuse(request, response, 503, 'unavailable', unavailable)
  let bytes = 0
  const arrived = (count: number) => {
    bytes += count
    receiver.inFlight.bytes += count
  }
  try {
    const body = await readBody(request, receiver.maxBytes, arrived)
    switch (body.kind) {
      case 'vanished':
        return void response.destroy()
      case 'too_large':
        return refuse(
          request,
          response,
          413,
          'too_large',
          `the body is larger than ${receiver.maxBytes} bytes (INGEST_MAX_BYTES)`,
        )
      case 'unknown_encoding':
        return refuse(
          request,
          response,
          415,
          'unsupported_encoding',
          `Content-Encoding ${body.encoding}: send gzip, deflate, br or none`,
        )
      case 'broken_encoding': {
        const letters = setAside('bad_encoding', body.bytes, body.problem)
        await receiver.quarantine(letters)
        receiver.counted.quarantined('bad_encoding')
        return answer(response, 200, { accepted: 0, quarantined: 1 })
      }
      case 'whole': {
        arrived(Math.max(0, body.bytes.length - bytes))
        return answer(response, 200, await storeBody(body.bytes, request.headers.traceparent, receiver))
      }
    }
  } catch (error) {
    receiver.log.warn({ error: errorText(error) }, 'a body was not acknowledged by Kafka; answered 503, Auth0 will send it again')
    refuse(request, response, 503, 'unavailable', 'Kafka did not acknowledge the events: send them again')
  } finally {
    receiver.inFlight.bytes -= bytes
  }
}

/** Splits a body and stores what is in it; resolves after all is acknowledged. */
async function storeBody(
  body: Buffer,
  traceparent: string | string[] | undefined,
  receiver: Receiver,
): Promise<{ accepted: number; quarantined: number }> {
  const { events, unusable } = split(body)
  const letters: DeadLetter[][] = unusable.map(({ reason, bytes }) => setAside(reason, bytes, PROBLEMS[reason]))
  const records: OutRecord[] = []
  const sources = new Map<OutRecord, SplitEvent>()
  for (const event of events) {
    const value = receiver.redact ? receiver.redact(event.value) : event.value
    const record = { key: event.id, value: value ?? null, headers: headersOf(event.type, traceparent) }
    const limit = receiver.maxEventBytes
    if (value === undefined || value.length > limit || recordBytes(record) > limit + RECORD_ALLOWANCE) {
      letters.push(
        setAside(
          'event_too_large',
          keptOf(event, record.value),
          `the event is larger than ${limit} bytes (MAX_EVENT_BYTES)`,
          event.id,
        ),
      )
      continue
    }
    records.push(record)
    sources.set(record, event)
  }
  const refused = records.length > 0 ? await receiver.store(records) : []
  for (const record of refused) {
    const event = sources.get(record)!
    letters.push(setAside('refused_by_kafka', keptOf(event, record.value), 'Kafka will never take this record', event.id))
  }
  if (letters.length > 0) {
    await receiver.quarantine(letters.flat())
    for (const [{ reason }] of letters) receiver.counted.quarantined(reason)
  }
  const accepted = records.length - refused.length
  receiver.counted.received(accepted)
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
function setAside(reason: string, bytes: Buffer, error: string, id?: Buffer): DeadLetter[] {
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

function headersOf(type: Buffer, traceparent: string | string[] | undefined): Map<Buffer, Buffer> {
  const name = type.toString()
  if (typeof traceparent === 'string') return toHeaders({ source: 'webhook', type: name, traceparent })
  let headers = headerMaps.get(name)
  if (!headers) {
    headers = toHeaders({ source: 'webhook', type: name })
    if (headerMaps.size < HEADERS_KEPT) headerMaps.set(name, headers)
  }
  return headers
}

function answer(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers })
  response.end(text)
}

/** An error answer. The rest of a body that nobody reads ends with the connection. */
export function refuse(request: IncomingMessage, response: ServerResponse, status: number, error: string, message: string): void {
  const unread = !request.complete
  answer(
    response,
    status,
    { error, message },
    {
      ...(status === 503 ? { 'retry-after': String(RETRY_AFTER_S) } : {}),
      ...(status === 405 ? { allow: 'POST' } : {}),
      ...(unread ? { connection: 'close' } : {}),
    },
  )
  if (unread) response.once('finish', () => setTimeout(() => request.destroy(), 500).unref())
}
