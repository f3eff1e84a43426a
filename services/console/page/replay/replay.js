// Replay: deliver again. What would happen is shown first; then it is done, and its progress is shown. All that is asked for stands in
// the address, so that other pages link to it: `#/replay?sink=segment&from=yesterday&to=yesterday`.
import { useEffect, useState } from 'preact/hooks'
import { href, useQuery } from '../frame/address.js'
import { get, perform } from '../frame/api.js'
import { html } from '../frame/html.js'
import { plainName } from '../frame/names.js'
import { Choice, Confirm, Failed, Loading, Notice, Outcome, useWork } from '../frame/parts.js'
import { useLoaded, useStore } from '../frame/store.js'
import { clock, useZone } from '../frame/time.js'
import { FollowedJob, Rewound } from './following.js'
import { JobsPage, RecentJobs } from './jobs.js'
import { PlaceInput, placeOf, Presets, textOf } from './place.js'
import { Preview } from './preview.js'

export function Replay({ rest: [part] }) {
  const { status, failure } = useStore()
  const isJobs = part === 'jobs'
  const link = (key, text) =>
    html`<a href=${href(['replay', ...(key ? [key] : [])])} aria-current=${isJobs === (key === 'jobs') ? 'page' : undefined}>${text}</a>`
  return html`<h1>Replay</h1>
    <nav class="choice" aria-label="Parts of Replay">${link('', 'Deliver again')}${link('jobs', 'Jobs')}</nav>
    ${
      isJobs
        ? html`<${JobsPage} />`
        : !status
          ? failure
            ? html`<${Failed} failure=${failure} />`
            : html`<${Loading} />`
          : html`<${DeliverAgain} sinks=${status.services.filter(({ kind }) => kind === 'sink')} />`
    }`
}

const FALLBACKS = { sink: '', way: '', from: '', to: '', rate: '' }

function DeliverAgain({ sinks }) {
  const [asked, ask] = useQuery(FALLBACKS)
  /** What was applied, until something else is asked for. */
  const [done, setDone] = useState()
  if (sinks.length === 0) return html`<p class="empty">No sink has announced itself yet, so there is nothing to replay to.</p>`
  const sink = (
    sinks.find(({ name }) => name === asked.sink) ??
    sinks.find(({ name }) => name === `${asked.sink}.sandbox`) ??
    sinks[0]
  ).name
  const query = { ...asked, sink, way: asked.way || 'job' }
  return html`
    <${Form} sinks=${sinks} asked=${query} ask=${(change) => {
      setDone(undefined)
      ask(change)
    }} />
    ${
      done
        ? html`<${Done} result=${done} />`
        : query.from !== '' && html`<${Looked} key=${JSON.stringify(query)} asked=${query} done=${setDone} />`
    }
    <${RecentJobs} kinds=${['replay', 'redrive']} />`
}

/** The values that an operation takes. */
const givenOf = ({ sink, way, from, to, rate }) => ({
  sink,
  from: textOf(placeOf(from)),
  ...(way === 'job' ? { to: textOf(placeOf(to || 'latest', true)), rate } : {}),
})

const WAYS = [
  ['job', 'Re-deliver a range'],
  ['reset', 'Rewind the sink to…'],
]

