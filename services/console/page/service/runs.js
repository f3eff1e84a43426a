// What a job did: runs ten a page, all or failed, each with its report.
import { useRef, useState } from 'preact/hooks'
import { get } from '../frame/api.js'
import { count, duration } from '../frame/format.js'
import { html } from '../frame/html.js'
import { Choice, Dialog, Loaded, Mark, Notice, Pages } from '../frame/parts.js'
import { Time } from '../frame/time.js'
import { useLoaded, useNews } from '../frame/store.js'

const PER_PAGE = 10
/** News within this time are shown together. */
const CALM_MS = 1_000

export function Runs({ service }) {
  const [page, setPage] = useState(1)
  const [filter, setFilter] = useState('')
  const [opened, setOpened] = useState()
  const query = new URLSearchParams({ page: String(page), per_page: String(PER_PAGE), service, ...(filter ? { filter } : {}) })
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
  const choose = (value) => {
    setFilter(value)
    setPage(1)
  }
  return html`<section>
    <h2 id="runs">Runs</h2>
    <div class="row">
      <${Choice} label="Which runs" options=${[['', 'All runs'], ['errors', 'Failed runs']]} value=${filter} onChange=${choose} />
      <span>Last run: <strong><${Time} at=${runs.data?.lastRun} none="none yet" /></strong></span>
      <button onClick=${runs.reload}>Reload</button>
    </div>
    <${Loaded} of=${runs} isEmpty=${({ logs }) => logs.length === 0} empty=${filter ? 'No run has failed.' : 'Nothing has run yet. A run with work in it is reported when it ends, an empty one every five minutes.'}>
      ${({ logs, total }) => html`<${RunsTable} runs=${logs} open=${setOpened} />
        <${Pages} page=${page} perPage=${PER_PAGE} total=${total} go=${setPage} what="runs" />`}
    <//>
    ${opened && html`<${RunDialog} run=${opened} onClose=${() => setOpened(undefined)} />`}
  </section>`
}

function RunsTable({ runs, open }) {
  return html`<div class="scroll" tabIndex="0" role="region" aria-labelledby="runs">
    <table class="cards dense">
      <thead><tr><th scope="col">Status</th><th scope="col">Start</th><th scope="col">End</th><th scope="col" class="num">Logs processed</th><th scope="col">Checkpoint</th><th scope="col"><span class="hidden">Report</span></th></tr></thead>
      <tbody>${runs.map(
        (run) => html`<tr key=${run.run}>
        <td data-label="Status"><${Mark} state=${run.status} /></td>
        <td data-label="Start"><${Time} at=${run.start} /></td>
        <td data-label="End"><${Time} at=${run.end} /> <span class="quiet">${duration(Date.parse(run.end) - Date.parse(run.start))}</span></td>
        <td class="num" data-label="Logs processed">${count(run.logsProcessed)}</td>
        <td class="mono id" data-label="Checkpoint">${run.checkpoint || '–'}</td>
        <td><button class="link" onClick=${() => open(run)} aria-label=${`Show logs of the run that ended ${run.end}`}>Show logs</button></td>
      </tr>${run.error && run.status !== 'success' ? html`<tr class="note"><td colspan="6" class="words quiet">${run.error}</td></tr>` : ''}`,
      )}</tbody>
    </table>
  </div>`
}

/** The reports of a run in full, as they are in the topic. */
function RunDialog({ run, onClose }) {
  const reports = useLoaded(
    (signal) => Promise.all(run.offsets.slice(-20).map((offset) => get(`/api/report/${offset}`, signal))),
    [run.run],
  )
  return html`<${Dialog} title=${`Run of ${run.service}`} onClose=${onClose} wide>
    <p><${Mark} state=${run.status} /> · ended <${Time} at=${run.end} /> · ${count(run.logsProcessed)} processed</p>
    <${Loaded} of=${reports} empty="No report.">${(found) => found.map((report) => html`<${Report} key=${report.instance + report.ended_at} report=${report} />`)}<//>
    <div class="actions"><button onClick=${onClose} autofocus>Close</button></div>
  <//>`
}

const COUNTS = [
  'processed',
  'delivered',
  'filtered',
  'duplicates',
  'dead_lettered',
  'expired',
  'retries',
  'bytes',
  'missing',
  'recovered',
]

function Report({ report: { advice, ...report } }) {
  const { error, status } = report
  return html`
    ${
      error &&
      html`<${Notice} tone=${status === 'recovered' ? 'good' : 'bad'} title=${status === 'recovered' ? 'Recovered from' : 'What the vendor or Kafka said'}>
      <p class="words">${error}</p>${advice && html`<p>${advice}</p>`}
    <//>`
    }
    <dl class="facts">${COUNTS.filter((name) => report[name] !== undefined).map((name) => html`<div key=${name}><dt>${name.replace('_', '-')}</dt><dd class="num">${count(report[name])}</dd></div>`)}</dl>
    <h3>Report</h3>
    <pre tabIndex="0">${JSON.stringify(report, null, 2)}</pre>
  `
}
