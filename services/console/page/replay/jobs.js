// Jobs: replays of a range, redrives and backfills, under way and ended, and resets that somebody broke off.
import { useEffect, useState } from 'preact/hooks'
import { get, perform } from '../frame/api.js'
import { count } from '../frame/format.js'
import { html } from '../frame/html.js'
import { plainName } from '../frame/names.js'
import { Confirm, Failed, Loading, Mark, Notice, Outcome, useWork } from '../frame/parts.js'
import { mayChange } from '../frame/store.js'
import { Time } from '../frame/time.js'

const JOBS_MS = 2_000

export function Jobs() {
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
