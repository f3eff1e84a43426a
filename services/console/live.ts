// Events as they arrive: one tail of the main topic for all live pages together, begun with the first and ended after the last. An event
// is read and written once, masked or not, and all pages that show it share the bytes.
import { createFilter } from '../events/filter.ts'
import { createTextMatch, type TextMatch } from '../events/text-match.ts'
import { typeLevel } from '../events/types.ts'
import { errorText } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { Reading, TopicRecord } from '../topics/read.ts'
import { jsonOf, MOST_TYPE } from './live-event.ts'
import { frame, type LiveFilter, type Stream } from './streams.ts'

/** Pages get what came in the meantime together. */
const TICK_MS = 200
/** Of one tick, for a page: nobody can read more; the rest is counted. */
const MOST_A_PAGE = 50
/** Kept for all pages in a tick: of one type, so that a flood of one leaves room for others; of all, and their bytes. */
const MOST_A_TYPE = MOST_A_PAGE
const MOST_KEPT = 1_000
/** Sent to all pages together in a tick, bytes: more pages get fewer events each, so that the API stays quick beside them. */
const MOST_SENT = 4 * 1024 * 1024
const MOST_BYTES = 2 * 1024 * 1024
const AGAIN_MS = 2_000

/** A record of this tick, and its bytes for masked and unmasked pages once one of them needs them. */
type Arrived = { record: TopicRecord; type: string; masked?: Buffer; open?: Buffer }
type Group = { filter: LiveFilter; fits: (type: string) => boolean; streams: Set<Stream>; found?: Found }
/** What came since the last tick, for pages that look for a text: of a flood it is what they would miss. */
type Found = { add: (event: Arrived) => void; take: () => { events: Arrived[]; leftOut: number } }

export type Live = {
  join: (stream: Stream, filter: LiveFilter) => void
  viewers: () => number
  /** How many different texts are looked for: each costs something for every event. */
  texts: () => number
  close: () => Promise<void>
}

/** @param open begins a tail at the end of the topic */
export function createLive(
  open: (take: (record: TopicRecord) => void, lost: (error: Error) => void) => Promise<Pick<Reading, 'close'>>,
  log: Logger,
): Live {
  const groups = new Map<string, Group>()
  const arrived = createTick()
  let tail: Promise<Pick<Reading, 'close'> | undefined> | undefined
  let timer: NodeJS.Timeout | undefined
  let again: NodeJS.Timeout | undefined

  const viewers = () => groups.values().reduce((sum, { streams }) => sum + streams.size, 0)

  function tick(): void {
    try {
      const { events, leftOut } = arrived.take()
      const share = MOST_SENT / Math.max(1, viewers())
      for (const { filter, fits, streams, found } of groups.values()) {
        const own = found?.take() ?? fittingOf(events, leftOut, fits)
        const shown = newestOf(own.events, filter.unmasked, share)
        const missed = own.events.length - shown.length + own.leftOut
        if (shown.length + missed === 0) continue
        const bytes = eventsFrame(shown, missed)
        for (const stream of streams) stream.send(bytes, shown.length + missed)
      }
    } catch (error) {
      log.error(
        { error: error instanceof Error ? error.stack : error },
        'what arrived just now cannot be shown on the live pages',
      )
    }
  }

  function tell(event: string, data: object): void {
    const bytes = frame(event, data)
    for (const { streams } of groups.values()) for (const stream of streams) stream.send(bytes, 0)
  }

  function take(record: TopicRecord): void {
    const event = { record, type: (record.headers.type ?? '').slice(0, MOST_TYPE) }
    arrived.add(event)
    for (const { fits, found } of groups.values()) if (found && fits(event.type)) found.add(event)
  }

  function begin(): void {
    timer ??= setInterval(tick, TICK_MS)
    tail ??= open(take, broke).then(
      (reading) => {
        tell('following', { since: new Date().toISOString() })
        return reading
      },
      (error: Error) => void broke(error),
    )
  }

  /** A tail that breaks begins anew while somebody looks. */
  function broke(error: Error): void {
    log.warn({ error: errorText(error) }, 'the topic cannot be followed for the live pages; trying again')
    tell('away', { message: 'Kafka does not answer: events are not lost, they are shown from when it does' })
    const broken = tail
    tail = undefined
    void broken?.then((reading) => reading?.close()).catch(() => {})
    again ??= setTimeout(() => {
      again = undefined
      if (viewers() > 0) begin()
    }, AGAIN_MS)
  }

  async function end(): Promise<void> {
    clearInterval(timer)
    clearTimeout(again)
    timer = again = undefined
    const ending = tail
    tail = undefined
    await (await ending?.catch(() => undefined))?.close().catch(() => {})
  }

  return {
    join(stream, filter) {
      const key = JSON.stringify(filter)
      const group = groups.get(key) ?? groupOf(filter)
      groups.set(key, group)
      group.streams.add(stream)
      stream.onClose(() => {
        group.streams.delete(stream)
        if (group.streams.size === 0 && groups.get(key) === group) groups.delete(key)
        if (viewers() === 0) void end()
      })
      const isFirst = tail === undefined
      begin()
      if (!isFirst)
        void tail?.then((reading) => reading && stream.send(frame('following', { since: new Date().toISOString() }), 0))
    },
    viewers,
    texts: () => groups.values().reduce((sum, { found }) => sum + (found ? 1 : 0), 0),
    close: end,
  }
}

