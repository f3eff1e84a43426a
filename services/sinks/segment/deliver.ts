// POST /v1/batch: one attempt. The official SDK is not on this path: its own queue, parse and three stringify calls cost 77 µs of
// CPU an event (3.5 times what the whole sink may take), it tries again by itself and measures sizes wrongly (README, "Segment").
// A test holds our body against the SDK's for the same event.
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Settings } from '../../platform/settings.ts'
import type { Connection } from '../runtime/contract.ts'
import { outcomeOfError, outcomeOfStatus } from '../runtime/outcome.ts'
import type { TrackCall } from './encode.ts'
import type { fields } from './fields.ts'

const COMMA = 0x2c
const CLOSE_OBJECT = 0x7d
const CHECK_MS = 10_000
/** Of an answer, for messages. */
const MAX_ANSWER = 1_000
/** Never tried again by the vendor's rules though 5xx: https://segment.com/docs/connections/sources/catalog/libraries/server/node/ */
const NOT_AGAIN = new Set([501, 505, 511])
/** Tried again by the vendor's rules though 4xx. */
const AGAIN = new Set([410, 460])

type Answer = { status: number; text: string; retryAfter: string | undefined }

export async function connect(settings: Settings<typeof fields>): Promise<Connection<TrackCall>> {
  const url = new URL('/v1/batch', settings.host)
  const tls = url.protocol === 'https:'
  const agent = tls ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const headers = {
    'content-type': 'application/json',
    authorization: `Basic ${Buffer.from(`${settings.writeKey}:`).toString('base64')}`,
    'user-agent': 'auth0-log-pipeline',
  }

  function post(body: Buffer, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const send = tls ? httpsRequest : httpRequest
      const options = { method: 'POST', agent, signal, headers: { ...headers, 'content-length': body.length } }
      const request = send(url, options, (response: IncomingMessage) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          if (text.length < MAX_ANSWER) text += chunk
        })
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text, retryAfter: response.headers['retry-after'] }))
      })
      request.on('error', reject)
      request.end(body)
    })
  }

  return {
    async deliver(items, signal) {
      try {
        const { status, text, retryAfter } = await post(bodyOf(settings.writeKey, items), signal)
        if (AGAIN.has(status)) return { kind: 'retry', reason: `http_${status}`, message: text }
        if (NOT_AGAIN.has(status)) return { kind: 'hold', reason: `http_${status}`, message: text }
        return outcomeOfStatus(status, text || `HTTP ${status}`, retryAfter)
      } catch (error) {
        return outcomeOfError(error)
      }
    },
    /** Segment has no call that tells whether a write key is right; an empty batch tells that the address answers. */
    async check() {
      const { status, text } = await post(bodyOf(settings.writeKey, []), AbortSignal.timeout(CHECK_MS))
      if (status === 401 || status === 403 || status === 404)
        throw new Error(`${url.origin} answered ${status}: check SEGMENT_KEY and SEGMENT_HOST (${text})`)
    },
    close: async () => agent.destroy(),
  }
}

/** `{"writeKey":…,"sentAt":…,"batch":[…]}` in one buffer of the right size: each event's bytes are copied once. */
function bodyOf(writeKey: string, items: TrackCall[]): Buffer {
  const open = `{"writeKey":${JSON.stringify(writeKey)},"sentAt":"${new Date().toISOString()}","batch":[`
  const size = items.reduce(
    (sum, { head, properties }) => sum + Buffer.byteLength(head) + properties.length + 2,
    Buffer.byteLength(open) + 2,
  )
  const body = Buffer.allocUnsafe(size)
  let at = body.write(open)
  for (const [i, { head, properties }] of items.entries()) {
    if (i > 0) body[at++] = COMMA
    at += body.write(head, at)
    at += properties.copy(body, at)
    body[at++] = CLOSE_OBJECT
  }
  at += body.write(']}', at)
  return body.subarray(0, at)
}
