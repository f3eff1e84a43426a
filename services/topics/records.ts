// What our own records look like: commit metadata, dead letters, reports. Shapes in schemas/; every record carries a version,
// readers ignore unknown fields and hold on an unknown major.
import type { Ending } from '../events/log-event.ts'

export const RECORD_VERSION = 1

/** How far apart two records of one event may be for the second to count as a repeat: offsets of their partition, time between receipts. */
export const DEDUPE_WINDOW = { ids: 50_000, ms: 10 * 60_000 }

/**
 * The account of one partition: end - base = delivered + filtered + duplicates + dead_lettered + expired + lag.
 * Travels in the metadata of each offset commit, so it is exact and atomic with the offset.
 */
export type Account = { base: number; checkpoint: string } & Record<Ending | 'expired', number> & Identity

/** An offset is no identity: the log may be cut, or be another one of the same name. What else the account knows its log by. */
export type Identity = {
  /** Kafka's id of the topic, where the broker has one. */
  topic?: string
  /** The record just below the offset, see `markOf`; left out where no record stands there. */
  last?: string
  /** Why counting began anew here, where that was not an operator's wish. */
  note?: string
}

/** Names a record by its time of receipt and a hash of its key: enough to tell it from another one at the same offset. */
export function markOf(id: string, receivedAt: number): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  return `${receivedAt.toString(36)}.${(hash >>> 0).toString(36)}`
}

export function newAccount(base: number): Account {
  return { base, delivered: 0, filtered: 0, duplicates: 0, dead_lettered: 0, expired: 0, checkpoint: '' }
}

/** The sum of the endings: how far past `base` the account has come. */
export function settled(account: Account): number {
  return account.delivered + account.filtered + account.duplicates + account.dead_lettered + account.expired
}

export function encodeAccount({ base, checkpoint, ...counts }: Account): string {
  return JSON.stringify({ v: RECORD_VERSION, base: String(base), ...counts, checkpoint })
}

/**
 * The account behind a committed offset. Undefined where there is none that fits: an outside reset clears the metadata, and a tool
 * that keeps it moves the offset away from what the account adds up to. Then a new base begins at the offset.
 * @throws on an account of a newer major version: this reader must not touch it.
 */
export function decodeAccount(metadata: string, offset: number): Account | undefined {
  const read = parseObject(metadata)
  if (!read) return undefined
  if (Number(read.v) > RECORD_VERSION) {
    throw new Error(
      `the offset was committed by a newer version (v ${read.v}, this one reads ${RECORD_VERSION}): update this service`,
    )
  }
  const account: Account = { ...newAccount(Number(read.base)), checkpoint: String(read.checkpoint ?? '') }
  for (const name of ['topic', 'last', 'note'] as const) if (typeof read[name] === 'string') account[name] = read[name]
  for (const count of ['delivered', 'filtered', 'duplicates', 'dead_lettered', 'expired'] as const)
    account[count] = Number(read[count])
  return account.base + settled(account) === offset ? account : undefined
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
}

/** Where in a service an event failed, and why. */
export type DeadLetter = {
  /** Empty where unknown. */
  logId: string
  value: Buffer
  /** The record it came from; left out for what never was in the topic. */
  from?: { topic: string; partition: number; offset: number }
  stage: 'receive' | 'parse' | 'encode' | 'deliver'
  reason: string
  error: string
  /** Delivery attempts; 0 before any. */
  attempts: number
  firstAt: Date
  lastAt: Date
  /** `1/5`: a part over the record limit comes in pieces. */
  piece?: string
}

const MAX_ERROR_BYTES = 4096

/** A dead letter as a record: key log_id (absent when unknown), value the original bytes, the story in the headers. */
export function deadLetterRecord(
  letter: DeadLetter,
  version: string,
): { key: Buffer | null; value: Buffer; headers: Map<Buffer, Buffer> } {
  const { logId, value, from, piece } = letter
  const headers: Record<string, string> = {
    topic: from?.topic ?? '',
    partition: from ? String(from.partition) : '',
    offset: from ? String(from.offset) : '',
    log_id: logId,
    stage: letter.stage,
    reason: letter.reason,
    error: cutUtf8(letter.error, MAX_ERROR_BYTES),
    attempts: String(letter.attempts),
    first_at: letter.firstAt.toISOString(),
    last_at: letter.lastAt.toISOString(),
    version,
    ...(piece ? { piece } : {}),
  }
  return { key: logId === '' ? null : Buffer.from(logId), value, headers: toHeaders(headers) }
}

export function toHeaders(texts: Record<string, string>): Map<Buffer, Buffer> {
  return new Map(Object.entries(texts).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]))
}

/** Cuts a text at a number of bytes, never inside a character. */
export function cutUtf8(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return text
  let end = maxBytes
  while ((bytes[end] & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

export type ReportStatus = 'running' | 'success' | 'failed' | 'held' | 'recovered' | 'idle'

/**
 * What a service did in one run: a tick of a scheduled one, a window of a continuous one. Counts are those since the run's last
 * report: a run's are the sum of all its reports.
 */
export type Report = {
  v: number
  service: string
  instance: string
  run: string
  status: ReportStatus
  started_at: string
  ended_at: string
  processed: number
  delivered: number
  filtered: number
  duplicates: number
  dead_lettered: number
  expired: number
  retries: number
  bytes: number
  first_log_id: string
  last_log_id: string
  /** The smallest undelivered log_id over all partitions; the last one delivered where nothing waits. */
  checkpoint: string
  /** Next offset by partition. */
  offsets: Record<string, number>
  error: string
  next_run: string
  /** Sinks only: deliveries that the vendor took, and how long they took together, milliseconds. */
  deliveries?: number
  delivery_ms?: number
  /** Backfill only: logs that the stream lost, and those of them that were published. */
  missing?: number
  recovered?: number
}

/** A report of work outside of windows and ticks; what is not told is empty. */
export function newReport(
  told: Pick<Report, 'service' | 'instance' | 'run' | 'status' | 'started_at' | 'ended_at'> & Partial<Report>,
): Report {
  return {
    v: RECORD_VERSION,
    processed: 0,
    delivered: 0,
    filtered: 0,
    duplicates: 0,
    dead_lettered: 0,
    expired: 0,
    retries: 0,
    bytes: 0,
    first_log_id: '',
    last_log_id: '',
    checkpoint: '',
    offsets: {},
    error: '',
    next_run: '',
    ...told,
  }
}

/** What an operator did, in the reports topic under the key `audit`. Written before the answer. */
export type AuditRecord = {
  v: number
  audit: true
  at: string
  by: string
  role: 'viewer' | 'operator'
  operation: string
  input: Record<string, unknown>
  /** `ok`, or the error's words. */
  outcome: string
  before: unknown
  after: unknown
}

/** The headers of a dead letter, as they are read back. */
export type LetterHeaders = Record<
  'topic' | 'partition' | 'offset' | 'log_id' | 'stage' | 'reason' | 'error' | 'attempts' | 'first_at' | 'last_at' | 'version',
  string
> & { piece?: string }