function Form({ sinks, asked, ask }) {
  const { sink, way } = asked
  const address = JSON.stringify(asked)
  const [draft, setDraft] = useState(() => draftOf(asked))
  useEffect(() => setDraft(draftOf(asked)), [address])
  const began = useFailure(sinks.find(({ name }) => name === sink))
  useZone()
  const isJob = way === 'job'
  const more = began
    ? [[`Since the failure began (${clock(began)})`, () => ({ from: new Date(began).toISOString(), to: 'latest' })]]
    : []
  const change = (part) => setDraft((before) => ({ ...before, ...part }))
  const look = (event) => {
    event.preventDefault()
    ask({ from: textOf(draft.from), to: isJob ? textOf(draft.to) : '', rate: isJob ? draft.rate : '' })
  }
  return html`<form class="card" onSubmit=${look}>
    <div class="row">
      <div class="field"><span>Sink</span><${Choice} label="Sink" options=${sinks.map(({ name }) => [name, plainName(name)])} value=${sink} onChange=${(name) => ask({ sink: name })} /></div>
      <div class="field"><span>How</span><${Choice} label="How" options=${WAYS} value=${way} onChange=${(next) => ask({ way: next === 'job' ? '' : next })} /></div>
    </div>
    <p class="quiet">${isJob ? 'The events of the range are delivered once more beside the live ones, as fast as you say. The committed offsets stay.' : 'The sink goes back to a place and delivers everything from there on again. It stops for some seconds for that.'}</p>
    <${Presets} more=${more} choose=${({ from, to }) => ask({ from, to: isJob ? to : '' })} />
    <div class="row">
      <${PlaceInput} label=${isJob ? 'From' : 'Rewind to'} place=${draft.from} change=${(from) => change({ from })} />
      ${
        isJob &&
        html`<${PlaceInput} label="To, inclusive" place=${draft.to} change=${(to) => change({ to })} end only=${['latest', 'time', 'log_id', 'earliest', 'offset']} />
        <label class="field">Events a second <input inputmode="numeric" value=${draft.rate} onInput=${(e) => change({ rate: e.target.value })} placeholder="500" size="8" /></label>`
      }
      <button class="primary" disabled=${textOf(draft.from) === '' || (isJob && textOf(draft.to) === '')}>Preview</button>
    </div>
  </form>`
}

const draftOf = ({ from, to, rate }) => ({ from: placeOf(from || '-1h'), to: placeOf(to || 'latest', true), rate })

/** What the operation says that it would do, and the button that has it done. */
function Looked({ asked, done }) {
  const found = useLoaded(() => perform('replay', givenOf(asked)), [])
  const [asking, setAsking] = useState(false)
  const work = useWork()
  const act = async (progress) => done(await perform('replay', { ...givenOf(asked), apply: true }, progress))
  if (!found.data)
    return found.failure ? html`<${Refused} failure=${found.failure} again=${found.reload} />` : html`<${Loading} />`
  const { skipped } = found.data
  return html`
    <${Preview} preview=${found.data} busy=${work.busy} apply=${() => (skipped > 0 ? setAsking(true) : work.run(act))} />
    <${Outcome} of=${work} />
    ${
      asking &&
      html`<${Confirm} title=${`Pass over events of ${plainName(asked.sink)}?`} confirm="Rewind" danger onClose=${() => setAsking(false)} act=${act}>
        <p>Events that wait for ${plainName(asked.sink)} now will never be delivered to it.</p><//>`
    }`
}

/** What was asked for makes no sense, or cannot be done now: that is no failure of the page. */
function Refused({ failure, again }) {
  if (failure.code !== 'wrong_use' && failure.code !== 'refused') return html`<${Failed} failure=${failure} again=${again} />`
  const [, field = '', problem] = /^(from|to|rate|sink): (.*)$/is.exec(failure.message) ?? []
  const names = { from: 'From', to: 'To', rate: 'Events a second', sink: 'Sink' }
  return html`<${Notice} tone="bad" title="There is no preview">${field ? `${names[field.toLowerCase()]} ${problem}` : failure.message}<//>`
}

function Done({ result }) {
  return html`<section>${result.job ? html`<${FollowedJob} id=${result.job} />` : html`<${Rewound} result=${result} />`}</section>`
}

/** A failure so soon after the one before is the same trouble. */
const CALM_MS = 5 * 60_000

/** When a sink's trouble began, or the newest that it had; milliseconds. */
function useFailure(service) {
  const runs = useLoaded(
    (signal) => get(`/api/report?${new URLSearchParams({ filter: 'errors', per_page: '50', service: service.name })}`, signal),
    [service.name],
  )
  if (service.trouble) return Date.parse(service.trouble.since)
  const [newest, ...older] = runs.data?.logs ?? []
  if (!newest) return undefined
  let began = Date.parse(newest.start)
  for (const { start, end } of older) {
    if (began - Date.parse(end) > CALM_MS) break
    began = Math.min(began, Date.parse(start))
  }
  return began
}
