// Positions that an operator can name: earliest, latest, a log_id, a time, offset:<n>, shift:<n>. What each means in every partition.
import { CLOCKS_MS, timeOfLogId } from '../events/log-id.ts'
import { errorText } from '../platform/errors.ts'
import type { KafkaClient } from '../topics/client.ts'
import { type Committed, type LogRange, logRanges, offsetsAt } from '../topics/groups.ts'
import { FIND_MS, findLog } from './find-log.ts'
import { quoted, Refusal, WrongUse } from './operation.ts'
import { isoOf, parseTime, TIME_FORMS } from './times.ts'

export type Position =
  | { kind: 'earliest' | 'latest' }
  | { kind: 'offset' | 'shift'; n: number }
  | { kind: 'time'; time: number }
  | { kind: 'log_id'; id: string }

/** Where the partitions are that a position is asked for. */
export type Grounds = { topic: string; ranges: readonly LogRange[]; committed: readonly Committed[] }
/** `offsets` by partition; `notes` say what the position came to, in sentences. */
export type Found = { offsets: Map<number, number>; notes: string[] }

/**
 * @param field the input that it was given for; in `to` a day means its end
 * @throws WrongUse for anything that is no position
 */
export function parsePosition(field: string, text: string, now = Date.now()): Position {
  if (text === 'earliest' || text === 'latest') return { kind: text }
  const counted = /^(offset):(\d{1,15})$|^(shift):([+-]?\d{1,15})$/.exec(text)
  if (counted) return { kind: (counted[1] ?? counted[3]) as 'offset' | 'shift', n: Number(counted[2] ?? counted[4]) }
  const time = parseTime(text, now, field === 'to')
  if (time !== undefined) return { kind: 'time', time }
  if (/^[\da-f]{20,128}$/i.test(text)) return { kind: 'log_id', id: text }
  throw new WrongUse(field, `must be earliest, latest, a log_id, ${TIME_FORMS}, offset:<n> or shift:<n>, not ${quoted(text)}`)
}

/** The first offsets that belong to what begins at this position; never outside of what Kafka holds. */
export async function firstOffsets(client: KafkaClient, grounds: Grounds, position: Position): Promise<Found> {
  const { topic, ranges } = grounds
  switch (position.kind) {
    case 'earliest':
      return found(ranges, ({ start }) => start)
    case 'latest':
      return found(ranges, ({ end }) => end)
    case 'offset':
      return found(ranges, () => position.n, expiredNote(ranges, position.n))
    case 'shift':
      return found(ranges, (range) => nextOffset(range, grounds) + position.n)
    case 'time':
      return fromTime(client, grounds, position.time, `received at or after ${isoTime(position.time)} UTC`)
    case 'log_id': {
      // A help, so it may not take long.
      const looking = findLog(client, topic, ranges, position.id, { signal: AbortSignal.timeout(FIND_MS) })
      const copy = await looking.then(
        ({ copies }) => copies[0],
        (error) => void client.log.debug({ error: errorText(error) }, 'the log was not found in time'),
      )
      const told = timeOfLogId(position.id)
      const time = told !== undefined && told > 0 ? told : copy?.timestamp
      if (time === undefined) throw notFound(position.id)
      const begin = await fromTime(
        client,
        grounds,
        time - CLOCKS_MS,
        `a superset: all that was received from 60 s before the log_id's own time, ${isoTime(time)} UTC, on`,
      )
      if (!copy)
        begin.notes.push(`the log ${position.id} itself is not in the topic, or was not found within ${FIND_MS / 1000} s`)
      else {
        const earlier = await offsetsAt(client, topic, Math.max(0, copy.timestamp))
        const extra = ranges.reduce((sum, { partition }) => {
          const own = partition === copy.partition ? copy.offset : (earlier.get(partition) ?? 0)
          return sum + Math.max(0, own - begin.offsets.get(partition)!)
        }, 0)
        begin.notes.push(`the log is at partition ${copy.partition}, offset ${copy.offset}; ${extra} events before it come along`)
      }
      return begin
    }
  }
}

/** The offsets after the last that belongs to what ends with this position, itself included. */
export async function endOffsets(client: KafkaClient, grounds: Grounds, position: Position): Promise<Found> {
  const { topic, ranges } = grounds
  switch (position.kind) {
    case 'earliest':
      return found(ranges, ({ start }) => start + 1)
    case 'latest':
      return found(ranges, ({ end }) => end)
    case 'offset':
      return found(ranges, () => position.n + 1)
    case 'shift':
      return found(ranges, (range) => nextOffset(range, grounds) + position.n + 1)
    case 'time':
      return fromTime(client, grounds, position.time + 1, `up to what was received at ${isoTime(position.time)} UTC`)
    case 'log_id': {
      const { copies } = await findLog(client, topic, ranges, position.id, { signal: AbortSignal.timeout(2 * FIND_MS) })
      const [copy] = copies
      if (!copy) throw notFound(position.id)
      const words = `up to the log's receipt, ${isoTime(copy.timestamp)} UTC, with all that was received until then`
      return fromTime(client, grounds, copy.timestamp + 1, words)
    }
  }
}

/** Partitions of the topic with what Kafka holds of each, in order. */
export async function heldRanges(client: KafkaClient, topic: string): Promise<LogRange[]> {
  return (await logRanges(client, topic)).toSorted((a, b) => a.partition - b.partition)
}

/** The next offset of a group; where nothing was ever committed the first that Kafka holds. */
export function nextOffset({ partition, start }: LogRange, { committed }: Pick<Grounds, 'committed'>): number {
  const offset = committed.find((one) => one.partition === partition)?.offset ?? -1
  return offset < 0 ? start : offset
}

async function fromTime(client: KafkaClient, { topic, ranges }: Grounds, time: number, words: string): Promise<Found> {
  // Kafka reads -1 and -2 as "the end" and "the beginning".
  const at = await offsetsAt(client, topic, Math.max(0, Math.floor(time)))
  return found(ranges, ({ partition, end }) => at.get(partition) ?? end, [words])
}

function found(ranges: readonly LogRange[], place: (range: LogRange) => number, notes: string[] = []): Found {
  const clip = (range: LogRange) => Math.min(range.end, Math.max(range.start, place(range)))
  return { offsets: new Map(ranges.map((range) => [range.partition, clip(range)])), notes }
}

function expiredNote(ranges: readonly LogRange[], offset: number): string[] {
  const gone = ranges.filter(({ start }) => start > offset).map(({ partition, start }) => `${partition} (from ${start})`)
  return gone.length > 0 ? [`older records have expired in partition ${gone.join(', ')}`] : []
}

const notFound = (id: string) =>
  new Refusal(
    `the log ${id} is not in the topic, so its place cannot be told: it expired or was never received; give a time instead`,
  )

const isoTime = (time: number) => isoOf(time).replace('T', ' ').replace('Z', '')
