// Which reports are news: an outage is one story, told as a failure at once, updates, and one recovery. Pure: driven by the reports and
// their times alone.
import { createHash } from 'node:crypto'
import { CALM_MS, errorClass, GONE_MS } from '../operations/outages.ts'
import { isIntake, type Report } from '../topics/records.ts'
import type { Coalesced, Outage, State } from './state.ts'

/** What a person is to be told of a report. */
export type News =
  | { kind: 'success'; report: Report }
  /** An outage begins; `again`: how often it has come back soon after a recovery. */
  | { kind: 'failed'; report: Report; since: number; again: number }
  /** Goes on failing: attempts that were refused in the time since it was last told. `another`: for another reason than before. */
  | { kind: 'ongoing'; report: Report; since: number; count: number; spanMs: number; another: boolean }
  /** `again`: how often it had come back before it held. */
  | { kind: 'recovered'; report: Report; since: number; until: number; again: number }
  /** Retention was faster than the sink. */
  | { kind: 'expired'; report: Report }

/** The first update of an ongoing failure; then 10, 20, 40 minutes: a night of failure is no flood. */
export const UPDATE_MS = 5 * 60_000
const LONGEST_UPDATE_MS = 60 * 60_000
/** Updates of what was long ago are no help: they count into the next one. */
const FRESH_MS = 2 * 60_000
const FORGOTTEN_MS = 24 * 60 * 60_000
const EXPIRED = 'expired'

/** @param now decides only whether an update is still fresh */
export function takeReport(before: State, report: Report, now: number): { state: State; news: News[] } {
  const state: State = structuredClone(before)
  const at = Date.parse(report.ended_at)
  if (Number.isNaN(at)) return { state, news: [] }
  forget(state, report.service, at)
  switch (report.status) {
    case 'failed':
    case 'held':
      return { state, news: trouble(state, report, at, now) }
    case 'recovered':
    case 'success':
    case 'idle':
      return { state, news: good(state, report, at, now) }
    default:
      return { state, news: [] }
  }
}

function trouble(state: State, report: Report, at: number, now: number): News[] {
  const { service } = report
  const name = errorClass(report.error)
  const known = state.outages.get(service)
  const outage: Outage = known ?? { since: at, reports: 0, classes: new Map(), in: new Map(), again: 0, silent: true }
  state.outages.set(service, outage)
  outage.reports++
  outage.in.set(shortOf(report.instance), at + Math.max(GONE_MS, 3 * (at - Date.parse(report.started_at))))
  const cameBack = outage.ended !== undefined
  if (cameBack) {
    outage.ended = undefined
    outage.again++
    outage.reports = 1
  }
  const told = outage.classes.get(name) ?? state.alarms.get(alarmKey(service, name))
  if (told) outage.classes.set(name, told)
  // One that has just been told as recovered must not be thought so; after that the window decides.
  if (!told || (cameBack && outage.again === 1)) {
    outage.classes.set(name, toldNow(at))
    const isFirst = outage.silent || cameBack
    delete outage.silent
    const { since, again, reports } = outage
    return isFirst
      ? [{ kind: 'failed', report, since, again }]
      : [{ kind: 'ongoing', report, since, count: reports, spanMs: at - since, another: true }]
  }
  const update = coalesce(told, report, at, now)
  if (!update) return []
  delete outage.silent
  return [{ kind: 'ongoing', report, since: outage.since, ...update, another: false }]
}

function good(state: State, report: Report, at: number, now: number): News[] {
  const news: News[] = []
  const { service, status } = report
  const outage = state.outages.get(service)
  if (outage && outage.ended === undefined) news.push(...recovered(state, outage, report, at))
  else if (outage && outage.again > 0 && at - outage.ended! >= CALM_MS) news.push(...recoveredForGood(state, outage, report))
  if (report.expired > 0) {
    const key = alarmKey(service, EXPIRED)
    const told = state.alarms.get(key)
    if (!told) state.alarms.set(key, toldNow(at))
    if (!told || coalesce(told, report, at, now)) news.push({ kind: 'expired', report })
  }
  if (status === 'success' && !isIntake(report)) news.push({ kind: 'success', report })
  return news
}

/** One instance is well. The outage ends with the last of them that is in trouble or has gone. */
function recovered(state: State, outage: Outage, report: Report, at: number): News[] {
  const wasIn = outage.in.delete(shortOf(report.instance))
  for (const [instance, until] of outage.in) if (until < at) outage.in.delete(instance)
  if (outage.in.size > 0) return []
  const eachOnce = outage.reports === outage.classes.size
  if (wasIn && report.status !== 'recovered' && eachOnce && outage.again === 0) {
    // Each told once and gone on: alarms, no outage. There is nothing that recovered.
    for (const [name, told] of outage.classes) state.alarms.set(alarmKey(report.service, name), told)
    state.outages.delete(report.service)
    return []
  }
  if (outage.silent) {
    state.outages.delete(report.service)
    return []
  }
  outage.ended = at
  if (outage.again > 0) return []
  return [{ kind: 'recovered', report, since: outage.since, until: at, again: 0 }]
}

/** An outage that kept coming back has been away for a while. */
function recoveredForGood(state: State, outage: Outage, report: Report): News[] {
  state.outages.delete(report.service)
  return [{ kind: 'recovered', report, since: outage.since, until: outage.ended!, again: outage.again }]
}

const toldNow = (at: number): Coalesced => ({ at, step: 0, reports: 0, attempts: 0 })

/** Counts a failure into its class; answers the update where one is due. */
function coalesce(told: Coalesced, report: Report, at: number, now: number): { count: number; spanMs: number } | undefined {
  told.reports++
  told.attempts += report.retries
  const spanMs = at - told.at
  if (spanMs < Math.min(LONGEST_UPDATE_MS, UPDATE_MS * 2 ** told.step) || now - at > FRESH_MS) return undefined
  const count = Math.max(told.attempts, told.reports)
  Object.assign(told, toldNow(at), { step: Math.min(told.step + 1, 10) })
  return { count, spanMs }
}

/** What is past: an outage that ended and held, an alarm of yesterday. */
function forget(state: State, service: string, at: number): void {
  const outage = state.outages.get(service)
  if (outage?.ended !== undefined && outage.again === 0 && at - outage.ended >= CALM_MS) state.outages.delete(service)
  for (const [key, told] of state.alarms) if (at - told.at > FORGOTTEN_MS) state.alarms.delete(key)
}

const alarmKey = (service: string, name: string) => `${service} ${name}`
const shortOf = (instance: string) => createHash('sha256').update(instance).digest('base64url').slice(0, 6)
