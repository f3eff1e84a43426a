// Since when a service has been in trouble: consecutive reports of a failure are one outage, from its first report to the last instance's
// recovery. Pure: driven by the reports and their times alone. Console, CLI and Slack say the same because they all ask here.
import type { Report } from '../topics/records.ts'
import type { Told } from '../topics/reports.ts'
import { adviceOf, commandOf } from './advice.ts'

/** A service that cannot do its work, from its first failure to its recovery. Times in milliseconds since the epoch. */
export type Outage = {
  since: number
  /** Reports of failure, and attempts that were refused, since it began. */
  reports: number
  attempts: number
  /** The classes of its errors. */
  classes: readonly string[]
  /** Its instances in trouble: until when one that falls silent still counts. */
  in: ReadonlyMap<string, number>
  /** Recovered then, and remembered for a while: a failure soon after is the same outage. */
  ended?: number
  /** How often it came back. */
  again: number
}

/** A failure so soon after a recovery is the same outage. */
export const CALM_MS = 5 * 60_000
/** An instance in trouble that has said nothing for so long, and for three of its runs, has gone. */
export const GONE_MS = 3 * 60_000

const CLASS_LENGTH = 40

/** The class of an error: the snake_case reason that it begins with, else its first words: numbers and ids differ from time to time. */
export function errorClass(error: string): string {
  const start = error.slice(0, 500)
  const reason = /^([a-z][a-z0-9_]*):/.exec(start)?.[1]
  const words = start.toLowerCase().match(/\b[a-z]+\b/g) ?? ['error']
  return (reason ?? words.slice(0, 6).join('_')).slice(0, CLASS_LENGTH)
}

/** The outage after one more report; undefined where there is none. */
export function nextOutage(before: Outage | undefined, report: Report): Outage | undefined {
  const at = Date.parse(report.ended_at)
  const isFailure = report.status === 'failed' || report.status === 'held'
  // One that kept coming back is over when a good report says so, not by silence.
  const isOver = before?.ended !== undefined && at - before.ended >= CALM_MS && (before.again === 0 || !isFailure)
  const outage = isOver ? undefined : before
  if (isFailure) return afterFailure(outage, report, at)
  if (report.status === 'running' || outage === undefined || outage.ended !== undefined) return outage
  return afterSuccess(outage, report, at)
}

function afterFailure(outage: Outage | undefined, report: Report, at: number): Outage {
  const { reports, attempts, classes, since, again, in: within, ended } = outage ?? NONE
  const name = errorClass(report.error)
  const cameBack = ended !== undefined
  return {
    since: outage ? since : at,
    reports: cameBack ? 1 : reports + 1,
    attempts: attempts + report.retries,
    classes: classes.includes(name) ? classes : [...classes, name],
    in: new Map(within).set(report.instance, at + Math.max(GONE_MS, 3 * (at - Date.parse(report.started_at)))),
    again: cameBack ? again + 1 : again,
  }
}
const NONE: Outage = { since: 0, reports: 0, attempts: 0, classes: [], in: new Map(), again: 0 }

/** One instance is well. The outage ends with the last of them that is in trouble or has gone. */
function afterSuccess(outage: Outage, report: Report, at: number): Outage | undefined {
  const left = new Map([...outage.in].filter(([instance, until]) => instance !== report.instance && until >= at))
  if (left.size > 0) return { ...outage, in: left }
  // Each told once and gone on: alarms such as an expiry, no outage.
  const wereAlarms = outage.in.has(report.instance) && report.status !== 'recovered' && outage.reports === outage.classes.length
  return wereAlarms && outage.again === 0 ? undefined : { ...outage, in: left, ended: at }
}

/**
 * Deliveries that stand still (`held`) or fail. `since`: when the trouble began, ISO: the first report of it, however long ago; `attempts`:
 * deliveries refused since then. `nextTry`: when the next attempt is made as the newest report says, ISO, empty where it does not. `advice`:
 * what an operator can do, a sentence; `command`: to look or to fix, empty where there is nothing to do.
 */
export type Trouble = {
  status: 'held' | 'failed'
  error: string
  since: string
  attempts: number
  nextTry: string
  advice: string
  command: string
}

/** Without a report for so long an instance has gone: an idle one reports every five minutes. */
const SILENT_MS = 10 * 60_000

/**
 * The gravest trouble that any living instance of a service is in, by its newest report; null where all is well.
 * @param told in order @param startedAt reports of instances that ended before the service's last start tell nothing of now
 */
export function troubleOf(told: readonly Told[], service: string, startedAt: string): Trouble | null {
  const latest = new Map<string, Report>()
  let outage: Outage | undefined
  for (const one of told) {
    if (one.kind !== 'report' || one.report.service !== service) continue
    latest.set(one.report.instance, one.report)
    outage = nextOutage(outage, one.report)
  }
  const newest = Math.max(...latest.values().map(({ ended_at }) => Date.parse(ended_at)))
  const living = [...latest.values()].filter(({ ended_at }) => ended_at >= startedAt && newest - Date.parse(ended_at) < SILENT_MS)
  const worst = living.find(({ status }) => status === 'held') ?? living.find(({ status }) => status === 'failed')
  if (!worst || !outage) return null
  const { status, error } = worst
  const { since, reports, attempts } = outage
  return {
    status: status as Trouble['status'],
    error,
    since: new Date(since).toISOString(),
    attempts: Math.max(reports, attempts),
    nextTry: worst.next_try ?? '',
    advice: adviceOf(error),
    command: commandOf(service, error),
  }
}

/** Whether a trouble may have begun before the first of these reports: then older ones are to be read. */
export function mayBeOlder(told: readonly Told[], service: string, { since }: Trouble): boolean {
  const first = told.find((one) => one.kind === 'report' && one.report.service === service)
  return first?.kind === 'report' && first.report.ended_at === since
}
