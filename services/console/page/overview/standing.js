// How it stands, as one sentence and as a list of what needs a person, gravest first. Pure: from a status and the time alone.
import { count } from '../frame/format.js'
import { hasNoMember, needsPerson, plainName, waitingLetters } from '../frame/names.js'

/** @typedef {import('../../status-routes.ts').StatusTold} Status */
/** @typedef {Status['services'][number]} Service */

/** A tenant may be quiet; nothing for longer is worth a look at the log stream. */
const QUIET_MS = 60 * 60_000
/** Requests that were refused longer ago are the past. */
const REFUSED_MS = 10 * 60_000
/** With these nothing may come at all. */
const GRAVE = new Set(['unauthorized', 'unavailable', 'internal'])

/** @param {Service} service */
const isOff = ({ state }) => state !== 'running'
/** @param {Service} service */
const isUnbalanced = ({ account }) => account !== null && !account.balances

/**
 * @param {Service[]} sinks
 * @returns {{ tone: 'good' | 'warn' | 'bad', text: string }}
 */
export function sentenceOf(sinks) {
  if (sinks.length === 0) return { tone: 'warn', text: 'No sink has announced itself yet' }
  const all = sinks.length
  const isBad = (sink) => needsPerson(sink) || isUnbalanced(sink)
  const bad = sinks.filter(isBad)
  const off = sinks.filter((sink) => isOff(sink) && !isBad(sink))
  const of = (some) =>
    all === 1 ? plainName(some[0].name) : some.length === all ? `All ${all} sinks` : `${some.length} of ${all} sinks`
  const one = (some) => some.length === 1
  if (bad.length > 0) return { tone: 'bad', text: `${of(bad)} ${one(bad) ? 'has' : 'have'} a problem` }
  if (off.length > 0) {
    const words = off.every(({ state }) => state === 'paused')
      ? 'paused'
      : off.every(({ state }) => state === 'stopped')
        ? 'stopped'
        : 'paused or stopped'
    const rest = off.length < all ? (all - off.length === 1 ? '; the other one delivers' : '; the others deliver') : ''
    return { tone: 'warn', text: `${of(off)} ${one(off) ? 'is' : 'are'} ${words}${rest}` }
  }
  return { tone: 'good', text: all === 1 ? `${plainName(sinks[0].name)} delivers` : `All ${all} sinks deliver` }
}

/**
 * What needs a person. `kind` says how it is shown; `service` or `left` what it is about.
 * @param {Status} status @param {number} now milliseconds
 */
export function needsOf(status, now) {
  const { services, notUnderstood, topic } = status
  const needs = []
  const add = (gravity, kind, more) =>
    needs.push({ gravity, kind, key: `${kind} ${more.service?.name ?? more.left?.topic ?? ''} ${more.reason ?? ''}`, ...more })
  for (const service of services) {
    if (service.trouble) add(service.trouble.status === 'held' ? 0 : 2, 'trouble', { service })
    else if (hasNoMember(service)) add(1, 'no member', { service })
    if (service.openReset !== '') add(1, 'open reset', { service })
    if (isUnbalanced(service)) add(1, 'unbalanced', { service })
    for (const { reason, bodies, lastAt } of service.intake?.refused ?? [])
      if (now - Date.parse(lastAt) < REFUSED_MS) add(GRAVE.has(reason) ? 3 : 5, 'refused', { service, reason, bodies, lastAt })
    // Who is in trouble tells of its dead letters there.
    if (waitingLetters(service) > 0 && !service.trouble) add(4, 'letters', { service, count: waitingLetters(service) })
    if ((service.account?.expired ?? 0) > 0) add(6, 'expired', { service, count: service.account.expired })
  }
  const ingest = services.find(({ kind }) => kind === 'ingest')
  const quietMs = topic.newest === '' ? 0 : now - Date.parse(topic.newest)
  if (ingest && quietMs > QUIET_MS) add(5, 'quiet', { service: ingest, since: topic.newest })
  for (const left of notUnderstood) add(7, 'left out', { left })
  return needs.toSorted((a, b) => a.gravity - b.gravity)
}

const LARGE = 'A body was larger than INGEST_MAX_BYTES, or held too many events. Auth0 repeats it: raise the limit.'

/** By the reason that the ingest gives: what it means for the logs, and what to do. */
const REFUSALS = {
  unauthorized:
    'The token does not match INGEST_TOKENS. If it is Auth0 that sends with it, nothing arrives until both are the same: compare it with the token of the log stream. Auth0 retries, so nothing is lost yet.',
  unavailable: 'Kafka took no events, or too many were waiting. Nothing is lost: Auth0 sends them again.',
  too_large: LARGE,
  too_many_events: LARGE,
}

/** @param {string} reason */
export const refusalWords = (reason) =>
  Object.hasOwn(REFUSALS, reason)
    ? REFUSALS[reason]
    : 'Auth0 sends a refused body again. The ingest’s own log says why it was refused.'

/** @param {string} reason snake_case */
export const wordsOf = (reason) => reason.replaceAll('_', ' ')

/** @param {Service} service */
export const refusedText = ({ intake }) =>
  intake.refused.length === 0
    ? 'none'
    : intake.refused.map(({ reason, bodies }) => `${count(bodies)} ${wordsOf(reason)}`).join(', ')
