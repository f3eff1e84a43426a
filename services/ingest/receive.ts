// The way of a webhook body: authorise, read, split, produce, and 200 only after the acknowledgement. What cannot be an event is kept
// as raw bytes and answered 200 too: Auth0 would repeat a refused body for days.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { split } from '../events/split.ts'
import { errorText } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import { readBody } from './body.ts'
import { setAside, type Store, storeEvents } from './store.ts'

/** Whole seconds that a sender is asked to wait. */
const RETRY_AFTER_S = 2
export type Receiver = Store & {
  authorised: (header: string | undefined) => boolean
  /** Why nothing can be taken now, if so. */
  unavailable: () => string | undefined
  /** Bytes received and not yet answered, all requests together. */
  inFlight: { bytes: number }
  maxBytes: number
  log: Logger
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
        const { traceparent } = request.headers
        const origin = { source: 'webhook', ...(typeof traceparent === 'string' ? { traceparent } : {}) } as const
        return answer(response, 200, await storeEvents(split(body.bytes), origin, receiver))
      }
    }
  } catch (error) {
    receiver.log.warn({ error: errorText(error) }, 'a body was not acknowledged by Kafka; answered 503, Auth0 will send it again')
    refuse(request, response, 503, 'unavailable', 'Kafka did not acknowledge the events: send them again')
  } finally {
    receiver.inFlight.bytes -= bytes
  }
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
