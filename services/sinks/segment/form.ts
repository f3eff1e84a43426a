// How Segment's own library writes a batch of `track` calls, learnt from it at connect: each delivery fills that form with events.
// The library decides URL, headers, envelope and every byte around an event's own values, so a new version of it changes what is
// sent. Its own queue is left out, for it costs four times the CPU of the whole sink; an event's bytes stay as they are, where the
// library would round numbers and drop repeated names.
import { randomUUID } from 'node:crypto'
import { Analytics, type HTTPClientRequest } from '@segment/analytics-node'
import type { Settings } from '../../platform/settings.ts'
import { ENVELOPE_BYTES, type fields, FORM_BYTES } from './settings.ts'

/**
 * What a delivery fills the form of this shape with. `values` are JSON: event, messageId, timestamp, userId or anonymousId, ip,
 * userAgent; empty where the shape has none. `bytes`: with the form around them, never less than what is sent.
 */
export type TrackCall = { shape: number; values: readonly string[]; properties: Buffer; bytes: number }

export type Form = Pick<HTTPClientRequest, 'url' | 'method' | 'headers'> & {
  /** The body of a request with these calls: UTF-8 JSON in one buffer, each event's bytes copied once. */
  body: (calls: readonly TrackCall[], now?: Date) => Buffer
}

/** The shapes of a call: with a userId or an anonymousId, with or without address, with or without user agent. */
const SHAPES = 8
export const shapeOf = (named: boolean, ip: boolean, userAgent: boolean) => (named ? 4 : 0) + (ip ? 2 : 0) + (userAgent ? 1 : 0)

/** Of a call, as its `values` stand in TrackCall; the properties come from its bytes. */
const SLOTS = ['event', 'messageId', 'timestamp', 'who', 'ip', 'userAgent', 'properties'] as const
const PROPERTIES = SLOTS.indexOf('properties')
/** No event happens then: the one value that the library takes only as a Date. */
const MARKED_TIME = new Date('9999-12-31T23:59:59.987Z')
const WRITE_MS = 5_000

/** Text, then a value, then text …: `slots[i]` stands behind `texts[i]`, one text more than slots. */
type Template = { texts: string[]; slots: number[] }

/** @throws where the library writes what cannot be filled, or nothing within 5 s */
export async function writeForm({ writeKey, host }: Pick<Settings<typeof fields>, 'writeKey' | 'host'>): Promise<Form> {
  // Nobody can have an event, a key or a version of the library that holds it: it is made now.
  const marker = randomUUID()
  const { url, method, headers, body } = await written(writeKey, host, marker)
  const { batch, sentAt } = JSON.parse(body) as { batch?: unknown; sentAt?: unknown }
  if (!Array.isArray(batch) || batch.length !== SHAPES || typeof sentAt !== 'string') throw notUnderstood('its envelope')
  const elements = batch.map((element) => JSON.stringify(element))
  const [open, close, ...others] = body.split(elements.join(','))
  if (close === undefined || others.length > 0) throw notUnderstood('its batch')
  const envelope = template(`${open}\n${close}`, [JSON.stringify(sentAt)])
  const shapes = elements.map((element, shape) => template(element, marksOf(marker, shape)))
  if (bytesOf(envelope) > ENVELOPE_BYTES + Buffer.byteLength(writeKey)) throw notUnderstood('its envelope, which has grown')
  if (shapes.some((shape) => bytesOf(shape) > FORM_BYTES)) throw notUnderstood('its calls, which have grown')
  return { url, method, headers, body: (calls, now = new Date()) => fill(envelope, shapes, calls, now) }
}

/** The one request with a marked call of each shape. */
async function written(writeKey: string, host: string, marker: string): Promise<HTTPClientRequest> {
  const request = Promise.withResolvers<HTTPClientRequest>()
  const library = new Analytics({
    writeKey,
    host,
    maxRetries: 0,
    flushAt: SHAPES,
    httpClient: {
      async makeRequest(asked) {
        request.resolve(asked)
        return { status: 200, statusText: 'OK' }
      },
    },
  })
  for (let shape = 0; shape < SHAPES; shape++) {
    const mark = (slot: (typeof SLOTS)[number]) => markOf(marker, slot)
    library.track({
      event: mark('event'),
      messageId: mark('messageId'),
      timestamp: MARKED_TIME,
      ...(shape & 4 ? { userId: mark('who') } : { anonymousId: mark('who') }),
      context: { ...(shape & 2 ? { ip: mark('ip') } : {}), ...(shape & 1 ? { userAgent: mark('userAgent') } : {}) },
      properties: { [mark('properties')]: 0 },
    })
  }
  const late = setTimeout(() => request.reject(notUnderstood(`nothing within ${WRITE_MS} ms`)), WRITE_MS)
  try {
    return await request.promise
  } finally {
    clearTimeout(late)
    await library.closeAndFlush({ timeout: WRITE_MS })
  }
}

const markOf = (marker: string, slot: (typeof SLOTS)[number]) => `${slot}:${marker}`

/** The marked values of a shape as JSON, by slot; undefined where the shape has none. */
function marksOf(marker: string, shape: number): (string | undefined)[] {
  return SLOTS.map((slot) => {
    if (slot === 'timestamp') return JSON.stringify(MARKED_TIME)
    if (slot === 'properties') return JSON.stringify({ [markOf(marker, slot)]: 0 })
    if ((slot === 'ip' && !(shape & 2)) || (slot === 'userAgent' && !(shape & 1))) return undefined
    return JSON.stringify(markOf(marker, slot))
  })
}

/** @param marks stand in the text once each, in any order */
function template(text: string, marks: readonly (string | undefined)[]): Template {
  const places = marks.flatMap((mark, slot) => {
    if (mark === undefined) return []
    const at = text.indexOf(mark)
    if (at < 0 || text.includes(mark, at + 1)) throw notUnderstood(`${SLOTS[slot]} once`)
    return [{ slot, at, end: at + mark.length }]
  })
  places.sort((a, b) => a.at - b.at)
  const texts = [...places, undefined].map((place, n) => text.slice(n === 0 ? 0 : places[n - 1].end, place?.at))
  return { texts, slots: places.map(({ slot }) => slot) }
}

const bytesOf = ({ texts }: Template) => texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)

function fill(envelope: Template, shapes: readonly Template[], calls: readonly TrackCall[], now: Date): Buffer {
  const [open, close] = envelope.texts.join(JSON.stringify(now)).split('\n')
  let size = Buffer.byteLength(open) + Buffer.byteLength(close)
  for (const { bytes } of calls) size += bytes
  const body = Buffer.allocUnsafe(size)
  let at = body.write(open)
  let between = ''
  for (const { shape, values, properties } of calls) {
    const { texts, slots } = shapes[shape]
    let text = between + texts[0]
    for (let n = 0; n < slots.length; n++) {
      if (slots[n] === PROPERTIES) {
        at += body.write(text, at)
        at += properties.copy(body, at)
        text = texts[n + 1]
      } else text += values[slots[n]] + texts[n + 1]
    }
    at += body.write(text, at)
    between = ','
  }
  at += body.write(close, at)
  return body.subarray(0, at)
}

const notUnderstood = (what: string) =>
  new Error(`@segment/analytics-node writes a form that this sink cannot fill (${what}): use the version of package.json`)
