// Replay: deliver again. What would happen is shown first; then it is done, and can be watched and cancelled.
import { useEffect, useState } from 'preact/hooks'
import { get, perform } from './api.js'
import { count, plural } from './format.js'
import { html } from './html.js'
import { plainName } from './names.js'
import { Choice, Confirm, Failed, Loading, Mark, Notice, Outcome, Time, useWork } from './parts.js'
import { mayChange, useStore } from './store.js'

const JOBS_MS = 2_000
/** How a place is said, by kind. */
const PLACES = [
  ['time', 'a time'],
  ['log_id', 'a log_id'],
  ['earliest', 'the oldest that Kafka holds'],
  ['latest', 'now'],
  ['offset', 'an offset'],
  ['shift', 'a number of events back'],
]
/** As a datetime-local input has it, in the browser's time zone. */
function anHourAgo() {
  const then = new Date(Date.now() - 3_600_000)
  return new Date(then.getTime() - then.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}

/** The place in the words that operations read; empty while it is not complete. */
const textOf = ({ kind, value }) => {
  if (kind === 'earliest' || kind === 'latest') return kind
  if (value.trim() === '') return ''
  if (kind === 'time') return Number.isNaN(Date.parse(value)) ? '' : new Date(value).toISOString()
  if (kind === 'shift') return `shift:-${value.trim().replace(/^-/, '')}`
  return kind === 'offset' ? `offset:${value.trim()}` : value.trim()
}

export function Replay({ rest: [chosen = ''] }) {
  const { status, failure } = useStore()
  if (!status) return html`<h1>Replay</h1>${failure ? html`<${Failed} failure=${failure} />` : html`<${Loading} />`}`
  const sinks = status.services.filter(({ kind }) => kind === 'sink')
  const canBackfill = status.services.some(({ kind }) => kind === 'backfill')
  return html`<h1>Replay</h1>
    ${sinks.length === 0 ? html`<p class="empty">There is no sink to replay to yet.</p>` : html`<${Form} sinks=${sinks} chosen=${chosen} />`}
    <${Backfill} canBackfill=${canBackfill} />
    <${Work} />`
}

/** A range of Auth0's own log once more: for what Kafka never had, or holds no longer. */
function Backfill({ canBackfill }) {
  const [from, setFrom] = useState({ kind: 'time', value: anHourAgo() })
  const [to, setTo] = useState({ kind: 'latest', value: '' })
  const [asking, setAsking] = useState(false)
  const [done, setDone] = useState()
  const given = () => ({ from: textOf(from), to: to.kind === 'latest' ? '' : textOf(to), detach: true })
  useEffect(() => setDone(undefined), [from, to])
  const isComplete = textOf(from) !== '' && textOf(to) !== ''
  return html`<section aria-labelledby="backfill">
    <h2 id="backfill">Read from Auth0 again</h2>
    <form class="card" onSubmit=${(event) => {
      event.preventDefault()
      setAsking(true)
    }}>
      <p class="quiet">The ingest reads a range of the tenant’s log through the Management API into the topic, and every sink delivers it. Use it for logs that the topic never had or holds no longer.</p>
      ${canBackfill ? '' : html`<p>No ingest here reads the Management API. Start one with <code>BACKFILL=poll</code> or <code>reconcile</code> and the <code>AUTH0_…</code> settings.</p>`}
      <div class="row">
        <${Place} label="First log" place=${from} change=${setFrom} only=${['time', 'log_id']} />
        <${Place} label="Last log, inclusive" place=${to} change=${setTo} only=${['latest', 'time', 'log_id']} />
        <button class="primary" disabled=${!mayChange() || !canBackfill || !isComplete} title=${mayChange() ? undefined : 'Needs the role operator'}>Backfill…</button>
      </div>
    </form>
    ${done && html`<${Notice} tone="good" title="Backfill started">Job ${done.job}: its progress is below.<//>`}
    ${
      asking &&
      html`<${Confirm} title="Read this range again?" confirm="Backfill" onClose=${() => setAsking(false)} act=${async (progress) => setDone(await perform('backfill', given(), progress))}>
      <p>From <code>${textOf(from)}</code> to ${to.kind === 'latest' ? 'now' : html`<code>${textOf(to)}</code>`}. Logs that were delivered before are delivered to every sink again.</p>
    <//>`
    }
  </section>`
}

function Form({ sinks, chosen }) {
  const [sink, setSink] = useState(chosen || sinks[0].name)
  const [way, setWay] = useState('reset')
  const [from, setFrom] = useState({ kind: 'time', value: anHourAgo() })
  const [to, setTo] = useState({ kind: 'latest', value: '' })
  const [rate, setRate] = useState('')
  const [preview, setPreview] = useState()
  const [asking, setAsking] = useState(false)
  const [done, setDone] = useState()
  const work = useWork()
  const given = () => ({ sink, from: textOf(from), ...(way === 'job' ? { to: textOf(to), rate } : {}) })
  useEffect(() => {
    setPreview(undefined)
    setDone(undefined)
    work.clear()
  }, [sink, way, from, to, rate])
  const look = (event) => {
    event.preventDefault()
    work.run(async (progress) => setPreview(await perform('replay', given(), progress)))
  }
  const apply = async (progress) => {
    setDone(await perform('replay', { ...given(), apply: true }, progress))
    setPreview(undefined)
  }
  return html`
    <form class="card" onSubmit=${look}>
      <${Choice} label="How" options=${[['reset', 'Rewind the sink'], ['job', 'Re-deliver a range']]} value=${way} onChange=${setWay} />
      <p class="quiet">${way === 'reset' ? 'Sets the sink’s committed offsets: it stops, is set, and goes on from there. What it has delivered since is delivered again.' : 'The sink’s own service delivers the range once more beside the live events, as fast as you say. The committed offsets stay.'}</p>
      <div class="row">
        <label class="field">Sink <select value=${sink} onChange=${(e) => setSink(e.target.value)}>${sinks.map(({ name }) => html`<option key=${name} value=${name}>${plainName(name)}</option>`)}</select></label>
        <${Place} label="From" place=${from} change=${setFrom} />
        ${
          way === 'job' &&
          html`<${Place} label="To, inclusive" place=${to} change=${setTo} without=${['shift']} />
          <label class="field">Events a second <input inputmode="numeric" value=${rate} onInput=${(e) => setRate(e.target.value)} placeholder="500" size="8" /></label>`
        }
        <button class="primary" disabled=${work.busy || textOf(from) === ''}>${work.busy ? 'Looking…' : 'Preview'}</button>
      </div>
    </form>
    <${Outcome} of=${work} />
    ${done && html`<${Notice} tone="good" title="Done">${done.message}<//>`}
    ${preview && html`<${Preview} preview=${preview} apply=${() => setAsking(true)} />`}
    ${
      asking &&
      html`<${Confirm} title=${preview?.kind === 'job' ? 'Deliver this range again?' : `Set ${plainName(sink)} to this place?`} confirm=${preview?.kind === 'job' ? 'Deliver again' : 'Replay'} danger=${preview?.skipped > 0} onClose=${() => setAsking(false)} act=${apply}>
      ${preview && html`<${Summary} preview=${preview} />`}
    <//>`
    }
  `
}

function Place({ label, place: { kind, value }, change, without = [], only = [] }) {
  const places = PLACES.filter(([key]) => !without.includes(key) && (only.length === 0 || only.includes(key)))
  const needsValue = kind !== 'earliest' && kind !== 'latest'
  return html`<div class="field"><span>${label}</span><span class="pair">
    <select aria-label=${`${label}: how`} value=${kind} onChange=${(e) => change({ kind: e.target.value, value: e.target.value === 'time' ? anHourAgo() : '' })}>${places.map(([key, text]) => html`<option key=${key} value=${key}>${text}</option>`)}</select>
    ${needsValue && html`<input class=${kind === 'time' ? '' : 'mono'} aria-label=${`${label}: ${kind}`} type=${kind === 'time' ? 'datetime-local' : 'text'} step="1" value=${value} onInput=${(e) => change({ kind, value: e.target.value })} />`}
  </span></div>`
}

function Summary({ preview: { kind, sink, events, repeated, skipped, rate, warnings } }) {
  return html`
    <p><strong>${plural(events, 'event')}</strong> ${kind === 'job' ? `are delivered to ${plainName(sink)} again${rate ? `, ${count(rate)} a second` : ', as fast as it goes'}.` : `are delivered to ${plainName(sink)} from there to the end of the log.`}</p>
    ${repeated > 0 && html`<p>${count(repeated)} of these were delivered before and will be sent again.</p>`}
    ${skipped > 0 && html`<${Notice} tone="bad" title=${`${plural(skipped, 'event')} are passed over`}>They were never delivered and will not be.<//>`}
    ${warnings.map((warning) => html`<${Notice} key=${warning} tone="warn" title="Note">${warning}<//>`)}
    ${kind === 'reset' && html`<p class="quiet">The sink stops for some seconds and starts again as it was. Its account begins anew at the new place.</p>`}
  `
}

function Preview({ preview, apply }) {
  const { kind, partitions, events, notes } = preview
  const isJob = kind === 'job'
  return html`<section>
    <h2 id="preview">Preview: nothing has changed yet</h2>
    <${Summary} preview=${preview} />
    ${notes.map((note) => html`<p key=${note} class="quiet">${note}</p>`)}
    <div class="scroll" tabIndex="0" role="region" aria-labelledby="preview"><table class="dense">
      <thead><tr><th scope="col">Partition</th><th scope="col" class="num">${isJob ? 'First offset' : 'Offset now'}</th><th scope="col" class="num">${isJob ? 'Last offset' : 'Offset then'}</th><th scope="col" class="num">Events</th></tr></thead>
      <tbody>${partitions.map((row) => html`<tr key=${row.partition}><th scope="row">${row.partition}</th><td class="num">${count(row.from)}</td><td class="num">${count(row.to)}</td><td class="num">${count(row.events)}</td></tr>`)}</tbody>
      <tfoot><tr><th scope="row">All</th><td></td><td></td><td class="num">${count(events)}</td></tr></tfoot>
    </table></div>
    <div class="actions"><button class="primary" onClick=${apply} disabled=${!mayChange() || (isJob && events === 0)} title=${mayChange() ? undefined : 'Needs the role operator'}>Apply…</button></div>
  </section>`
}

/** Jobs under way and ended, and resets that somebody broke off. */
function Work() {
  const [jobs, setJobs] = useState()
  const [failure, setFailure] = useState()
  const [cancelling, setCancelling] = useState()
  const [broken, setBroken] = useState([])
  const load = () => {
    perform('jobs list', { limit: 50 }).then(({ jobs: found }) => {
      setJobs(found)
      setFailure(undefined)
    }, setFailure)
    get('/api/jobs').then(
      ({ jobs: all }) => setBroken(all.filter(({ kind }) => kind === 'reset')),
      () => {},
    )
  }
  useEffect(() => {
    load()
    const timer = setInterval(() => document.visibilityState === 'visible' && load(), JOBS_MS)
    return () => clearInterval(timer)
  }, [])
  const shown = (jobs ?? []).filter(({ kind }) => kind !== 'reset')
  return html`<section>
    <h2 id="work">Jobs</h2>
    ${broken.map((reset) => html`<${BrokenReset} key=${reset.service} reset=${reset} done=${load} />`)}
    ${failure && html`<${Failed} failure=${failure} />`}
    ${!jobs && !failure && html`<${Loading} />`}
    ${jobs && (shown.length === 0 ? html`<p class="empty">No replay, redrive or backfill has been asked for.</p>` : html`<${JobsTable} jobs=${shown} cancel=${setCancelling} />`)}
    ${
      cancelling &&
      html`<${Confirm} title="Cancel this job?" confirm="Cancel the job" danger onClose=${() => setCancelling(undefined)} act=${async (
        progress,
      ) => {
        await perform('jobs cancel', { id: cancelling.id }, progress)
        load()
      }}><p>It ends where it is: ${count(cancelling.done)} of ${count(cancelling.total)} are done, and what it has delivered stays delivered. It cannot be continued, only asked for again.</p><//>`
    }
  </section>`
}

function JobsTable({ jobs, cancel }) {
  const isOpen = ({ state }) => state === 'waiting' || state === 'running'
  return html`<div class="scroll" tabIndex="0" role="region" aria-labelledby="work"><table class="cards dense">
    <thead><tr><th scope="col">Job</th><th scope="col">Sink</th><th scope="col">State</th><th scope="col">Progress</th><th scope="col" class="num">Delivered</th><th scope="col" class="num">Failed</th><th scope="col">From – to</th><th scope="col">Asked for</th><th scope="col"><span class="hidden">Cancel</span></th></tr></thead>
    <tbody>${jobs.map(
      (job) => html`<tr key=${job.id}>
      <th scope="row" data-label="Job">${job.kind}</th><td data-label="Sink">${plainName(job.sink)}</td>
      <td data-label="State"><${Mark} state=${job.state === 'waiting' ? 'wanted' : job.state} /></td>
      <td data-label="Progress"><progress value=${job.done} max=${job.total || 1} aria-label=${`Progress of ${job.id}`}></progress> <span class="num">${count(job.done)} of ${count(job.total)}</span></td>
      <td class="num" data-label="Delivered">${count(job.delivered)}</td><td class=${`num ${job.failed > 0 ? 'bad' : ''}`} data-label="Failed">${count(job.failed)}</td>
      <td data-label="From – to" class="words">${shortPlace(job.from)} – ${shortPlace(job.to)}</td>
      <td data-label="Asked for" class="quiet">${job.by}, <${Time} at=${job.since} /></td>
      <td>${isOpen(job) && mayChange() && html`<button class="link" onClick=${() => cancel(job)}>Cancel…</button>`}</td>
    </tr>${job.error ? html`<tr class="note"><td colspan="9" class="words bad">${job.error}</td></tr>` : ''}`,
    )}</tbody>
  </table></div>`
}

const shortPlace = (place) => (place.length > 24 ? `…${place.slice(-12)}` : place)

/** A reset whose operator went away in the middle, or is at it right now. */
function BrokenReset({ reset, done }) {
  const work = useWork()
  const act = (how) =>
    work.run(async (progress) => {
      await perform('replay', { sink: reset.service, [how]: true }, progress)
      done()
    })
  return html`<${Notice} tone="warn" title=${`A reset of ${plainName(reset.service)} is not at its end`}>
    <p>Begun by ${reset.by} <${Time} at=${reset.at} />, to ${reset.from}. If nobody is at it any more, finish it, or abort it to have offsets and state as they were.</p>
    <${Outcome} of=${work} />
    ${mayChange() && html`<div class="actions"><button disabled=${work.busy} onClick=${() => act('finish')}>Finish</button><button disabled=${work.busy} onClick=${() => act('abort')}>Abort</button></div>`}
  <//>`
}
