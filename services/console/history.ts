// What the console knows of the past, in memory: the newest runs and audit records of the reports topic, so that a page of them costs no
// reading of Kafka.
import { errorClass } from '../operations/outages.ts'
import { foldRuns, isFailed, type Run } from '../operations/runs.ts'
import { type AuditRecord, isIntake } from '../topics/records.ts'
import type { Told } from '../topics/reports.ts'

/** A run, with the offsets of its reports: they are read again in full where somebody opens it. */
export type IndexedRun = Run & { offsets: number[] }

/** `fold`: failed runs that follow each other with the same error are one row. */
export type RunsAsked = { page: number; perPage: number; errorsOnly: boolean; service: string; fold?: boolean }

/** A row of a page of runs. `times`: how many runs it stands for, where they are folded; times and sums are over all of them. */
export type RunRow = IndexedRun & { times?: number }

export type RunIndex = {
  /** Takes a report in; answers the run that it belongs to, as it stands now. */
  add: (told: Told) => IndexedRun | undefined
  /** Newest first. `lastRun`: when the newest run of the service, or of all, ended; empty where there is none. */
  page: (asked: RunsAsked) => { logs: RunRow[]; total: number; lastRun: string }
  /** The newest run of a service. */
  last: (service: string) => IndexedRun | undefined
  /** What was processed in each run of a service that ended since, oldest first. */
  since: (service: string, fromMs: number) => IndexedRun[]
}

/** So many runs may still get reports of other instances; an older one stays as it is. */
const MOST_OPEN = 1_000
const MOST_ERROR = 500

/** @param most runs kept; about 0.5 KiB each. A report that the index cannot take in throws and leaves it as it was. */
export function createRunIndex(most = 100_000): RunIndex {
  const runs: IndexedRun[] = []
  const open = new Map<string, { told: Told[]; run: IndexedRun }>()
  const strings = new Map<string, string>()

  /** Errors and names come in thousands of equal copies. */
  function shared(text: string): string {
    const known = strings.get(text)
    if (known !== undefined) return known
    if (strings.size > 5_000) strings.clear()
    strings.set(text, text)
    return text
  }

  function add(told: Told): IndexedRun | undefined {
    if (told.kind !== 'report') return undefined
    const key = `${told.report.service}\n${told.report.run}`
    const before = open.get(key)
    const reports = [...(before?.told ?? []), told]
    const [folded] = foldRuns(reports)
    const run: IndexedRun = {
      ...folded,
      service: shared(folded.service),
      error: shared(folded.error.slice(0, MOST_ERROR)),
      offsets: reports.map(({ offset }) => offset),
    }
    if (before) runs.splice(runs.lastIndexOf(before.run), 1)
    open.delete(key)
    open.set(key, { told: reports, run })
    if (open.size > MOST_OPEN) open.delete(open.keys().next().value as string)
    runs.push(run)
    if (runs.length > most * 1.05) runs.splice(0, runs.length - most)
    return run
  }

  return {
    add,
    page({ page, perPage, errorsOnly, service, fold = false }) {
      const logs: RunRow[] = []
      const first = (page - 1) * perPage
      let total = 0
      let lastRun = ''
      let newer: IndexedRun | undefined
      let row: RunRow | undefined
      for (const run of runs.toReversed()) {
        if (service === '' ? isIntake(run) : run.service !== service) continue
        lastRun ||= run.end
        if (errorsOnly && !isFailed(run)) continue
        if (fold && newer && isSameFailure(newer, run)) {
          if (row) Object.assign(row, folded(row, run))
          continue
        }
        newer = run
        // Only what is shown is copied, to be added up.
        row = total >= first && logs.length < perPage ? { ...run } : undefined
        if (row) logs.push(row)
        total++
      }
      return { logs, total, lastRun }
    },
    last: (service) => runs.findLast((run) => run.service === service),
    since(service, fromMs) {
      const from = new Date(fromMs).toISOString()
      const found: IndexedRun[] = []
      for (let i = runs.length - 1; i >= 0 && runs[i].end >= from; i--) if (runs[i].service === service) found.push(runs[i])
      return found.toReversed()
    },
  }
}

const isSameFailure = (row: RunRow, older: IndexedRun) =>
  isFailed(row) &&
  row.status === older.status &&
  row.service === older.service &&
  errorClass(row.error) === errorClass(older.error)

/** Offsets of one row: its newest reports. */
const MOST_OFFSETS = 20

/** A row that stands for one more run, which came before. */
const folded = (row: RunRow, older: IndexedRun): Partial<RunRow> => ({
  times: (row.times ?? 1) + 1,
  start: older.start < row.start ? older.start : row.start,
  logsProcessed: row.logsProcessed + older.logsProcessed,
  deadLettered: row.deadLettered + older.deadLettered,
  retries: row.retries + older.retries,
  offsets: [...older.offsets, ...row.offsets].slice(-MOST_OFFSETS),
})

export type AuditTrail = {
  add: (told: Told) => AuditRecord | undefined
  /** Newest first, and for filters who did something and what. @param by, operation: empty for all */
  page: (asked: { page: number; perPage: number; by: string; operation: string }) => {
    records: AuditRecord[]
    total: number
    people: string[]
    operations: string[]
  }
}

export function createAuditTrail(most = 2_000): AuditTrail {
  const records: AuditRecord[] = []
  return {
    add(told) {
      if (told.kind !== 'audit') return undefined
      const record = shortened(told.audit)
      records.push(record)
      if (records.length > most) records.shift()
      return record
    },
    page({ page, perPage, by, operation }) {
      const first = (page - 1) * perPage
      const fitting = records.filter((one) => (by === '' || one.by === by) && (operation === '' || one.operation === operation))
      return {
        records: fitting.toReversed().slice(first, first + perPage),
        total: fitting.length,
        people: distinct(records.map((one) => one.by)),
        operations: distinct(records.map((one) => one.operation)),
      }
    },
  }
}

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)].toSorted()

const MOST_TEXT = 500
const MOST_INPUT_BYTES = 4_096

/** As the page shows it: what an operator gave may be as large as a request. */
function shortened(record: AuditRecord): AuditRecord {
  return {
    ...record,
    outcome: String(record.outcome).slice(0, MOST_TEXT),
    input: short(record.input) as AuditRecord['input'],
    before: short(record.before),
    after: short(record.after),
  }
}

/** What is nested deeper than JSON can be written counts as too large. */
function short(value: unknown): unknown {
  try {
    const bytes = JSON.stringify(value ?? null).length
    return bytes <= MOST_INPUT_BYTES ? (value ?? null) : { left_out: `${bytes} bytes` }
  } catch {
    return { left_out: 'too deep' }
  }
}
