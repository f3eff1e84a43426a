// How a search goes through a topic, newest first, although Kafka reads forward only: part after part, each read forward to its end. Pure.
import type { ReadRange, TopicRecord } from '../topics/read.ts'
import { WrongUse } from './operation.ts'

export const countOf = (ranges: readonly ReadRange[]): number => ranges.reduce((sum, { from, to }) => sum + to - from, 0)

/** The newest `size` records or so: of each partition the same share, for keys spread evenly over time. */
export function newestPart(ranges: readonly ReadRange[], size: number): ReadRange[] {
  const share = Math.min(1, size / Math.max(1, countOf(ranges)))
  return ranges.map(({ partition, from, to }) => ({ partition, from: to - Math.ceil((to - from) * share), to }))
}

/** What is left when a part was read. @param again by partition: the newest offset of the part that is to be read once more */
export function withoutPart(
  ranges: readonly ReadRange[],
  part: readonly ReadRange[],
  again: ReadonlyMap<number, number>,
): ReadRange[] {
  const begins = new Map(part.map(({ partition, from }) => [partition, from]))
  return ranges
    .map(({ partition, from, to }) => {
      const newest = again.get(partition)
      return { partition, from, to: newest === undefined ? (begins.get(partition) ?? to) : newest + 1 }
    })
    .filter(({ from, to }) => from < to)
}

/** As an answer has it: `0:17-4711,2:0-99`. */
export const restText = (ranges: readonly ReadRange[]): string =>
  ranges.map(({ partition, from, to }) => `${partition}:${from}-${to}`).join(',')

/** @throws WrongUse for anything that no answer has said */
export function parseRest(text: string): ReadRange[] {
  const ranges = text.split(',').map((one) => {
    const [partition, from, to] = (/^(\d{1,9}):(\d{1,15})-(\d{1,15})$/.exec(one.trim()) ?? []).slice(1).map(Number)
    if (to === undefined || from > to) throw new WrongUse('rest', 'must be what the answer before had in `rest`')
    return { partition, from, to }
  })
  if (new Set(ranges.map(({ partition }) => partition)).size < ranges.length)
    throw new WrongUse('rest', 'names a partition twice')
  return ranges
}

export type Hits = {
  /** Records of a partition come in order of offset. */
  add: (record: TopicRecord) => void
  /** The newest, newest first; and what was found beside them, by partition: the newest one that is not among them. */
  take: () => { records: TopicRecord[]; leftOut: Map<number, TopicRecord> }
}

/** Keeps the newest, in bounded memory. @param mostBytes of all values together; one record is kept however large it is */
export function createHits(most: number, mostBytes: number): Hits {
  let kept: { record: TopicRecord; at: number }[] = []
  let bytes = 0
  const leftOut = new Map<number, TopicRecord>()
  /** Timestamps of others may run backwards: within a partition a later offset is always newer here. */
  const newestAt = new Map<number, number>()

  function cut(): void {
    kept.sort((a, b) => b.at - a.at || b.record.offset - a.record.offset)
    let count = 0
    bytes = 0
    for (const { record } of kept) {
      const size = record.value?.length ?? 0
      if (count >= most || (count > 0 && bytes + size > mostBytes)) break
      bytes += size
      count++
    }
    for (const { record } of kept.slice(count))
      if (record.offset > (leftOut.get(record.partition)?.offset ?? -1)) leftOut.set(record.partition, record)
    kept = kept.slice(0, count)
  }

  return {
    add(record) {
      const at = Math.max(record.timestamp, newestAt.get(record.partition) ?? record.timestamp)
      newestAt.set(record.partition, at)
      // A record's bytes are a piece of the fetch that brought it, which would stay in memory as a whole.
      kept.push({ record: { ...record, value: record.value && Buffer.from(record.value) }, at })
      bytes += record.value?.length ?? 0
      if (kept.length >= 2 * most || bytes > 2 * mostBytes) cut()
    },
    take() {
      cut()
      return { records: kept.map(({ record }) => record), leftOut }
    },
  }
}
