// Events as they arrive: one tail of the main topic for all live pages together, begun with the first and ended after the last. An event
// is read and written once, masked or not, and all pages that show it share the bytes.
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
type Group = { filter: LiveFilter; streams: Set<Stream> }

export type Live = { join: (stream: Stream, filter: LiveFilter) => void; viewers: () => number; close: () => Promise<void> }

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
      for (const { filter, streams } of groups.values()) {
        const fitting = events.filter(({ type }) => fits(filter, type))
        const shown = newestOf(fitting, filter.unmasked, share)
        const unkept = leftOut.entries().reduce((sum, [type, count]) => sum + (fits(filter, type) ? count : 0), 0)
        const missed = fitting.length - shown.length + unkept
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

  function begin(): void {
    timer ??= setInterval(tick, TICK_MS)
    tail ??= open(arrived.add, broke).then(
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
      const group = groups.get(key) ?? { filter, streams: new Set<Stream>() }
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
    close: end,
  }
}

const fits = ({ types, level }: LiveFilter, type: string) =>
  typeLevel(type) >= level && (types.length === 0 || types.includes(type))

/** What arrives between two ticks: a bounded number of records, and how many more of each type came. */
function createTick() {
  let events: Arrived[] = []
  let bytes = 0
  let kept = new Map<string, number>()
  let leftOut = new Map<string, number>()
  return {
    add(record: TopicRecord): void {
      const type = (record.headers.type ?? '').slice(0, MOST_TYPE)
      const ofType = kept.get(type) ?? 0
      if (ofType >= MOST_A_TYPE || events.length >= MOST_KEPT || bytes >= MOST_BYTES) {
        // Types are texts of others: there may be any number of them.
        const name = leftOut.size < MOST_KEPT || leftOut.has(type) ? type : ''
        leftOut.set(name, (leftOut.get(name) ?? 0) + 1)
        return
      }
      kept.set(type, ofType + 1)
      bytes += record.value?.length ?? 0
      events.push({ record, type })
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
