// How far the backfill is: the metadata of its group's committed offset. A stale worker's commit is refused by Kafka itself.
import { logIdAt, logIdBefore, timeOfLogId } from '../../events/log-id.ts'
import { RECORD_VERSION } from '../../topics/records.ts'

export type Checkpoint = {
  /** The last log acknowledged by Kafka; empty before the first. */
  checkpoint: string
  /** START_FROM as it was applied last: the same value is not applied again. */
  startFrom: string
  /** Counts the workers: each join begins a new term. */
  term: number
  /** Everything that Auth0 stored until then has been read, ISO 8601: a quiet tenant's checkpoint grows old without anything missing. */
  seenUntil: string
  /** The tick that ran last, ISO 8601; empty for a continuous backfill. */
  tick: string
  /** When this was committed, ISO 8601. */
  at: string
}

export function encodeCheckpoint({ checkpoint, startFrom, term, seenUntil, tick, at }: Checkpoint): string {
  return JSON.stringify({ v: RECORD_VERSION, checkpoint, start_from: startFrom, term, seen_until: seenUntil, tick, at })
}

/** Undefined where nothing was committed, or the group expired. @throws on a newer major version */
export function decodeCheckpoint(metadata: string): Checkpoint | undefined {
  if (!metadata.startsWith('{')) return undefined
  const read = JSON.parse(metadata) as Record<string, unknown>
  if (Number(read.v) > RECORD_VERSION)
    throw new Error(`the checkpoint was committed by a newer version (v ${String(read.v)}): update this service`)
  const text = (name: string) => (typeof read[name] === 'string' ? read[name] : '')
  return {
    checkpoint: text('checkpoint'),
    startFrom: text('start_from'),
    term: Number(read.term ?? 0),
    seenUntil: text('seen_until'),
    tick: text('tick'),
    at: text('at'),
  }
}

/** What to ask `from` so that a log_id, or what was stored at an ISO time, comes too. */
export function askFrom(startFrom: string): string {
  const isTime = startFrom.includes('-')
  return isTime ? logIdAt(Date.parse(startFrom)) : (logIdBefore(startFrom) ?? startFrom)
}

/** An id so far before this one that logs which Auth0 stored late, with a smaller id, come again. */
export function overlapBefore(id: string, overlapMs: number): string {
  const time = timeOfLogId(id)
  return time === undefined ? id : logIdAt(time - overlapMs)
}

/** Up to when everything that Auth0 stored has been read, milliseconds; 0 where nothing is known. */
export function seenMs({ checkpoint, seenUntil }: Pick<Checkpoint, 'checkpoint' | 'seenUntil'>): number {
  return Math.max(timeOfLogId(checkpoint) ?? 0, seenUntil === '' ? 0 : Date.parse(seenUntil))
}
