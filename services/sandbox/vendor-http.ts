// A vendor that speaks HTTP: reads each call, shows the fault of the hour, else lets the vendor answer.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { createApp, listen } from '../platform/http.ts'
import { sleep } from '../platform/lifecycle.ts'
import { createFaults, type Fault, type FaultName, type Faults, isMeant, type StatusFault } from './faults.ts'
import type { ReceivedEvent, Recorder } from './received.ts'
import { HOST, type StandIn, type StandInOptions, standIn } from './stand-in.ts'

/** More than any vendor's limit in its most wasteful JSON form: beyond it the connection is not worth reading. */
const BODY_LIMIT = 16 * 1024 * 1024
/** Longer than any client keeps an idle connection, so that a client never writes into one that is just being closed. */
const KEEP_ALIVE_MS = 120_000
const DRAIN_MS = 100
const SLOW_MS = 1_000

const statusFaults = ['429', '500', '503', '401', '403'] as const
const callFaults = [...statusFaults, 'hang', 'reset', 'slow', 'answer'] as const

export type Answer = { status: number; headers?: Record<string, string>; body: string | object }

export type Call = {
  request: IncomingMessage
  body: Buffer
  /** Whether the fault `reject` refuses a call with these events. */
  rejects: (events: () => ReceivedEvent[]) => boolean
  faults: Faults
}

export type Vendor = {
  name: string
  faults: readonly FaultName[]
  contentType: string
  answer: (call: Call) => Answer
  /** How the vendor words a fault. */
  refuse: (fault: StatusFault) => Answer
  /** Milliseconds from a request to its answer, the work itself not counted; 0 when not given. */
  latencyMs?: () => number
  /** Forgets what the vendor remembers of earlier calls. */
  forget?: () => void
}

export async function serveVendor(vendor: Vendor, recorder: Recorder, options: StandInOptions): Promise<StandIn> {
  const hanging = new Set<Socket>()
  /** Connections that have been answered. */
  const answered = new WeakSet<Socket>()
  const closing = new AbortController()
  const faults = createFaults(vendor.name, vendor.faults, (fault) => {
    if (fault !== undefined) return
    for (const socket of hanging) socket.destroy()
    hanging.clear()
  })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    recorder.received.requests++
    const body = await readBody(request)
    if (body === undefined) {
      return send(response, { status: 413, headers: { connection: 'close' }, body: 'request body too large' })
    }
    const meant = ({ only, reused, overBytes }: Fault) =>
      (only === undefined || request.url?.startsWith(only) === true) &&
      (!reused || answered.has(request.socket)) &&
      body.length > (overBytes ?? -1)
    const fault = faults.take(callFaults, meant)
    answered.add(request.socket)
    if (fault) recorder.count('faults')
    if (fault?.fault === 'reset') return void request.socket.resetAndDestroy()
    if (fault?.fault === 'hang') return void hanging.add(request.socket)
    if (fault?.fault === 'answer') return answerWith(response, fault)
    if (fault?.fault === 'slow') await sleep(fault.ms ?? SLOW_MS, closing.signal)
    else if (fault) return send(response, refusal(vendor.refuse(fault.fault as StatusFault), fault))
    const rejects: Call['rejects'] = (events) => {
      const meant = (fault: Fault) => events().some((event) => isMeant(fault, event))
      const rejected = faults.current?.fault === 'reject' && faults.take(['reject'], meant) !== undefined
      if (rejected) recorder.count('faults')
      return rejected
    }
    const answer = vendor.answer({ request, body, rejects, faults })
    const latencyMs = vendor.latencyMs?.() ?? 0
    if (latencyMs > 0) await sleep(latencyMs, closing.signal)
    send(response, answer)
  }

  function send(response: ServerResponse, { status, headers, body }: Answer): void {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    response.writeHead(status, {
      'content-type': typeof body === 'string' ? 'text/plain' : vendor.contentType,
      ...(status !== 204 && { 'content-length': Buffer.byteLength(text) }),
      ...headers,
    })
    response.end(text)
  }

  const app = createApp()
  app.use((request, response) => serve(request, response))
  const { host = HOST } = options
  const listening = await listen(app, { port: options.port ?? 0, host, drainMs: DRAIN_MS })
  const { port } = listening
  listening.server.keepAliveTimeout = KEEP_ALIVE_MS
  const close = () => {
    closing.abort()
    return listening.close()
  }
  return standIn(vendor.name, { host, port, origin: `http://${host}:${port}`, close }, recorder, faults, vendor.forget)
}

/** As whatever stands between a sender and the vendor: the body in pieces, as far as anybody reads it. */
function answerWith(response: ServerResponse, { status = 200, headers, body = '', bodyBytes }: Fault): void {
  const piece = Buffer.from(body)
  const length = piece.length === 0 ? 0 : (bodyBytes ?? piece.length)
  response.writeHead(status, { 'content-type': 'text/html', ...(status !== 204 && { 'content-length': length }), ...headers })
  function* pieces() {
    for (let left = length; left > 0; left -= piece.length) yield piece.subarray(0, left)
  }
  Readable.from(pieces(), { objectMode: false })
    .on('error', () => {})
    .pipe(response)
}

function refusal(answer: Answer, { retryAfter }: Fault): Answer {
  return retryAfter === undefined ? answer : { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfter) } }
}

/** The whole body; undefined when it is over the limit, without reading on, or when the sender has gone away. */
function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes > BODY_LIMIT) {
        request.pause()
        resolve(undefined)
      }
    })
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
    request.on('error', () => resolve(undefined))
    request.on('close', () => resolve(undefined))
  })
}

/** The body as JSON; undefined when it is none. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
