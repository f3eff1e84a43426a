// One dead letter as lists show it, without personal data, and as whoever may read it sees it, with its bytes.
import { maskedUser } from '../events/mask.ts'
import { isKnownType, typeName } from '../events/types.ts'
import type { JobRecord } from '../topics/control.ts'
import type { StoredLetter } from '../topics/dead-letters.ts'
import { isOpen, redriveOf } from '../topics/jobs.ts'
import { isoOf } from './times.ts'

/**
 * What became of a dead letter: `waiting` for somebody, `redriving` where a job is to send it and has not yet, and the two ends.
 * Only those two are no longer a person's concern: a redrive may wait, fail or be cancelled.
 */
export type LetterState = 'waiting' | 'redriving' | 'redriven' | 'acknowledged'

/** The jobs that dead letters belong to; `reached`: the next offset of those that are open, by their ids. */
export type Takers = { jobs: readonly JobRecord[]; reached: ReadonlyMap<string, number> }

export function stateOf(letter: StoredLetter, { jobs, reached }: Takers): { state: LetterState; job: string } {
  const { offset, logId, told } = letter
  const job = redriveOf(jobs, { offset, reason: told.reason, logId })
  if (!job) return { state: 'waiting', job: '' }
  if (job.kind === 'acknowledge') return { state: 'acknowledged', job: job.id }
  return { state: isOpen(job) && offset >= (reached.get(job.id) ?? 0) ? 'redriving' : 'redriven', job: job.id }
}

/** `redriven` is the id of the job that it belongs to, empty where it waits. `from…` is the record that it came from. */
export type LetterRow = {
  offset: number
  at: string
  logId: string
  /** Of the event: type code, the type's name, and who it is about, masked; empty where its bytes do not say. */
  type: string
  typeName: string
  user: string
  stage: string
  reason: string
  error: string
  attempts: number
  fromTopic: string
  fromPartition: string
  fromOffset: string
  state: LetterState
  redriven: string
}

const MOST_TYPE = 64

export function rowOf(letter: StoredLetter, takers: Takers): LetterRow {
  const { offset, receivedAt, logId, told } = letter
  const { stage, reason, error, attempts } = told
  const { state, job } = stateOf(letter, takers)
  return {
    offset,
    at: isoOf(receivedAt),
    logId,
    ...eventOf(letter.value),
    stage,
    reason,
    error,
    attempts: Math.min(Number(attempts), Number.MAX_SAFE_INTEGER),
    fromTopic: told.topic,
    fromPartition: told.partition,
    fromOffset: told.offset,
    state,
    redriven: job,
  }
}

function eventOf(value: Buffer): Pick<LetterRow, 'type' | 'typeName' | 'user'> {
  const data = dataOf(value)
  const type = typeof data?.type === 'string' ? data.type.slice(0, MOST_TYPE) : ''
  return { type, typeName: isKnownType(type) ? typeName(type) : '', user: data ? maskedUser(data) : '' }
}

/** What the ingest puts aside may be an event with its envelope, or no JSON at all. */
function dataOf(value: Buffer): Record<string, unknown> | undefined {
  try {
    const read: unknown = JSON.parse(String(value))
    const data = isObject(read) && isObject(read.data) ? read.data : read
    return isObject(data) ? data : undefined
  } catch {
    return undefined
  }
}
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The whole of it, with personal data. Bytes that are no UTF-8 text are shown as base64. */
export type WholeLetter = LetterRow & {
  headers: Record<string, string>
  body: string
  encoding: 'utf8' | 'base64'
  bytes: number
}

export function wholeOf(letter: StoredLetter, takers: Takers): WholeLetter {
  const { headers, value } = letter
  const text = value.toString('utf8')
  const isText = Buffer.from(text).equals(value)
  const body = isText ? text : value.toString('base64')
  return { ...rowOf(letter, takers), headers, body, encoding: isText ? 'utf8' : 'base64', bytes: value.length }
}
