// The checkpoint: how far the backfill is. It is the metadata of the backfill group's committed offset, so Kafka itself refuses the commit
// of a worker that has been replaced.
import { logIdAt, logIdBefore, timeOfLogId } from '../../events/log-id.ts'
import { RECORD_VERSION } from '../../topics/records.ts'

/** All times are ISO 8601, empty where nothing is known. */
export type Checkpoint = {
  /** The last log acknowledged by Kafka; empty before the first. */
  checkpoint: string
  /** START_FROM as it was applied last: the same value is not applied again. */
  startFrom: string
  /** Counts the workers: each join begins a new term. */
  term: number
  /** Everything that Auth0 stored until then has been read: a quiet tenant's checkpoint grows old without anything missing. */
  seenUntil: string
  /** The tick that ran last; empty for a continuous backfill. */
  tick: string
  /** When this was committed. */
  at: string
  /**
   * Logs that the next poll may read again were published from then on, and none of them before START_FROM was applied: what to look
   * for in the topic after a restart.
   */
  publishedFrom: string
}

export const NO_CHECKPOINT: Checkpoint = {
  checkpoint: '',
  startFrom: '',
  term: 0,
  seenUntil: '',
  tick: '',
  at: '',
  publishedFrom: '',
}

/** The checkpoint as the metadata of a commit: JSON, read again by `decodeCheckpoint`. */
export function encodeCheckpoint({ checkpoint, startFrom, term, seenUntil, tick, at, publishedFrom }: Checkpoint): string {
  return JSON.stringify({
    v: RECORD_VERSION,
    checkpoint,
    start_from: startFrom,
    term,
    seen_until: seenUntil,
    tick,
    at,
    published_from: publishedFrom,
  })
}

/**
 * What a committed offset's metadata says; undefined where it is not a checkpoint: nothing was committed, the group expired, or a foreign
 * tool wrote it. @throws on a newer major version, which only an update of this service can read
 */
export function decodeCheckpoint(metadata: string): Checkpoint | undefined {
  const read = objectOf(metadata)
  if (!read) return undefined
  if (Number(read.v) > RECORD_VERSION)
    throw new Error(`the checkpoint was committed by a newer version (v ${String(read.v)}): update this service`)
  const text = (name: string) => (typeof read[name] === 'string' ? read[name] : '')
  const time = (name: string) => (Number.isNaN(Date.parse(text(name))) ? '' : text(name))
  return {
    checkpoint: text('checkpoint'),
    startFrom: text('start_from'),
    term: Number.isSafeInteger(read.term) ? (read.term as number) : 0,
    seenUntil: time('seen_until'),
    tick: time('tick'),
    at: time('at'),
    publishedFrom: time('published_from'),
  }
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const read: unknown = JSON.parse(text)
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? (read as Record<string, unknown>) : undefined
  } catch {
    return undefined
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
