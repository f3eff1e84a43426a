// What comes to pages by itself, as server-sent events: events of the topic, and news of the services. A page that does not keep up loses
// frames and is told how many lines were in them: what waits for it is bounded.
// Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
import type { FilterRules } from '../events/filter.ts'
import { LEVELS } from '../events/types.ts'
import type { Request, Response } from '../platform/http.ts'
import { Answer, notForViewers, queryInteger, queryText, type Route } from './route.ts'
import type { Asker } from './users.ts'

/** What may wait for one page, bytes, beside what the sockets of both ends hold. */
export const MOST_WAITING = 256 * 1024
/** Under the 30 s after which impatient balancers cut a silent connection. */
const BEAT_MS = 15_000
/** A page that has taken nothing of what waits for it for so many beats is cut. */
const MOST_SILENT_BEATS = 4
/** How soon a stream ends whose session has ended. */
const SWEEP_MS = 1_000
const MOST_STREAMS = 500
/** A tab of the page has two at most, and people leave tabs open. */
const MOST_A_USER = 40
const MOST_TYPES = 50
const MOST_TYPE_LENGTH = 64
/** Characters of a text that is looked for; different ones at a time, of all pages. */
const TEXT_LENGTH = { least: 2, most: 500 }
const MOST_TEXTS = 20

export type Stream = {
  /** @param lines how many lines are lost with this frame where it cannot be sent */
  send: (frame: Buffer, lines: number) => void
  onClose: (then: () => void) => void
}

/** Which events a live page shows. */
export type LiveFilter = {
  /** Type codes; empty for all. */
  types: readonly string[]
  /** Minimum level. */
  level: number
  unmasked: boolean
  /** What some value must hold, also one that is masked; empty for all. */
  text?: string
  /** Only what passes this sink's filter. */
  sink?: FilterRules
}

export type Streams = {
  /** @throws Answer 429 where the user has too many, 503 where all have */
  open: (request: Request, response: Response, asker: Asker) => Stream
  /** Ends those whose session has ended. */
  sweep: () => void
  count: () => number
  close: () => void
}

export const frame = (event: string, data: unknown): Buffer => Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)

/** @param mayStay whether a stream of this asker goes on: false once its session has ended or was logged out */
export function createStreams(mayStay: (asker: Asker) => boolean): Streams {
  const open = new Map<Response, { asker: Asker; silentBeats: number }>()

  function sweep(): void {
    for (const [response, { asker }] of open) if (!mayStay(asker)) response.end()
  }
  function beat(): void {
    for (const [response, page] of open) {
      page.silentBeats = response.writableLength === 0 ? 0 : page.silentBeats + 1
      if (page.silentBeats > MOST_SILENT_BEATS) response.destroy()
      else if (page.silentBeats === 0) response.write(': \n\n')
    }
  }
  const timers = [setInterval(beat, BEAT_MS), setInterval(sweep, SWEEP_MS)]
  timers.forEach((timer) => timer.unref())

  return {
    open(request, response, asker) {
      const own = open.values().reduce((sum, page) => sum + (page.asker.user.name === asker.user.name ? 1 : 0), 0)
      if (own >= MOST_A_USER)
        throw new Answer(429, 'too_many_pages', `you have ${own} live pages open already: close some`, { headers: RETRY })
      if (open.size >= MOST_STREAMS)
        throw new Answer(503, 'too_many_pages', `${MOST_STREAMS} live pages are open already: close some`, { headers: RETRY })
      open.set(response, { asker, silentBeats: 0 })
      response.once('close', () => open.delete(response))
      request.socket.setNoDelay(true)
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      response.write('retry: 2000\n\n')
      let lost = 0
      return {
        send(bytes, lines) {
          if (response.writableEnded) return
          // A frame alone may be larger: all pages hold the same bytes.
          if (response.writableLength > 0 && response.writableLength + bytes.length > MOST_WAITING) {
            lost += lines
            return
          }
          if (lost > 0) response.write(frame('lost', { lines: lost }))
          lost = 0
          response.write(bytes)
        },
        onClose: (then) => void response.once('close', then),
      }
    },
    sweep,
    count: () => open.size,
    close() {
      timers.forEach((timer) => clearInterval(timer))
      for (const response of open.keys()) response.end()
    },
  }
}
const RETRY = { 'retry-after': '10' }

