// What a replay would do, before anything is changed: where it begins and ends in each partition, how many events that is, and what the
// vendor makes of them.
import type { KafkaClient } from '../topics/client.ts'
import { committedOffsets, type LogRange, offsetsAt } from '../topics/groups.ts'
import { topicNames } from '../topics/names.ts'
import type { Known } from './services.ts'
import { oldestWaiting } from './oldest.ts'
import { type Context, type Values, WrongUse } from './operation.ts'
import { endOffsets, firstOffsets, type Grounds, heldRanges, nextOffset, parsePosition } from './places.ts'
import { isoOf } from './times.ts'

/** Gentle: half of what the strictest vendor takes, so that live events go on beside it. */
export const DEFAULT_RATE = 500
const HOUR_MS = 3_600_000
/** Reading the first and the last record of each partition may take so long. */
const RECEIPT_MS = 5_000

/**
 * One partition of a preview. Of a reset: `from` the committed offset, `to` the new one, `events` what is delivered from there to the
 * log's end. Of a job: the first and the last offset, `events` those from one to the other.
 */
export type PreviewRow = { partition: number; from: number; to: number; events: number }
export type Preview = {
  sink: string
  kind: 'reset' | 'job'
  from: string
  to: string
  partitions: PreviewRow[]
  /** The sum. */
  events: number
  /** Of a reset: events passed before that are delivered again, and events not yet delivered that are passed over. */
  repeated: number
  skipped: number
  /** When the first and the last of the events were received, ISO; empty where there is none or it could not be read in time. */
  firstAt: string
  lastAt: string
  rate: number
  /** What the vendor does with events that it already has, in the sink's own words; empty where it says nothing. */
  repeats: string
  notes: string[]
  warnings: string[]
}
/** `offsets`: the next ones by partition, of a reset. `ranges`: those that are not empty, of a job. */
export type Plan = { preview: Preview; offsets: Map<number, number>; ranges: Range[] }
type Range = { partition: number; from: number; to: number }

/** @throws WrongUse for what is no position */
export async function planReplay(context: Context, known: Known, values: Values): Promise<Plan> {
  const { client } = context
  const from = text('from', values.from)
  const to = values.to === undefined ? undefined : String(values.to)
  if (to === undefined && values.rate !== undefined) throw new WrongUse('rate', 'is for a range: give --to as well')
  const [first, last] = [parsePosition('from', from), to === undefined ? undefined : parsePosition('to', to)]
  const topic = topicNames.events(client.settings.prefix)
  // Commits before ends: what is counted as passed is never more than what there is.
  const committed = await committedOffsets(client, known.record.group, topic)
  const all = await heldRanges(client, topic)
  const held = chosen(all, values.partitions as string[] | undefined)
  const grounds: Grounds = { topic, ranges: all, committed }
  const begin = await firstOffsets(client, grounds, first)
  const end = last ? await endOffsets(client, grounds, last) : undefined
  const offsets = new Map(held.map(({ partition }) => [partition, begin.offsets.get(partition)!]))
  const ranges = held.map((range) => {
    const { partition } = range
    return { partition, from: offsets.get(partition)!, to: end ? end.offsets.get(partition)! : range.end }
  })
  const rows = held.map((range, i): PreviewRow => {
    const { partition, from: begins, to: ends } = ranges[i]
    const events = Math.max(0, ends - begins)
    return end
      ? { partition, from: begins, to: events > 0 ? ends - 1 : begins, events }
      : { partition, from: Math.min(range.end, nextOffset(range, grounds)), to: begins, events }
  })
  const sum = (count: (row: PreviewRow) => number) => rows.reduce((total, row) => total + count(row), 0)
  const preview: Preview = {
    sink: known.name,
    kind: end ? 'job' : 'reset',
    from,
    to: to ?? '',
    partitions: rows,
    events: sum(({ events }) => events),
    repeated: end ? 0 : sum((row) => Math.max(0, row.from - row.to)),
    skipped: end ? 0 : sum((row) => Math.max(0, row.to - row.from)),
    ...(await receiptOf(client, topic, ranges)),
    repeats: known.record.repeats ?? '',
    rate: end ? Number(values.rate ?? DEFAULT_RATE) : 0,
    notes: [...begin.notes.map((note) => `from: ${note}`), ...(end?.notes ?? []).map((note) => `to: ${note}`)],
    warnings: [],
  }
  if (preview.skipped > 0)
    preview.warnings.push(`${preview.skipped} events that were never delivered to ${known.name} are passed over`)
  preview.warnings.push(...(await ageWarnings(context, known, topic, ranges)))
  return { preview, offsets, ranges: ranges.filter((range) => range.from < range.to) }
}

/** Of the first and the last event of all ranges together. */
async function receiptOf(client: KafkaClient, topic: string, ranges: Range[]) {
  const held = ranges.filter(({ from, to }) => from < to)
  const at = async (place: (range: Range) => number) => {
    const found = await oldestWaiting(
      client,
      topic,
      held.map((range) => ({ partition: range.partition, offset: place(range) })),
      RECEIPT_MS,
    )
    // Of some partitions only it would be another moment.
    return found.size < held.length ? [] : [...found.values()].map(({ receivedAt }) => receivedAt)
  }
  const [firsts, lasts] = await Promise.all([at(({ from }) => from), at(({ to }) => to - 1)])
  return { firstAt: isoOf(Math.min(...firsts)), lastAt: isoOf(Math.max(...lasts)) }
}

/** What the sink says of logs as old as these. */
async function ageWarnings({ client }: Context, { record }: Known, topic: string, ranges: Range[]): Promise<string[]> {
  if (!record.replay_limit) return []
  const { hours, meaning } = record.replay_limit
  const young = await offsetsAt(client, topic, Date.now() - hours * HOUR_MS)
  const old = ranges.reduce(
    (sum, { partition, from, to }) => sum + Math.max(0, Math.min(to, young.get(partition) ?? to) - from),
    0,
  )
  return old > 0 ? [`${old} of these events were received more than ${hours} h ago. ${meaning}`] : []
}

function chosen(held: LogRange[], partitions: string[] | undefined): LogRange[] {
  if (partitions === undefined) return held
  for (const text of partitions) {
    if (!held.some(({ partition }) => String(partition) === text))
      throw new WrongUse('partitions', `partition ${JSON.stringify(text)} does not exist: they are 0 to ${held.length - 1}`)
  }
  return held.filter(({ partition }) => partitions.includes(String(partition)))
}

function text(field: string, value: Values[string]): string {
  if (typeof value !== 'string') throw new WrongUse(field, 'is missing: where to begin, e.g. --from 2026-01-31T12:00:00Z')
  return value
}
