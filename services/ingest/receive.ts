// The way of a webhook body: authorise, read, split, produce, and 200 only after the acknowledgement. What cannot be an event is kept
// as raw bytes and answered 200 too: Auth0 would repeat a refused body for days.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { MAX_PARTS, partsOf } from '../events/split.ts'
import type { Logger } from '../platform/logger.ts'
import { traceparentOf } from '../platform/traces.ts'
import { KafkaAway, Refused } from '../topics/produce.ts'
import { type Body, readBody } from './body.ts'
import type { RefusalReason } from './metrics.ts'
import type { Room, Seat } from './room.ts'
import { type Origin, setAsideBody, type Store, storeEvents } from './store.ts'

/** Whole seconds that a sender is asked to wait. */
const RETRY_AFTER_S = 2
/** What of a body becomes records at once: the rest waits as bytes, and other bodies go between. */
const SLICE = { parts: 2_000, bytes: 8 * 1024 * 1024 }

export type Receiver = Store & {
  authorised: (header: string | undefined) => boolean
  /** Why nothing can be taken now, if so. */
  unavailable: () => string | undefined
  room: Room
  maxBytes: number
  /** Told of each body that is not taken. */
  refused?: (reason: RefusalReason) => void
  log: Logger
}

/** Answers one `POST /logs`. Never throws. */
export async function receive(request: IncomingMessage, response: ServerResponse, receiver: Receiver): Promise<void> {
  if (!receiver.authorised(request.headers.authorization)) {
    return refuserOf(request, response, receiver)(401, 'unauthorized', 'the Authorization header is none of INGEST_TOKENS')
  }
  const traceparent = traceparentOf(request.headers.traceparent)
  const span = receiver.spans?.request(traceparent)
  await accept(request, response, { source: 'webhook', traceparent: span ? span.traceparent : traceparent }, receiver)
  const { statusCode, writableEnded } = response
  if (writableEnded) span?.end({ 'http.response.status_code': statusCode }, statusCode >= 500 ? String(statusCode) : undefined)
  else span?.end({}, 'sender_gone')
}

/** Refuses this request, and counts why. */
const refuserOf =
  (request: IncomingMessage, response: ServerResponse, { refused }: Receiver) =>
  (status: number, reason: RefusalReason, message: string) => {
    refused?.(reason)
    refuse(request, response, status, reason, message)
  }

async function accept(request: IncomingMessage, response: ServerResponse, origin: Origin, receiver: Receiver): Promise<void> {
  const refused = refuserOf(request, response, receiver)
  const unavailable = receiver.unavailable()
  if (unavailable) return refused(503, 'unavailable', unavailable)
  let seat: Seat | undefined
  try {
    const read = await readBody(request, receiver.maxBytes, receiver.room)
    seat = read.seat
    if (read.body.kind === 'vanished') return void response.destroy()
    const result = await take(read.body, seat, origin, receiver)
    if (Array.isArray(result)) refused(...result)
    else answer(response, 200, result)
  } catch (error) {
    if (error instanceof KafkaAway || error instanceof Refused) {
      receiver.log.warn({ error: error.message }, 'a body was not acknowledged by Kafka; answered 503, Auth0 will retry it')
      refused(503, 'unavailable', `${error.message}; send the events again`)
    } else {
      receiver.log.error({ error: error instanceof Error ? error.stack : String(error) }, BUG)
      refused(500, 'internal', 'the ingest failed at this body, see its log; it may be sent again')
    }
  } finally {
    seat?.leave()
  }
}

const BUG = 'a fault of the ingest itself: this body was answered 500 and Auth0 will send it again; please report the stack'

type Refusal = [status: number, reason: RefusalReason, message: string]

/** Stores what was read. Answers the counts, or how the body is refused. */
async function take(
  body: Body,
  seat: Seat,
  origin: Origin,
  receiver: Receiver,
): Promise<{ accepted: number; quarantined: number } | Refusal> {
  switch (body.kind) {
    case 'whole': {
      const parts = partsOf(body.bytes)
      if (parts.tooMany) return [413, 'too_many_events', `the body holds more than ${MAX_PARTS} events: send fewer at a time`]
      if (!seat.reserve(parts.bytes)) return [503, 'unavailable', NO_ROOM]
      const total = { accepted: 0, quarantined: 0 }
      for (const slice of parts.slices(SLICE.parts, SLICE.bytes)) {
        const { accepted, quarantined } = await storeEvents(slice, origin, receiver)
        total.accepted += accepted
        total.quarantined += quarantined
      }
      body.done?.()
      return total
    }
    case 'broken_encoding':
      await setAsideBody(body.bytes, body.problem, receiver)
      return { accepted: 0, quarantined: 1 }
    case 'unknown_encoding':
      return [415, 'unsupported_encoding', `Content-Encoding ${body.encoding}: send gzip, deflate, br or none`]
    case 'too_large':
      return [413, 'too_large', `the body is larger than ${receiver.maxBytes} bytes (INGEST_MAX_BYTES)`]
    case 'too_slow':
      return [408, 'too_slow', 'the body came too slowly: send it again']
    default:
      return [503, 'unavailable', NO_ROOM]
  }
}

const NO_ROOM = 'too many bytes wait for Kafka (INGEST_HIGH_WATER_BYTES): send the events again'

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
