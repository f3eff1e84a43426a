// Which reports are news: a failure at once, an ongoing one coalesced, one recovery. Pure: driven by the reports and their times alone.
import { createHash } from 'node:crypto'
import type { Report } from '../topics/records.ts'
import { type Coalesced, newState, type Outage, type State } from './state.ts'

/** What a person is to be told of a report. */
export type News =
  | { kind: 'success'; report: Report }
  /** Fails, or fails in another way than before; `again`: soon after a recovery, so often. */
  | { kind: 'failed'; report: Report; since: number; again: number }
  /** Goes on failing: attempts that were refused in the time since it was last told. */
  | { kind: 'ongoing'; report: Report; since: number; count: number; spanMs: number }
  /** `again`: how often it had come back before it held. `since` is 0 where the failure was not seen. */
  | { kind: 'recovered'; report: Report; since: number; until: number; again: number }
  /** Retention was faster than the sink. */
  | { kind: 'expired'; report: Report }

/** The first update of an ongoing failure; then 10, 20, 40 minutes: a night of failure is no flood. */
export const UPDATE_MS = 5 * 60_000
const LONGEST_UPDATE_MS = 60 * 60_000
/** A failure so soon after a recovery is the same outage, and so long must it hold then. */
export const CALM_MS = 5 * 60_000
/** Updates of what was long ago are no help: they count into the next one. */
const FRESH_MS = 2 * 60_000
/** An instance in trouble that has said nothing for so long, and for three of its runs, has gone. */
const GONE_MS = 3 * 60_000
const FORGOTTEN_MS = 24 * 60 * 60_000
const EXPIRED = 'expired'

/** @param now decides only whether an update is still fresh */
export function takeReport(before: State, report: Report, now: number): { state: State; news: News[] } {
  const state: State = structuredClone(before) ?? newState()
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

const CLASS_LENGTH = 40

/** The class of an error: the snake_case reason that it begins with, else its first words: numbers and ids differ from time to time. */
export function errorClass(error: string): string {
  const reason = /^([a-z][a-z0-9_]*):/.exec(error)?.[1]
  const words = error.toLowerCase().match(/\b[a-z]+\b/g) ?? ['error']
  return (reason ?? words.slice(0, 6).join('_')).slice(0, CLASS_LENGTH)
}

function trouble(state: State, report: Report, at: number, now: number): News[] {
  const { service } = report
  const name = errorClass(report.error)
  const known = state.outages[service]
  const outage: Outage = known ?? { since: at, reports: 0, classes: {}, in: {}, again: 0 }
  state.outages[service] = outage
  outage.reports++
  outage.in[shortOf(report.instance)] = at + Math.max(GONE_MS, 3 * (at - Date.parse(report.started_at)))
  const cameBack = outage.ended !== undefined
  if (cameBack) {
    outage.ended = undefined
    outage.again++
    outage.reports = 1
  }
  const told = outage.classes[name] ?? state.alarms[alarmKey(service, name)]
  if (told) outage.classes[name] = told
  // One that has just been told as recovered must not be thought so; after that the window decides.
  if (!told || (cameBack && outage.again === 1)) {
    outage.classes[name] = toldNow(at)
    return [{ kind: 'failed', report, since: outage.since, again: outage.again }]
  }
  const update = coalesce(told, report, at, now)
  return update ? [{ kind: 'ongoing', report, since: outage.since, ...update }] : []
}

function good(state: State, report: Report, at: number, now: number): News[] {
  const news: News[] = []
  const { service, status } = report
  const outage = state.outages[service]
  if (outage && outage.ended === undefined) news.push(...mended(state, outage, report, at))
  else if (outage && outage.again > 0 && at - outage.ended! >= CALM_MS) news.push(...held(state, outage, report))
  else if (!outage && status === 'recovered') news.push({ kind: 'recovered', report, since: 0, until: at, again: 0 })
  if (report.expired > 0) {
    const key = alarmKey(service, EXPIRED)
    const told = state.alarms[key]
    if (!told) state.alarms[key] = toldNow(at)
    if (!told || coalesce(told, report, at, now)) news.push({ kind: 'expired', report })
  }
  if (status === 'success') news.push({ kind: 'success', report })
  return news
}

/** One instance is well. The outage ends with the last of them that is in trouble or has gone. */
function mended(state: State, outage: Outage, report: Report, at: number): News[] {
  const own = shortOf(report.instance)
  const wasIn = own in outage.in
  delete outage.in[own]
  for (const [instance, until] of Object.entries(outage.in)) if (until < at) delete outage.in[instance]
  if (Object.keys(outage.in).length > 0) return []
  const eachOnce = outage.reports === Object.keys(outage.classes).length
  if (wasIn && report.status !== 'recovered' && eachOnce && outage.again === 0) {
    // Each told once and gone on: alarms, no outage. There is nothing that recovered.
    for (const [name, told] of Object.entries(outage.classes)) state.alarms[alarmKey(report.service, name)] = told
    delete state.outages[report.service]
    return []
  }
  outage.ended = at
  if (outage.again > 0) return []
  return [{ kind: 'recovered', report, since: outage.since, until: at, again: 0 }]
}

/** An outage that kept coming back has been away for a while. */
function held(state: State, outage: Outage, report: Report): News[] {
  delete state.outages[report.service]
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
  const outage = state.outages[service]
  if (outage?.ended !== undefined && outage.again === 0 && at - outage.ended >= CALM_MS) delete state.outages[service]
  for (const [key, told] of Object.entries(state.alarms)) if (at - told.at > FORGOTTEN_MS) delete state.alarms[key]
}

const alarmKey = (service: string, name: string) => `${service} ${name}`
const shortOf = (instance: string) => createHash('sha256').update(instance).digest('base64url').slice(0, 6)
