// What a service did: runs ten a page, all or failed, each with its reports. Failures that repeat themselves are one row.
import { useRef, useState } from 'preact/hooks'
import { href, useQuery } from '../frame/address.js'
import { get } from '../frame/api.js'
import { count, duration } from '../frame/format.js'
import { html } from '../frame/html.js'
import { Choice, Dialog, Loaded, Mark, Pages } from '../frame/parts.js'
import { useLoaded, useNews } from '../frame/store.js'
import { Time } from '../frame/time.js'
import { Report } from './report.js'

const PER_PAGE = 10
/** News within this time are shown together. */
const CALM_MS = 1_000

export function Runs({ job }) {
  const service = job.name
  const [{ page: pageText, filter }, change] = useQuery({ page: '1', filter: '' })
  const page = Math.max(1, Math.floor(Number(pageText)) || 1)
  const [opened, setOpened] = useState()
  const query = new URLSearchParams({
    page: String(page),
    per_page: String(PER_PAGE),
    service,
    fold: 'true',
    ...(filter === 'errors' ? { filter } : {}),
  })
  const runs = useLoaded((signal) => get(`/api/report?${query}`, signal), [String(query)])
  const timer = useRef(0)
  const waits = useRef(page)
  waits.current = page
  useNews(
    'run',
    (run) => {
      if (run.service !== service || timer.current || waits.current !== 1) return
      timer.current = setTimeout(() => {
        timer.current = 0
        runs.reload()
      }, CALM_MS)
    },
    [service],
  )
  const go = (to) => change({ page: String(to) })
  return html`<section>
    <h2 id="runs">Runs</h2>
    <div class="row">
      <${Choice} label="Which runs" options=${[['', 'All runs'], ['errors', 'Failed runs']]} value=${filter} onChange=${(value) => change({ filter: value, page: '1' })} />
      <span>Last run: <strong><${Time} at=${runs.data?.lastRun} none="none yet" /></strong></span>
      <button onClick=${runs.reload}>Reload</button>
    </div>
    <${Loaded} of=${runs} isEmpty=${({ logs }) => logs.length === 0} empty=${filter ? 'No run has failed.' : 'Nothing has run yet. A run with work in it is reported when it ends, an empty one every five minutes.'}>
      ${({ logs, total }) => html`<${RunsTable} job=${job} runs=${logs} open=${setOpened} />
        <${Pages} page=${page} perPage=${PER_PAGE} total=${total} go=${go} what="runs" />`}
    <//>
    ${opened && html`<${RunDialog} run=${opened} onClose=${() => setOpened(undefined)} />`}
  </section>`
}

function RunsTable({ job, runs, open }) {
  return html`<div class="scroll" tabIndex="0" role="region" aria-labelledby="runs">
    <table class="cards dense runs">
      <thead><tr><th scope="col">Status</th><th scope="col">Start</th><th scope="col">End</th><th scope="col" class="num">Took</th><th scope="col" class="num">Logs processed</th><th scope="col" class="num">Dead-lettered</th><th scope="col">Checkpoint</th><th scope="col"><span class="hidden">What to do</span></th></tr></thead>
      <tbody>${runs.map((run) => html`<${RunRow} key=${run.run} job=${job} run=${run} open=${open} />`)}</tbody>
    </table>
  </div>`
}

function RunRow({ job, run, open }) {
  const { status, start, end, times, error, checkpoint, deadLettered, logsProcessed } = run
  const failed = status === 'failed' || status === 'held'
  return html`<tr>
    <td data-label="Status"><${Mark} state=${status} />${times > 1 ? html` <strong>×${count(times)}</strong>` : ''}</td>
    <td data-label="Start"><${Time} at=${start} brief /></td>
    <td data-label="End"><${Time} at=${end} /></td>
    <td class="num" data-label="Took">${duration(Date.parse(end) - Date.parse(start))}</td>
    <td class="num" data-label="Logs processed">${count(logsProcessed)}</td>
    <td class="num" data-label="Dead-lettered">${deadLettered > 0 ? html`<a class="bad" href=${href(['dead-letters', job.name])}>${count(deadLettered)}</a>` : '0'}</td>
    <td class="mono id" data-label="Checkpoint" title=${checkpoint}>${checkpoint || '–'}</td>
    <td class="acts"><button class="link" onClick=${() => open(run)} aria-label=${`Show logs of the run that ended ${end}`}>Show logs</button>${failed && checkpoint && REPLAYS[job.kind] ? html` <a href=${href([REPLAYS[job.kind]], { sink: job.kind === 'sink' ? job.name : '', from: checkpoint })} aria-label=${`Replay from the checkpoint of the run that ended ${end}`}>Replay from here</a>` : ''}</td>
  </tr>${error && status !== 'success' ? html`<tr class="note"><td colspan="8" class="words quiet">${error}</td></tr>` : ''}`
}

/** The page that goes on at a checkpoint. */
const REPLAYS = { sink: 'replay', backfill: 'backfill' }

/** Each is read from Kafka for itself. */
const SHOWN_REPORTS = 4

/** The reports of a run in full, as they are in the topic. */
function RunDialog({ run, onClose }) {
  const reports = useLoaded(
    (signal) => Promise.all(run.offsets.slice(-SHOWN_REPORTS).map((offset) => get(`/api/report/${offset}`, signal))),
    [run.run],
  )
  const many = run.times > 1 ? `${count(run.times)} runs · ` : ''
  const hidden = run.offsets.length > SHOWN_REPORTS
  return html`<${Dialog} title=${`Run of ${run.service}`} onClose=${onClose} wide>
    <p><${Mark} state=${run.status} /> · ${many}ended <${Time} at=${run.end} /> · ${count(run.logsProcessed)} processed${hidden ? `. Here the newest ${SHOWN_REPORTS} reports` : ''}</p>
    <${Loaded} of=${reports} empty="No report.">${(found) => found.toReversed().map((report) => html`<${Report} key=${report.instance + report.ended_at} report=${report} />`)}<//>
    <div class="actions"><button onClick=${onClose} autofocus>Close</button></div>
  <//>`
}
