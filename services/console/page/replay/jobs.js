// Jobs: replays of a range, redrives and backfills, under way and ended, and resets that somebody broke off.
import { useEffect, useState } from 'preact/hooks'
import { href, useQuery } from '../frame/address.js'
import { get, perform } from '../frame/api.js'
import { count } from '../frame/format.js'
import { html } from '../frame/html.js'
import { plainName, serviceHref } from '../frame/names.js'
import { Choice, Confirm, Failed, Loading, Mark, Notice, Outcome, Pages, useWork } from '../frame/parts.js'
import { mayChange, useNews } from '../frame/store.js'
import { moment, Time, useZone } from '../frame/time.js'

/** While some are under way. Where none is, the next one is heard of: whatever makes one is on record. */
const OPEN_MS = 2_000
const PER_PAGE = 20
const RECENT = 5

const isOpen = ({ state }) => state === 'waiting' || state === 'running'

/** The jobs that fit, read again while they go on. @param {object} asked as the operation `jobs list` takes it */
function useJobs(asked) {
  const [state, setState] = useState({})
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    let gone = false
    let timer = 0
    const look = async () => {
      const found = await perform('jobs list', asked).catch((failure) => ({ failure }))
      if (gone) return
      setState((before) => (found.failure ? { ...before, failure: found.failure } : found))
      if (found.failure || found.jobs.some(isOpen)) timer = setTimeout(next, OPEN_MS)
    }
    const next = () => (document.visibilityState === 'visible' ? look() : (timer = setTimeout(next, OPEN_MS)))
    look()
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [JSON.stringify(asked), turn])
  const reload = () => setTurn((n) => n + 1)
  // Whatever an operator did, here or elsewhere, may have made a job or ended one.
  useNews('audit', reload)
  return { ...state, reload }
}

/** The newest of some kinds, below a form. @param {{ kinds: string[] }} props */
export function RecentJobs({ kinds }) {
  const found = useJobs({ limit: RECENT, kind: kinds })
  return html`<section>
    <h2 id="work">Newest jobs</h2>
    <${BrokenResets} />
    <${Shown} found=${found} />
    <p><a href=${href(['replay', 'jobs'])}>All jobs</a></p>
  </section>`
}

const KINDS = [
  ['', 'All'],
  ['replay', 'Replays'],
  ['redrive', 'Redrives'],
  ['backfill', 'Backfills'],
]

/** All of them, by kind and page; `job` in the address is the one that a link leads to. */
export function JobsPage() {
  const [{ kind, page, job }, change] = useQuery({ kind: '', page: '1', job: '' })
  const at = Math.max(1, Number(page) || 1)
  const found = useJobs({ kind, limit: PER_PAGE, page: at })
  return html`<section>
    <h2 id="work" class="hidden">Jobs</h2>
    <${BrokenResets} />
    <div class="row"><${Choice} label="Kinds" options=${KINDS} value=${kind} onChange=${(next) => change({ kind: next, page: '1' })} /></div>
    <${Shown} found=${found} chosen=${job} />
    ${found.jobs && found.total > PER_PAGE ? html`<${Pages} page=${at} perPage=${PER_PAGE} total=${found.total} go=${(next) => change({ page: String(next) })} what="jobs" />` : ''}
  </section>`
}

