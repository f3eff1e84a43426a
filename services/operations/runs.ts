// `runs`: what every service did, newest first. Reports of one run, by several instances or at several times, are one row.
import { readControl } from '../topics/control.ts'
import { type Told, readReports } from '../topics/reports.ts'
import { isIntake, type Report, type ReportStatus } from '../topics/records.ts'
import { knownService } from './services.ts'
import type { Operation } from './operation.ts'

export { type Trouble, troubleOf } from './outages.ts'

/** One run, as tables show it. Times are ISO 8601. */
export type Run = {
  service: string
  run: string
  status: ReportStatus
  start: string
  end: string
  logsProcessed: number
  delivered: number
  filtered: number
  duplicates: number
  deadLettered: number
  expired: number
  retries: number
  checkpoint: string
  firstLogId: string
  lastLogId: string
  /** Empty unless something went wrong. */
  error: string
  instances: number
  /** Of a sink: how long a delivery took, the mean in milliseconds; 0 where there was none. */
  deliveryMs: number
  /** Of the backfill: logs that the stream lost, and those that were published. */
  missing?: number
  recovered?: number
  /** Of the ingest's windows: bodies that were not taken, by reason. */
  refused?: Record<string, number>
  /** Of a sink: events that waited at its end. */
  lag?: number
}

export type RunsAsked = { page: number; perPage: number; failed?: boolean; service?: string }
/** `total`: rows that fit, on all pages. `lastRun`: when the newest run of them all ended, empty where there is none. */
export type RunsPage = { logs: Run[]; total: number; lastRun: string }

/** A page of the runs in these records, newest first; windows of the ingest only where they are asked for. @param page from 1 */
export function pageOfRuns(told: readonly Told[], { page, perPage, failed = false, service }: RunsAsked): RunsPage {
  const runs = foldRuns(told).filter((run) => (service === undefined ? !isIntake(run) : run.service === service))
  const wanted = failed ? runs.filter(isFailed) : runs
  const from = (Math.max(1, page) - 1) * perPage
  return { logs: wanted.slice(from, from + perPage), total: wanted.length, lastRun: runs[0]?.end ?? '' }
}

/** All runs in these records, newest first. */
export function foldRuns(told: readonly Told[]): Run[] {
  const byRun = new Map<string, Report[]>()
  for (const one of told) {
    if (one.kind !== 'report') continue
    const key = `${one.report.service}\n${one.report.run}`
    const reports = byRun.get(key)
    if (reports) reports.push(one.report)
    else byRun.set(key, [one.report])
  }
  return [...byRun.values()].map(fold).toSorted((a, b) => (a.end < b.end ? 1 : a.end > b.end ? -1 : 0))
}

export const isFailed = ({ status }: Pick<Run, 'status'>) => status === 'failed' || status === 'held'

/** What counts where instances differ: the one that needs a person first. */
const GRAVEST: readonly ReportStatus[] = ['held', 'failed', 'recovered', 'running', 'success', 'idle']

/** @param reports of one run, oldest first; each holds the counts since the one before it */
function fold(reports: Report[]): Run {
  const sum = (name: 'processed' | 'delivered' | 'filtered' | 'duplicates' | 'dead_lettered' | 'expired' | 'retries') =>
    reports.reduce((total, report) => total + report[name], 0)
  const latest = [...new Map(reports.map((report) => [report.instance, report])).values()]
  const gravest = latest.toSorted((a, b) => GRAVEST.indexOf(a.status) - GRAVEST.indexOf(b.status))[0]
  const ids = (name: 'first_log_id' | 'last_log_id' | 'checkpoint', of = reports) =>
    of
      .map((report) => report[name])
      .filter((id) => id !== '')
      .toSorted()
  const times = (name: 'started_at' | 'ended_at') => reports.map((report) => report[name]).toSorted()
  return {
    service: gravest.service,
    run: gravest.run,
    status: gravest.status,
    start: times('started_at')[0],
    end: times('ended_at').at(-1) ?? '',
    logsProcessed: sum('processed'),
    delivered: sum('delivered'),
    filtered: sum('filtered'),
    duplicates: sum('duplicates'),
    deadLettered: sum('dead_lettered'),
    expired: sum('expired'),
    retries: sum('retries'),
    checkpoint: ids('checkpoint', latest)[0] ?? '',
    firstLogId: ids('first_log_id')[0] ?? '',
    lastLogId: ids('last_log_id').at(-1) ?? '',
    error: gravest.error,
    instances: latest.length,
    deliveryMs: Math.round(sumOptional(reports, 'delivery_ms') / Math.max(1, sumOptional(reports, 'deliveries'))),
    ...(gravest.missing === undefined ? {} : { missing: sumOptional(reports, 'missing') }),
    ...(gravest.recovered === undefined ? {} : { recovered: sumOptional(reports, 'recovered') }),
    ...(gravest.refused === undefined ? {} : { refused: sumRefused(reports) }),
    ...(gravest.lag === undefined ? {} : { lag: latest.reduce((total, { lag = 0 }) => total + lag, 0) }),
  }
}

const sumOptional = (reports: Report[], name: 'missing' | 'recovered' | 'deliveries' | 'delivery_ms') =>
  reports.reduce((total, report) => total + (report[name] ?? 0), 0)

function sumRefused(reports: Report[]): Record<string, number> {
  const all: Record<string, number> = {}
  for (const { refused = {} } of reports)
    for (const [reason, bodies] of Object.entries(refused)) all[reason] = (all[reason] ?? 0) + bodies
  return all
}

/** Reports are read from the end of the topic, this many first; more only where the page asks for older ones. */
const FIRST_READ = 2_000

export const runs: Operation = {
  name: 'runs',
  summary: 'what every service did, newest first',
  role: 'viewer',
  inputs: {
    service: { meaning: 'only of this service', kind: 'text', positional: true, suggest: 'service' },
    failed: { meaning: 'only runs that failed or are on hold', kind: 'boolean', default: false },
    limit: { meaning: 'rows on a page', kind: 'integer', default: 10 },
    page: { meaning: 'which page, from 1', kind: 'integer', default: 1 },
  },
  examples: ['auth0-logs runs', 'auth0-logs runs cloudwatch --failed', 'auth0-logs runs --limit 50 --page 2'],
  async run({ client }, { service, failed, limit, page }) {
    const of = service === undefined ? undefined : knownService(await readControl(client, 'runs'), String(service)).name
    const asked = { page: Math.max(1, Number(page)), perPage: Math.max(1, Number(limit)), failed: failed === true, service: of }
    for (let most = FIRST_READ; ; most *= 10) {
      const told = await readReports(client, 'runs', most)
      const found = pageOfRuns(told, asked)
      const complete = told.length < most
      if (complete || found.total >= asked.page * asked.perPage)
        return { ...found, page: asked.page, perPage: asked.perPage, complete }
    }
  },
}