function groupOf(filter: LiveFilter): Group {
  const { types, level, text = '', sink } = filter
  const sinks = sink && createFilter(sink)
  const fits = (type: string) => typeLevel(type) >= level && (types.length === 0 || types.includes(type)) && !sinks?.(type)
  return { filter, fits, streams: new Set(), ...(text === '' ? {} : { found: createFound(createTextMatch(text)) }) }
}

function fittingOf(events: readonly Arrived[], leftOut: ReadonlyMap<string, number>, fits: Group['fits']) {
  return {
    events: events.filter(({ type }) => fits(type)),
    leftOut: leftOut.entries().reduce((sum, [type, count]) => sum + (fits(type) ? count : 0), 0),
  }
}

function createFound(matches: TextMatch): Found {
  let events: Arrived[] = []
  let leftOut = 0
  return {
    add(event) {
      if (!matches(event.record.value, event.record.key)) return
      events.push(event)
      if (events.length > MOST_A_PAGE) leftOut += events.splice(0, 1).length
    },
    take() {
      const taken = { events, leftOut }
      events = []
      leftOut = 0
      return taken
    },
  }
}

/** What arrives between two ticks: a bounded number of records, and how many more of each type came. */
function createTick() {
  let events: Arrived[] = []
  let bytes = 0
  let kept = new Map<string, number>()
  let leftOut = new Map<string, number>()
  return {
    add(event: Arrived): void {
      const { record, type } = event
      const ofType = kept.get(type) ?? 0
      if (ofType >= MOST_A_TYPE || events.length >= MOST_KEPT || bytes >= MOST_BYTES) {
        // Types are texts of others: there may be any number of them.
        const name = leftOut.size < MOST_KEPT || leftOut.has(type) ? type : ''
        leftOut.set(name, (leftOut.get(name) ?? 0) + 1)
        return
      }
      kept.set(type, ofType + 1)
      bytes += record.value?.length ?? 0
      events.push(event)
    },
    take(): { events: Arrived[]; leftOut: Map<string, number> } {
      const taken = { events, leftOut }
      events = []
      bytes = 0
      kept = new Map()
      leftOut = new Map()
      return taken
    },
  }
}

/** As many of the newest as a page may get, as bytes, in the order in which they came; one at least where there is any. */
function newestOf(events: readonly Arrived[], unmasked: boolean, mostBytes: number): Buffer[] {
  const newest: Buffer[] = []
  let left = mostBytes
  for (let i = events.length - 1; i >= 0 && newest.length < MOST_A_PAGE; i--) {
    const bytes = bytesOf(events[i], unmasked)
    left -= bytes.length
    if (left < 0 && newest.length > 0) break
    newest.push(bytes)
  }
  return newest.toReversed()
}

const [BEFORE, BETWEEN] = [Buffer.from('event: events\ndata: {"events":['), Buffer.from(',')]

/** As `frame` makes it, from events that are bytes already. */
function eventsFrame(events: readonly Buffer[], missed: number): Buffer {
  const list = events.flatMap((event, i) => (i === 0 ? [event] : [BETWEEN, event]))
  return Buffer.concat([BEFORE, ...list, Buffer.from(`],"left_out":${missed}}\n\n`)])
}

function bytesOf(event: Arrived, unmasked: boolean): Buffer {
  if (unmasked) return (event.open ??= jsonOf(event.record, true))
  return (event.masked ??= jsonOf(event.record, false))
}
