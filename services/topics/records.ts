// What our own records look like: commit metadata, dead letters, reports. Shapes in schemas/; every record carries a version,
// readers ignore unknown fields and hold on an unknown major.
import type { Ending } from '../events/log-event.ts'
import { RECORD_VERSION } from './not-understood.ts'
import { count, isObject, object, oneOf, parsed, parseJson, type Shape, text, timeMs } from './shapes.ts'

export { RECORD_VERSION } from './not-understood.ts'
export {
  type AuditRecord,
  auditShape,
  isIntake,
  newReport,
  NO_COUNTS,
  type Report,
  type ReportStatus,
  reportShape,
} from './report-records.ts'

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
  /** Why counting began anew here, where no operator asked for it. */
  note?: string
}

/** Names a record by its time of receipt and a hash of its key: enough to tell it from another one at the same offset. */
export function markOf(id: string, receivedAt: number): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  return `${receivedAt.toString(36)}.${(hash >>> 0).toString(36)}`
}

/** The account of a partition in which counting begins. @param base the offset at which it begins */
export function newAccount(base: number): Account {
  return { base, delivered: 0, filtered: 0, duplicates: 0, dead_lettered: 0, expired: 0, checkpoint: '' }
}

/** The sum of the endings: how far past `base` the account has come. */
export function settled(account: Account): number {
  return account.delivered + account.filtered + account.duplicates + account.dead_lettered + account.expired
}

/** The account as the metadata of a commit: JSON, read again by `decodeAccount`. */
export function encodeAccount({ base, checkpoint, ...counts }: Account): string {
  return JSON.stringify({ v: RECORD_VERSION, base: String(base), ...counts, checkpoint })
}

const COUNTS = ['delivered', 'filtered', 'duplicates', 'dead_lettered', 'expired'] as const
const IDENTITY = ['topic', 'last', 'note'] as const

/** An account as it stands in the metadata. */
const storedAccount = object<{ v: 1; base: string; checkpoint: string } & Record<Ending | 'expired', number> & Identity>(
  {
    v: oneOf(1),
    base: text(/^\d{1,16}$/),
    delivered: count,
    filtered: count,
    duplicates: count,
    dead_lettered: count,
    expired: count,
    checkpoint: text(),
    topic: text(),
    last: text(),
    note: text(),
  },
  IDENTITY,
)

/**
 * The account behind a committed offset. Undefined where there is none that fits: an outside reset clears the metadata, and a tool
 * that keeps it moves the offset away from what the account adds up to. Then a new base begins at the offset.
 * @throws on an account of a newer major version: this reader must not touch it.
 */
export function decodeAccount(metadata: string, offset: number): Account | undefined {
  const read = parseMetadata(metadata)
  const found = parsed(storedAccount, read)
  if (!('value' in found)) return undefined
  const account = newAccount(Number(found.value.base))
  for (const name of [...COUNTS, 'checkpoint', ...IDENTITY] as const)
    if (found.value[name] !== undefined) Object.assign(account, { [name]: found.value[name] })
  return account.base + settled(account) === offset ? account : undefined
}

/** The backfill's checkpoint, as its group's commit carries it; empty where there is none that can be read. */
export function decodeBackfillCheckpoint(metadata: string): string {
  const { checkpoint } = parseMetadata(metadata) ?? {}
  return typeof checkpoint === 'string' ? checkpoint : ''
}

/** @throws on a newer major version */
function parseMetadata(metadata: string): Record<string, unknown> | undefined {
  const read = metadata.startsWith('{') ? parseJson(metadata) : undefined
  if (!isObject(read)) return undefined
  if (typeof read.v === 'number' && read.v > RECORD_VERSION) {
    throw new Error(
      `the offset was committed by a newer version (v ${read.v}, this one reads ${RECORD_VERSION}): update this service`,
    )
  }
  return read
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

/** The headers of a dead letter, as they are read back. */
export type LetterHeaders = Record<
  'topic' | 'partition' | 'offset' | 'log_id' | 'stage' | 'reason' | 'error' | 'attempts' | 'first_at' | 'last_at' | 'version',
  string
> & { piece?: string }

/** Headers that may be read: schemas/dead-letter-headers.json. */
export const letterShape: Shape<LetterHeaders> = object<LetterHeaders>(
  {
    topic: text(),
    partition: text(/^\d*$/),
    offset: text(/^\d*$/),
    log_id: text(),
    stage: oneOf('receive', 'parse', 'encode', 'deliver'),
    reason: text(/^[a-z0-9]+(_[a-z0-9]+)*$/, 'must be snake_case'),
    error: text(/^[^]{0,4096}$/u, 'must have 4,096 characters at most'),
    attempts: text(/^\d+$/),
    first_at: timeMs,
    last_at: timeMs,
    version: text(/./s),
    piece: text(/^\d+\/\d+$/),
  },
  ['piece'],
)
