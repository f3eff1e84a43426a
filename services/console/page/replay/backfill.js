// Backfill: a range of Auth0's own log read once more, for what Kafka never had or holds no longer.
import { useEffect, useState } from 'preact/hooks'
import { href, useQuery } from '../frame/address.js'
import { perform } from '../frame/api.js'
import { html } from '../frame/html.js'
import { serviceHref } from '../frame/names.js'
import { Confirm, Failed, Loading, Mark, Notice } from '../frame/parts.js'
import { mayChange, useStore } from '../frame/store.js'
import { moment, Time, useZone } from '../frame/time.js'
import { FollowedJob } from './following.js'
import { RecentJobs } from './jobs.js'
import { PlaceInput, placeOf, Presets, textOf } from './place.js'

const NAME = 'backfill'

export function Backfill() {
  const { status, failure } = useStore()
  if (!status) return html`<h1>Backfill</h1>${failure ? html`<${Failed} failure=${failure} />` : html`<${Loading} />`}`
  const service = status.services.find(({ kind }) => kind === NAME)
  return html`<h1>Backfill</h1>
    <p class="quiet">The ingest reads a range of the tenant’s log through the Management API into the topic, and every sink delivers it. Use it for logs that the topic never had, or holds no longer. What the topic still holds is delivered again faster with a <a href=${href(['replay'])}>replay</a>.</p>
    ${service ? html`<${Service} service=${service} />` : html`<${Notice} title="No ingest here reads the Management API">Start one with <code>BACKFILL=poll</code> or <code>BACKFILL=reconcile</code> and the <code>AUTH0_…</code> settings.<//>`}
    <${Form} canBackfill=${service !== undefined} sinks=${status.services.filter(({ kind }) => kind === 'sink').length} />
    <${RecentJobs} kinds=${[NAME]} />`
}

/** What it does by itself. */
function Service({ service: { name, state, schedule, nextRun, lastRun, checkpoint, trouble } }) {
  const facts = [
    ['State', html`<${Mark} state=${trouble ? trouble.status : state} />`],
    ['Last run', lastRun ? html`<${Mark} state=${lastRun.status} /> <${Time} at=${lastRun.end} />` : 'none yet'],
    ['Next run', nextRun ? html`<${Time} at=${nextRun} />` : state === 'running' ? schedule : state],
    ['Checkpoint', html`<span class="mono id">${checkpoint || '–'}</span>`],
  ]
  return html`<section aria-label="The backfill service">
    ${trouble && html`<${Notice} tone="bad" title="The backfill fails; retrying"><span class="words">${trouble.error}</span><p>${trouble.advice}</p><//>`}
    <dl class="facts">${facts.map(([term, value]) => html`<div key=${term}><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>
    <p><a href=${serviceHref(name)}>Its page</a> · <a href=${serviceHref(name, 'runs')}>Runs</a> · <a href=${serviceHref(name, 'schedule')}>Schedule</a></p>
  </section>`
}

function Form({ canBackfill, sinks }) {
  const [asked, ask] = useQuery({ from: '', to: '' })
  const { from, to } = asked
  const [draft, setDraft] = useState(() => draftOf(asked))
  const [asking, setAsking] = useState(false)
  const [done, setDone] = useState()
  useEffect(() => setDraft(draftOf(asked)), [from, to])
  useEffect(() => setDone(undefined), [draft])
  const given = { from: textOf(draft.from), to: draft.to.kind === 'latest' ? '' : textOf(draft.to) }
  const isComplete = given.from !== '' && textOf(draft.to) !== ''
  return html`
    <form class="card" onSubmit=${(event) => {
      event.preventDefault()
      setAsking(true)
    }}>
      <${Presets} choose=${ask} />
      <div class="row">
        <${PlaceInput} label="First log" place=${draft.from} change=${(place) => setDraft({ ...draft, from: place })} only=${['time', 'log_id']} />
        <${PlaceInput} label="Last log, inclusive" place=${draft.to} change=${(place) => setDraft({ ...draft, to: place })} end only=${['latest', 'time', 'log_id']} />
        <button class="primary" disabled=${!mayChange() || !canBackfill || !isComplete} title=${mayChange() ? undefined : 'Needs the role operator'}>Backfill…</button>
      </div>
    </form>
    ${done && html`<${FollowedJob} id=${done.job} />`}
    ${
      asking &&
      html`<${Confirm} title="Read this range again?" confirm="Backfill" onClose=${() => setAsking(false)} act=${async (
        progress,
      ) => setDone(await perform('backfill', { ...given, detach: true }, progress))}>
        <p>From <${PlaceText} text=${given.from} /> to <${PlaceText} text=${given.to} />.</p>
        <p>Every log of this range that Auth0 still holds is published into the topic, and ${sinks === 1 ? 'the sink delivers it' : `all ${sinks} sinks deliver it`}. Logs that were delivered before are delivered again.</p>
        <p class="quiet">It runs beside the webhook at the pace that Auth0’s rate limit allows, and can be cancelled.</p>
    <//>`
    }`
}

const draftOf = ({ from, to }) => ({ from: placeOf(from || '-1h'), to: placeOf(to || 'latest', true) })

function PlaceText({ text }) {
  useZone()
  if (text === '') return 'now'
  return text.includes('-')
    ? html`<strong title=${text}>${moment(Date.parse(text))}</strong>`
    : html`<code class="words">${text}</code>`
}
