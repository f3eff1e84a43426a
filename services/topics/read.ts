// Reading a topic beside its groups: a throw-away group, no commits, nobody disturbed.
import { within } from '../platform/lifecycle.ts'
import { type KafkaClient, withAdmin } from './client.ts'
import { consume, type KafkaMessage } from './consume.ts'
import { type LogRange, logRanges } from './groups.ts'
import { groupNames } from './names.ts'

/** A record as it is in the topic. */
export type TopicRecord = {
  partition: number
  offset: number
  key: string | null
  value: Buffer | null
  /** UTF-8 texts. */
  headers: Record<string, string>
  timestamp: number
}

/** Records from `from` on, up to and not including `to`. */
export type ReadRange = { partition: number; from: number; to: number }

export type Reading = {
  /** Reads these partitions on from other offsets; the others are read as before. */
  seek: (offsets: ReadonlyMap<number, number>) => void
  /** Reads nothing more of this partition, until it is sought. */
  leaveOut: (partition: number) => void
  close: () => Promise<void>
}
/** Reads ranges to their ends with one member, one call after the other. */
export type RangeReader = Pick<Reading, 'close'> & {
  /** As `readRanges`. */
  read: (ranges: readonly ReadRange[], take: (record: TopicRecord) => 'stop' | void, signal?: AbortSignal) => Promise<void>
}

/** A service ends within 10 s, whatever its readers' brokers do. */
const CLOSE_MS = 3_000
/** Nothing comes for so long although some is left: Kafka is away. */
const SILENT_MS = 10_000

/**
 * Reads on from an offset of each partition until closed; partitions that are not named are not read. An offset that the log does not
 * hold any more goes on at the log's start.
 * @param reader names the throw-away group, e.g. `tail`
 * @param take nothing more is read while its promise is open
 * @param lost told when it can be followed no longer
 * @param reached all before `next` was handed over; also where the last offsets hold no record (markers of transactions)
 */
export async function followTopic(
  client: KafkaClient,
  reader: string,
  topic: string,
  from: Map<number, number>,
  take: (record: TopicRecord) => Promise<void> | void,
  lost: (error: Error) => void,
  reached: (partition: number, next: number) => void = () => {},
): Promise<Reading> {
  const group = groupNames.throwAway(client.settings.prefix, reader)
  const next = new Map(from)
  let assignments = 0
  const consumer = await consume(client, {
    group,
    topic,
    handlers: {
      async assigned({ partitions }) {
        if (assignments++ > 0) clip(next, await logRanges(client, topic))
        const own = new Set(partitions)
        return new Map([...next].filter(([partition]) => own.has(partition)))
      },
      async records(partition, messages) {
        const begin = next.get(partition)
        if (begin !== undefined)
          for (const message of messages) {
            const record = toRecord(partition, message)
            if (record.offset < begin) continue
            next.set(partition, record.offset + 1)
            const taking = take(record)
            if (taking) await taking
          }
        return messages.length
      },
      passed(partition, offset) {
        const position = next.get(partition)
        if (position === undefined) return
        next.set(partition, Math.max(position, offset))
        reached(partition, offset)
      },
      rebalancing: async () => {},
      crashed: lost,
    },
  })
  return {
    seek(offsets) {
      for (const [partition, offset] of offsets) next.set(partition, offset)
      consumer.seek(new Map(offsets))
    },
    leaveOut: consumer.leaveOut,
    async close() {
      // A throw-away group: where Kafka does not answer it is gone by itself, empty and without offsets.
      const gone = consumer.close().then(() => withAdmin(client, (admin) => admin.deleteGroups([group])))
      await within(gone, CLOSE_MS, 'closing the reader').catch(() => {})
    },
  }
}

/** Positions outside of the log, which retention or a new topic of the same name left behind, move to its start. */
function clip(next: Map<number, number>, ranges: readonly LogRange[]): void {
  for (const { partition, start, end } of ranges) {
    const position = next.get(partition)
    if (position !== undefined && (position < start || position > end)) next.set(partition, start)
  }
}

/**
 * Reads ranges to their ends; resolves when all are read, or when `take` answers `stop`.
 * @param name of the throw-away group, e.g. `find`
 * @throws when nothing comes for 10 s although some is left, or `signal` is aborted
 */
