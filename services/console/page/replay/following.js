// What became of a replay: a rewound sink while it delivers again, and a job while it is carried out.
import { useEffect, useRef, useState } from 'preact/hooks'
import { href } from '../frame/address.js'
import { perform } from '../frame/api.js'
import { count, duration, rate } from '../frame/format.js'
import { html } from '../frame/html.js'
import { plainName, serviceHref } from '../frame/names.js'
import { Mark, Notice } from '../frame/parts.js'
import { useStore } from '../frame/store.js'
import { clock } from '../frame/time.js'

const LOOK_MS = 2_000
/** Two moments that are closer say nothing of a pace, and a status so young may be from before a reset. */
const APART_MS = 1_000
/** The pace is that of the last seconds. */
const PACE_MS = 15_000

/** Units a second over the last seconds, null until two moments can be compared. @param {number} done */
function usePace(done) {
  const seen = useRef([])
  const now = Date.now()
  const last = seen.current.at(-1)
  if (!last || last[1] !== done) seen.current = [...seen.current.filter(([at]) => now - at < PACE_MS), [now, done]]
  const [first] = seen.current
  return now - first[0] < APART_MS ? null : Math.max(0, ((done - first[1]) * 1000) / (now - first[0]))
}

/** @param {{ title: string, done: number, total: number, unit?: string, what: string, children?: unknown }} props */
function Going({ title, done, total, unit = '', what, children }) {
  const pace = usePace(done)
  const left = pace > 0 ? ((total - done) / pace) * 1000 : undefined
  return html`<section class="card following" aria-label=${title} aria-live="polite">
    <h2>${title}</h2>
    <div class="progress"><progress value=${done} max=${total || 1} aria-label=${what}></progress>
      <span><strong>${count(done)} of ${count(total)}</strong>${unit} ${what}</span></div>
    <p class="quiet">${
      done >= total
        ? ''
        : left === undefined
          ? 'Measuring the pace…'
          : html`${unit ? '' : html`${rate(pace)} · `}about ${duration(left)} left, until ${clock(Date.now() + left, 'seconds')}`
    }</p>
    ${children}
  </section>`
}

const Links = ({ sink }) =>
  html`<p><a href=${serviceHref(sink)}>${plainName(sink)}</a> · <a href=${href(['live'], { sink })}>Live events</a></p>`

/**
 * A sink that was rewound: how much of what it delivers again is out. The service's status says it, once it was read after the reset.
 * @param {{ result: { sink: string, events: number, partitions: { partition: number, to: number }[] } }} props what `replay` answered
 */
export function Rewound({ result: { sink, events, partitions } }) {
  const { status } = useStore()
  const begun = useRef(status?.at)
  const isNew = status && Date.parse(status.at) - Date.parse(begun.current) > APART_MS
  const service = status?.services.find(({ name }) => name === sink)
  const past = (row) => Math.max(0, (service?.partitions.find((one) => one.partition === row.partition)?.next ?? row.to) - row.to)
  const done = isNew
    ? Math.min(
        events,
        partitions.reduce((sum, row) => sum + past(row), 0),
      )
    : 0
  const isDone = isNew && done >= events
  return html`<${Going} title=${isDone ? `${plainName(sink)} has delivered all of it again` : `${plainName(sink)} is rewound and delivers again`} done=${done} total=${events} what="events">
    ${service && html`<p>Waiting now: <strong>${count(service.lag)}</strong>, new events included · out ${rate(service.rateOut)}</p>`}
    ${service && service.state !== 'running' && html`<${Notice} tone="warn" title=${`${plainName(sink)} is ${service.state}`}>Nothing is delivered until it is ${service.state === 'paused' ? 'resumed' : 'started'}.<//>`}
    ${service?.trouble && html`<${Notice} tone="bad" title="Deliveries are failing; retrying"><span class="words">${service.trouble.error}</span><//>`}
    <${Links} sink=${sink} />
  <//>`
}

/** A job that is under way, until it has ended. @param {{ id: string, ended?: () => void }} props */
export function FollowedJob({ id, ended = () => {} }) {
  const [job, setJob] = useState()
  const isOpen = !job || job.endedAt === ''
  useEffect(() => {
    if (!isOpen) return void ended()
    let gone = false
    let timer = 0
    const look = () =>
      perform('jobs show', { id })
        .then(
          (found) => gone || setJob(found),
          () => {},
        )
        .finally(() => (timer = gone ? 0 : setTimeout(look, LOOK_MS)))
    look()
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [id, isOpen])
  if (!job) return html`<p class="empty" role="status">Job ${id} was created.</p>`
  const { kind, sink, state, done, total, unit, delivered, failed, leftOut, waits, error, advice } = job
  const isBackfill = kind === 'backfill'
  return html`<${Going} title=${TITLES[kind]} done=${done} total=${total} unit=${unit === 'minutes' ? ' min' : ''} what=${isBackfill ? 'of the tenant’s log' : 'events'}>
    <p><${Mark} state=${state === 'waiting' ? 'wanted' : state} /> · ${isBackfill ? `${count(delivered)} published` : `${count(delivered)} delivered`}${leftOut > 0 ? ` · ${count(leftOut)} left out by the filter or not asked for` : ''}${failed > 0 ? html` · <a class="bad" href=${href(['dead-letters', sink])}>${count(failed)} dead letters</a>` : ''}</p>
    ${waits && html`<${Notice} tone="warn" title="The job waits">${waits}<//>`}
    ${error && html`<${Notice} tone="bad" title=${state === 'failed' ? 'The job failed' : 'Deliveries do not succeed; retrying'}><span class="words">${error}</span>${advice && html`<p>${advice}</p>`}<//>`}
    ${isBackfill ? '' : html`<${Links} sink=${sink} />`}
  <//>`
}
const TITLES = { replay: 'Re-delivering', redrive: 'Redriving', backfill: 'Backfilling' }
