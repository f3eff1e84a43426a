// Overview: how it stands, what needs a person, and every sink and the backfill with its switch.
import { useEffect, useState } from 'preact/hooks'
import { Account } from './ledger.js'
import { get } from '../frame/api.js'
import { count, plural, rate } from '../frame/format.js'
import { html } from '../frame/html.js'
import { displayName, serviceHref } from '../frame/names.js'
import { Failed, Loading, Mark, Notice, Spark } from '../frame/parts.js'
import { Time } from '../frame/time.js'
import { StateSwitch } from '../service/state-switch.js'
import { Trouble } from '../service/trouble.js'
import { useStore } from '../frame/store.js'

const isJob = ({ kind }) => kind === 'sink' || kind === 'backfill'

export function Overview() {
  const { status, failure } = useStore()
  if (!status) return html`<h1>Overview</h1>${failure ? html`<${Failed} failure=${failure} />` : html`<${Loading} />`}`
  const jobs = status.services.filter(isJob)
  return html`
    <h1>Overview</h1>
    ${status.notUnderstood.map((left) => html`<${LeftOut} key=${left.topic} left=${left} />`)}
    ${jobs.length === 0 ? html`<${NoJobs} />` : html`<${Account} services=${jobs} /><${JobsTable} jobs=${jobs} />`}
    <${Others} services=${status.services.filter((service) => !isJob(service))} topic=${status.topic} />
  `
}

const MOST_LEFT_OUT = 5

/** Records of others that were left out of a topic: how many, what it means for the logs, what to do, and the first of them. */
function LeftOut({ left: { topic, count: all, meaning, toDo, records } }) {
  const title = `${plural(all, 'record')} in ${topic} ${all === 1 ? 'is' : 'are'} not understood and left out`
  return html`<${Notice} tone="warn" title=${title}>
    <p>${meaning} ${toDo}</p>
    <details><summary>Which</summary><ul>${records
      .slice(0, MOST_LEFT_OUT)
      .map(
        ({ partition, offset, key, why }) =>
          html`<li key=${`${partition}/${offset}`} class="words">Partition ${partition}, offset ${offset}, key <code>${key || 'none'}</code>: ${why}.</li>`,
      )}</ul>${all > MOST_LEFT_OUT && html`<p class="quiet"><code>auth0-logs status --json</code> lists more of them.</p>`}</details>
  <//>`
}

const NoJobs = () => html`<div class="empty">
  <p><strong>No sink has announced itself yet.</strong></p>
  <p>Start one and it appears here: <code>node services/sinks/segment/main.ts</code>, or everything with <code>npm start</code>. If sinks do run, check that they have the same <code>TOPIC_PREFIX</code> and <code>KAFKA_BROKERS</code> as this console.</p>
</div>`

function JobsTable({ jobs }) {
  return html`<section>
    <h2 id="jobs" class="hidden">Sinks and backfill</h2>
    <div class="scroll" tabIndex="0" role="region" aria-labelledby="jobs">
    <table class="cards">
      <thead><tr>
        <th scope="col">Job</th><th scope="col">On</th><th scope="col">Last result</th><th scope="col">Next run</th>
        <th scope="col" class="num">Lag</th><th scope="col"><span class="hidden">Lag over the last hour</span></th><th scope="col">Oldest undelivered</th>
        <th scope="col" class="num">In</th><th scope="col" class="num">Out</th>
      </tr></thead>
      ${jobs.map((job) => html`<${JobRow} key=${job.name} job=${job} />`)}
    </table>
    </div>
  </section>`
}

function JobRow({ job }) {
  const { name, lag, trouble, lastRun, nextRun, schedule, oldestUndelivered, rateIn, rateOut } = job
  return html`<tbody>
    <tr>
      <th scope="row"><a href=${serviceHref(name)}><${displayName} of=${job} /></a></th>
      <td data-label="On"><${StateSwitch} job=${job} /></td>
      <td data-label="Last result">${lastRun ? html`<${Mark} state=${trouble ? trouble.status : lastRun.status} /> <span class="quiet"><${Time} at=${lastRun.end} /></span>` : html`<span class="quiet">none yet</span>`}</td>
      <td data-label="Next run">${nextRun ? html`<${Time} at=${nextRun} />` : html`<span class="quiet">${nextRunText(job, schedule)}</span>`}</td>
      <td class="num" data-label="Lag">${count(lag)}</td>
      <td class="sparkcell"><${LagSpark} name=${name} lag=${lag} /></td>
      <td data-label="Oldest undelivered">${lag ? html`<${Time} at=${oldestUndelivered} none="not known" />` : html`<span class="quiet">${lag === null ? '–' : 'nothing waits'}</span>`}</td>
      <td class="num" data-label="In">${rate(rateIn)}</td>
      <td class="num" data-label="Out">${rate(rateOut)}</td>
    </tr>
    ${(trouble || job.members.length === 0) && html`<tr class="note"><td colspan="9"><${Trouble} job=${job} /></td></tr>`}
  </tbody>`
}

const nextRunText = ({ state }, schedule) => (state === 'running' ? schedule : state)

function LagSpark({ name, lag }) {
  const [past, setPast] = useState([])
  useEffect(() => {
    const gone = new AbortController()
    get(`/api/history/${encodeURIComponent(name)}`, gone.signal).then(
      ({ points }) => setPast(points.map(([, value]) => value)),
      () => {},
    )
    return () => gone.abort()
  }, [name])
  useEffect(() => {
    if (lag !== null) setPast((before) => [...before.slice(-239), lag])
  }, [lag])
  if (lag === null) return null
  return html`<${Spark} values=${past} label=${`Lag over the last hour, at most ${count(Math.max(0, ...past))}`} />`
}

/** Ingest, Slack and the console itself: a line each. */
function Others({ services, topic }) {
  if (services.length === 0) return null
  return html`<section aria-labelledby="others">
    <h2 id="others">Also here</h2>
    <p class="quiet">Topic <code>${topic.name}</code> holds ${plural(topic.records, 'event')} in ${plural(topic.partitions, 'partition')}.
    ${services.map(({ name, version, startedAt, trouble }) => html` <span key=${name} class="other"><a href=${serviceHref(name)}>${name}</a> ${version}${trouble ? html` <${Mark} state=${trouble.status} />` : ''}, started <${Time} at=${startedAt} />.</span>`)}</p>
  </section>`
}
