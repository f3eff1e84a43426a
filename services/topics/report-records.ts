// What the reports topic holds: reports of runs, and audit records of what operators did. Types, and the shapes that a record must fit.
import { RECORD_VERSION } from './not-understood.ts'
import { anything, count, object, oneOf, SERVICE, type Shape, tableOf, text, time, timeMs } from './shapes.ts'

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
  /** Sinks only: records that Kafka holds for this instance's partitions and that it has not brought to an end. */
  lag?: number
  /** Sinks only, while it is in trouble: when the next attempt is made, ISO 8601; empty where it is made at once. */
  next_try?: string
  /** Sinks only: deliveries that the vendor took, and how long they took together, milliseconds. */
  deliveries?: number
  delivery_ms?: number
  /** Backfill only: logs that the stream lost, and those of them that were published. */
  missing?: number
  recovered?: number
  /** Ingest only, in each report of its own windows: bodies that were not taken, by reason; `processed` are webhook events stored. */
  refused?: Record<string, number>
}

/** A window of the ingest: what came in. No run of an export, so it is none of those that are listed and told as successful. */
export const isIntake = ({ refused }: Pick<Report, 'refused'>): boolean => refused !== undefined

/** What a report may leave out: `newReport` has it. */
const OPTIONAL = (
  'instance started_at ended_at processed delivered filtered duplicates dead_lettered expired retries bytes deliveries delivery_ms ' +
  'lag next_try missing recovered refused first_log_id last_log_id checkpoint offsets error next_run'
).split(' ') as (keyof Report)[]

const emptyOrTime: Shape<string> = (value, at) => (value === '' ? undefined : timeMs(value, at))

/** A report that may be read: schemas/report.json. */
export const reportShape: Shape<Report> = object<Report>(
  {
    v: oneOf(1),
    service: text(SERVICE),
    instance: text(/./s),
    run: text(/./s),
    status: oneOf('running', 'success', 'failed', 'held', 'recovered', 'idle'),
    started_at: timeMs,
    ended_at: timeMs,
    processed: count,
    delivered: count,
    filtered: count,
    duplicates: count,
    dead_lettered: count,
    expired: count,
    retries: count,
    bytes: count,
    deliveries: count,
    delivery_ms: count,
    missing: count,
    recovered: count,
    refused: tableOf(/^[a-z_]+$/, count),
    first_log_id: text(),
    last_log_id: text(),
    checkpoint: text(),
    offsets: tableOf(/^\d+$/, count),
    error: text(),
    next_run: emptyOrTime,
    lag: count,
    next_try: emptyOrTime,
  },
  OPTIONAL,
)

/** The counts that every report has, before anything was counted. */
export const NO_COUNTS = {
  delivered: 0,
  filtered: 0,
  duplicates: 0,
  dead_lettered: 0,
  expired: 0,
  retries: 0,
  bytes: 0,
} satisfies Partial<Report>

/** A report of work outside of windows and ticks; what is not told is empty. */
export function newReport(
  told: Pick<Report, 'service' | 'instance' | 'run' | 'status' | 'started_at' | 'ended_at'> & Partial<Report>,
): Report {
  return {
    v: RECORD_VERSION,
    processed: 0,
    ...NO_COUNTS,
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

/** An audit record that may be read: schemas/audit.json. */
export const auditShape: Shape<AuditRecord> = object<AuditRecord>({
  v: oneOf(1),
  audit: oneOf(true),
  at: time,
  by: text(),
  role: oneOf('viewer', 'operator'),
  operation: text(/./s),
  input: tableOf(/^/, anything),
  outcome: text(),
  before: anything,
  after: anything,
})
