// A stand-in for Segment's HTTP Tracking API: 200 for nearly everything, and the silence about what it throws away.
// API: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
import { httpFaults } from '../../../sandbox/faults.ts'
import { createRecorder, type ReceivedEvent, type Recorder } from '../../../sandbox/received.ts'
import { createDedupe, type Dedupe } from './dedupe.ts'
import { BATCH_BYTES_LIMIT, discardReason, EVENT_BYTES_LIMIT } from './batch.ts'
import { readBatchBody, readTrackBody, type SegmentEvent } from './body.ts'
import type { StandIn, StandInOptions } from '../../../sandbox/stand-in.ts'
import { type Answer, type Call, isObject, serveVendor } from '../../../sandbox/vendor-http.ts'

export type SegmentOptions = StandInOptions & {
  /** The workspace's key. Events with another one vanish behind a 200, as at the vendor; any is good when not given. */
  writeKey?: string
}

const SUCCESS: Answer = { status: 200, body: { success: true } }
const failure = (status: number, code: string, message: string): Answer => ({ status, body: { success: false, code, message } })

const faultAnswers = {
  429: { ...failure(429, 'rate_limited', 'Too Many Requests'), headers: { 'retry-after': '1' } },
  500: failure(500, 'internal_error', 'Internal Server Error'),
  503: failure(503, 'unavailable', 'Service Unavailable'),
  401: failure(401, 'unauthorized', 'Unauthorized'),
  403: failure(403, 'forbidden', 'Forbidden'),
}

/** Starts Segment on 127.0.0.1: `POST /v1/batch` and `/v1/track`. An event's id is its messageId, its text the name of the event. */
export async function start(options: SegmentOptions = {}): Promise<StandIn> {
  const recorder = createRecorder(options)
  const seen = createDedupe()
  return serveVendor(
    {
      name: 'segment',
      faults: httpFaults,
      contentType: 'application/json',
      answer: (call) => answerCall(call, options.writeKey, recorder, seen),
      refuse: (fault) => faultAnswers[fault],
      forget: seen.clear,
    },
    recorder,
    options,
  )
}

function answerCall(call: Call, writeKey: string | undefined, recorder: Recorder, seen: Dedupe): Answer {
  const { request, body, rejects } = call
  const path = new URL(request.url ?? '/', 'http://segment').pathname
  const isBatch = path === '/v1/batch'
  if (!isBatch && path !== '/v1/track') return failure(404, 'not_found', 'Not Found')
  if (request.method !== 'POST') return failure(405, 'method_not_allowed', 'Method Not Allowed')
  if (body.length > (isBatch ? BATCH_BYTES_LIMIT : EVENT_BYTES_LIMIT)) {
    recorder.count('rejected')
    return failure(400, 'invalid_request', 'Exceeded payload limit')
  }
  const read = isBatch ? readBatchBody(body) : readTrackBody(body)
  const events = read?.events
  if (!events) {
    recorder.count('rejected')
    return failure(400, 'invalid_request', 'Malformed JSON')
  }
  const key = basicUser(call) || read.writeKey
  if (!key) return failure(401, 'unauthorized', 'No write key')
  if (rejects(() => events.map((event) => ({ ...received(body, event), text: body.toString('utf8', event.start, event.end) })))) {
    return failure(400, 'invalid_request', 'The stand-in was told to reject these events')
  }
  const now = Date.now()
  const isForeign = writeKey !== undefined && key !== writeKey
  for (const [index, event] of events.entries()) {
    const why = isForeign ? 'wrong_write_key' : discardReason(event, index)
    if (why !== undefined) recorder.refuse(received(body, event), 'discarded', why)
    else if (event.messageId && !seen.isNew(event.messageId, now)) recorder.refuse(received(body, event), 'deduplicated')
    else {
      recorder.take(
        event.end - event.start,
        () => event.messageId ?? '',
        () => received(body, event),
      )
    }
  }
  return SUCCESS
}

/** The write key as user name of HTTP Basic; empty when there is none. */
function basicUser({ request }: Call): string {
  const basic = /^Basic\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  return basic ? Buffer.from(basic, 'base64').toString().split(':')[0] : ''
}

/** Its fields are parsed by who looks at them: few do. */
function received(body: Buffer, { start, end, ...event }: SegmentEvent): ReceivedEvent {
  return {
    id: event.messageId ?? '',
    time: event.timestamp === undefined ? Number.NaN : Date.parse(event.timestamp),
    text: event.event ?? event.type ?? '',
    get fields() {
      const value: unknown = JSON.parse(body.toString('utf8', start, end))
      return isObject(value) ? value : {}
    },
  }
}