function Shown({ found: { jobs, failure, reload }, chosen }) {
  const [cancelling, setCancelling] = useState()
  return html`
    ${failure && html`<${Failed} failure=${failure} />`}
    ${!jobs && !failure && html`<${Loading} />`}
    ${jobs && (jobs.length === 0 ? html`<p class="empty">No replay, redrive or backfill has been asked for.</p>` : html`<${JobsTable} jobs=${jobs} chosen=${chosen} cancel=${setCancelling} />`)}
    ${
      cancelling &&
      html`<${Confirm} title="Cancel this job?" confirm="Cancel the job" danger onClose=${() => setCancelling(undefined)} act=${async (
        progress,
      ) => {
        await perform('jobs cancel', { id: cancelling.id }, progress)
        reload()
      }}><p>It ends where it is: ${progressText(cancelling)} done, and what it has delivered stays delivered. It cannot be continued, only asked for again.</p><//>`
    }`
}

const COLUMNS = [
  ['Job', ''],
  ['State', ''],
  ['Progress', ''],
  ['Delivered', 'num'],
  ['Failed', 'num'],
  ['From – to', ''],
  ['Asked for', ''],
]

function JobsTable({ jobs, chosen, cancel }) {
  useZone()
  return html`<div class="scroll" tabIndex="0" role="region" aria-labelledby="work"><table class="cards dense jobs">
    <thead><tr>${COLUMNS.map(([title, how]) => html`<th key=${title} scope="col" class=${how}>${title}</th>`)}<th scope="col"><span class="hidden">Cancel</span></th></tr></thead>
    <tbody>${jobs.map((job) => html`<${Row} key=${job.id} job=${job} isChosen=${job.id === chosen} cancel=${cancel} />`)}</tbody>
  </table></div>`
}

function Row({ job, isChosen, cancel }) {
  const { id, kind, sink, state, done, total, delivered, failed, by, since, endedAt, waits, error } = job
  const note = error || waits
  return html`<tr id=${id} class=${isChosen ? 'chosen' : ''}>
      <th scope="row" data-label="Job">${kind} <a href=${serviceHref(sink)}>${plainName(sink)}</a></th>
      <td data-label="State"><${Mark} state=${state === 'waiting' ? 'wanted' : state} /></td>
      <td data-label="Progress"><span class="bar"><progress value=${done} max=${total || 1} aria-label=${`Progress of ${id}`}></progress> <span class="num">${progressText(job)}</span></span></td>
      <td class="num" data-label=${kind === 'backfill' ? 'Published' : 'Delivered'}>${count(delivered)}</td>
      <td class="num" data-label="Failed">${failed > 0 ? html`<a class="bad" href=${href(['dead-letters', sink], { from: since })}>${count(failed)}</a>` : count(failed)}</td>
      <td data-label="From – to"><span>${job.only ? html`<span class="words">${job.only}</span><br />` : ''}${shortPlace(job.from)} – ${job.to === '' ? 'now' : shortPlace(job.to)}</span></td>
      <td data-label="Asked for"><span>${by}<br /><${Time} at=${since} />${endedAt ? html`<br /><span class="quiet">ended <${Time} at=${endedAt} brief /></span>` : ''}</span></td>
      <td>${isOpen(job) && mayChange() && html`<button class="link" onClick=${() => cancel(job)} aria-label=${`Cancel ${kind} ${id}…`}>Cancel…</button>`}</td>
    </tr>${note ? html`<tr class=${`note ${isChosen ? 'chosen' : ''}`}><td colspan="8" class=${error ? 'words bad' : 'quiet'}>${note}</td></tr>` : ''}`
}

const progressText = ({ done, total, unit }) => `${count(done)} of ${count(total)}${unit === 'minutes' ? ' min' : ''}`

/** A time as all times are shown; the end of a log_id, which tells it from others. */
function shortPlace(place) {
  const ms = /^\d{4}-\d\d-\d\dT/.test(place) ? Date.parse(place) : Number.NaN
  if (!Number.isNaN(ms)) return html`<span title=${place}>${moment(ms)}</span>`
  return place.length > 24
    ? html`<span class="mono" title=${place}>…${place.slice(-12)}</span>`
    : html`<span class="mono">${place}</span>`
}

/** Resets that are not at their end, as the control topic has them. */
function BrokenResets() {
  const [resets, setResets] = useState([])
  const load = () =>
    get('/api/jobs').then(
      ({ jobs }) => setResets(jobs.filter(({ kind }) => kind === 'reset')),
      () => {},
    )
  useEffect(() => {
    load()
    const timer = setInterval(() => document.visibilityState === 'visible' && load(), OPEN_MS)
    return () => clearInterval(timer)
  }, [])
  return resets.map((reset) => html`<${BrokenReset} key=${reset.service} reset=${reset} done=${load} />`)
}

/** A reset whose operator went away in the middle, or is at it right now. */
function BrokenReset({ reset, done }) {
  const work = useWork()
  const name = plainName(reset.service)
  const act = (how) =>
    work.run(async (progress) => {
      await perform('replay', { sink: reset.service, [how]: true }, progress)
      done()
    })
  return html`<${Notice} tone="warn" title=${`A rewind of ${name} is not at its end`}>
    <p>Begun by ${reset.by} <${Time} at=${reset.at} />, to ${shortPlace(reset.from)}. If nobody is at it any more, finish it, or abort it to have offsets and state as they were.</p>
    <${Outcome} of=${work} />
    ${mayChange() && html`<div class="actions"><button disabled=${work.busy} onClick=${() => act('finish')}>Finish</button><button disabled=${work.busy} onClick=${() => act('abort')}>Abort</button></div>`}
  <//>`
}