export function streamRoutes(options: {
  streams: Streams
  live: { join: (stream: Stream, filter: LiveFilter) => void; texts: () => number }
  /** Whoever joins is told the status and every run and audit record from now on. */
  joinUpdates: (stream: Stream) => void
  /** What a sink's filter lets through now. @throws Refusal for an unknown sink, Answer 503 where Kafka has not told yet */
  rulesOf: (sink: string) => FilterRules
  /** Puts on record that somebody looks at personal data. */
  recordUnmasked: (asker: Asker) => Promise<void>
}): Route[] {
  const { streams, live, joinUpdates, rulesOf, recordUnmasked } = options
  return [
    {
      method: 'get',
      path: '/api/live',
      summary:
        'Events as they arrive, as server-sent events: `events` {events, left_out}, `lost` {lines} where the page is too slow, `following`, `away`. Personal data is masked unless an operator asks otherwise, which is on record',
      access: 'viewer',
      query: {
        type: { type: 'string', description: 'Type codes, comma-separated; all where left out' },
        level: {
          type: 'integer',
          minimum: 0,
          maximum: LEVELS.length - 1,
          default: 0,
          description: `Minimum level: ${LEVELS.join(', ')}`,
        },
        text: { type: 'string', description: 'What some value must hold, in upper or lower case, also one that is masked' },
        sink: { type: 'string', description: "Only what passes this sink's filter" },
        unmasked: { enum: ['true', 'false'] },
      },
      async handle(request, response, asker) {
        const types = typesOf(request)
        const level = queryInteger(request, 'level', 0, 0, LEVELS.length - 1)
        const text = textOf(request, live.texts)
        const sink = queryText(request, 'sink')
        const rules = sink === '' ? undefined : rulesOf(sink)
        const unmasked = queryText(request, 'unmasked', ['true', 'false']) === 'true'
        if (unmasked) {
          if (asker.user.role !== 'operator') throw notForViewers()
          await recordUnmasked(asker)
        }
        live.join(streams.open(request, response, asker), { types, level, text, sink: rules, unmasked })
      },
    },
    {
      method: 'get',
      path: '/api/updates',
      summary: 'News, as server-sent events: `status` as GET /api/status answers it, `run` and `audit` for every new one',
      access: 'viewer',
      handle(request, response, asker) {
        const stream = streams.open(request, response, asker)
        stream.send(frame('hello', {}), 0)
        joinUpdates(stream)
      },
    },
  ]
}

/** @throws Answer 400 */
function typesOf(request: Request): string[] {
  const types = queryText(request, 'type')
    .split(',')
    .map((code) => code.trim())
    .filter(Boolean)
  const problem =
    types.length > MOST_TYPES
      ? `names more than ${MOST_TYPES} codes`
      : types.some((code) => code.length > MOST_TYPE_LENGTH)
        ? `has a code of more than ${MOST_TYPE_LENGTH} characters`
        : ''
  if (problem !== '') throw new Answer(400, 'wrong_use', `type ${problem}`, { more: { field: 'type' } })
  return [...new Set(types)].toSorted()
}

/** @throws Answer 400 for one that is too short or too long, 429 where too many are looked for */
function textOf(request: Request, texts: () => number): string {
  const text = queryText(request, 'text').trim()
  if (text === '') return ''
  if (text.length < TEXT_LENGTH.least || text.length > TEXT_LENGTH.most) {
    const message = `text must have ${TEXT_LENGTH.least} to ${TEXT_LENGTH.most} characters`
    throw new Answer(400, 'wrong_use', message, { more: { field: 'text' } })
  }
  if (texts() >= MOST_TEXTS) {
    const message = `${MOST_TEXTS} live pages look for a text already: close some, or use Find`
    throw new Answer(429, 'too_many_pages', message, { headers: RETRY })
  }
  return text
}