export async function readRanges(
  client: KafkaClient,
  name: string,
  topic: string,
  ranges: readonly ReadRange[],
  take: (record: TopicRecord) => 'stop' | void,
  signal?: AbortSignal,
): Promise<void> {
  const reader = openRanges(client, name, topic)
  try {
    await reader.read(ranges, take, signal)
  } finally {
    await reader.close()
  }
}

/** For several sets of ranges: joining a group costs more than reading a few thousand records. @param name of the throw-away group */
export function openRanges(client: KafkaClient, name: string, topic: string): RangeReader {
  let reading: Promise<Reading> | undefined
  let reads: Read | undefined
  /** Asked once: a question in between would let Kafka wait for what comes after a range. */
  let held: LogRange[] | undefined

  async function begin(from: Map<number, number>): Promise<Reading> {
    if (reading === undefined) {
      const onRecord = (record: TopicRecord) => reads?.record(record)
      const onReached = (partition: number, next: number) => reads?.reached(partition, next)
      reading = followTopic(client, name, topic, from, onRecord, (error) => reads?.fail(error), onReached)
      return reading
    }
    const known = await reading
    known.seek(from)
    return known
  }

  return {
    async read(ranges, take, signal) {
      held ??= await logRanges(client, topic)
      const wanted = clipped(held, ranges).filter(({ from, to }) => from < to)
      if (wanted.length === 0) return
      const read = readTo(new Map(wanted.map(({ partition, to }) => [partition, to])), take, (partition) => {
        void reading?.then((known) => reads === read && known.leaveOut(partition))
      })
      reads = read
      const watch = setInterval(() => {
        if (read.silentForMs() > SILENT_MS) read.fail(new Error(`reading ${topic} stands still: Kafka gave nothing for 10 s`))
      }, 1_000)
      const abort = () => read.fail(signal?.reason ?? new Error('aborted'))
      signal?.addEventListener('abort', abort, { once: true })
      try {
        await begin(new Map(wanted.map(({ partition, from }) => [partition, from])))
        if (signal?.aborted) abort()
        await read.done
      } finally {
        reads = undefined
        clearInterval(watch)
        signal?.removeEventListener('abort', abort)
      }
    },
    async close() {
      await (await reading?.catch(() => undefined))?.close()
    },
  }
}

type Read = ReturnType<typeof readTo>

/** What of some ranges has been read. @param open where each partition's range ends @param ended one of several is read to its end */
function readTo(open: Map<number, number>, take: (record: TopicRecord) => 'stop' | void, ended: (partition: number) => void) {
  const done = Promise.withResolvers<void>()
  done.promise.catch(() => {}) // it may fail before somebody waits for it
  let stopped = false
  let lastCame = performance.now()
  return {
    done: done.promise,
    silentForMs: () => performance.now() - lastCame,
    fail(error: unknown) {
      stopped = true
      done.reject(error)
    },
    record(record: TopicRecord): void {
      lastCame = performance.now()
      const to = open.get(record.partition)
      if (stopped || to === undefined || record.offset >= to || take(record) !== 'stop') return
      stopped = true
      done.resolve()
    },
    reached(partition: number, next: number): void {
      lastCame = performance.now()
      const to = open.get(partition)
      if (to === undefined || next < to) return
      open.delete(partition)
      if (open.size > 0) ended(partition)
      else done.resolve()
    },
  }
}

/** All of a topic that Kafka holds now. */
export const wholeTopic = (ranges: readonly LogRange[]): ReadRange[] =>
  ranges.map(({ partition, start, end }) => ({ partition, from: start, to: end }))

function clipped(held: readonly LogRange[], ranges: readonly ReadRange[]): ReadRange[] {
  const known = new Map(held.map((range) => [range.partition, range]))
  return ranges.flatMap(({ partition, from, to }) => {
    const range = known.get(partition)
    return range ? [{ partition, from: Math.max(from, range.start), to: Math.min(to, range.end) }] : []
  })
}

/** A message as a record of its partition. */
export function toRecord(partition: number, { offset, key, value, headers, timestamp }: KafkaMessage): TopicRecord {
  return {
    partition,
    offset: Number(offset),
    key: key?.toString() ?? null,
    value,
    headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, text]) => [name, String(text ?? '')])),
    timestamp: Number(timestamp),
  }
}
