// Jobs: every sink and the backfill, what it does, how far behind it is, and the switch.
import { useEffect, useState } from 'preact/hooks'
import { Account } from './account.js'
import { get, perform } from './api.js'
import { count, plural, rate } from './format.js'
import { html } from './html.js'
import { displayName, plainName, waitingLetters } from './names.js'
import { Confirm, Failed, Loading, Mark, Notice, Spark, Time } from './parts.js'
import { mayChange, set, useStore } from './store.js'

const isJob = ({ kind }) => kind === 'sink' || kind === 'backfill'

export function Jobs() {
  const { status, failure } = useStore()
  if (!status) return html`<h1>Jobs</h1>${failure ? html`<${Failed} failure=${failure} />` : html`<${Loading} />`}`
  const jobs = status.services.filter(isJob)
  return html`
    <h1>Jobs</h1>
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
      <th scope="row"><a href=${`#/jobs/${encodeURIComponent(name)}`}><${displayName} of=${job} /></a></th>
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

/** What is wrong with a job and what to do; nothing where nothing is. */
export function Trouble({ job }) {
  const { name, trouble, members, state, kind, lag } = job
  if (trouble) {
    const title =
      trouble.status === 'held' ? 'On hold: delivery is stopped until this is fixed' : 'Deliveries are failing; retrying'
    const letters = waitingLetters(job)
    return html`<${Notice} tone="bad" title=${title}>
      <p class="words">${trouble.error}</p>
      <p>${trouble.advice} Nothing is lost${lag ? html`: ${plural(lag, 'event')} wait${lag === 1 ? 's' : ''} in Kafka` : ''}${letters > 0 ? html`, and <a href=${lettersOf(name)}>${plural(letters, 'event')} in the dead letters</a> can be redriven once this is fixed` : ''}. Since <${Time} at=${trouble.since} />.</p>
    <//>`
  }
  if (members.length > 0 || state === 'stopped' || kind !== 'sink') return null
  return html`<${Notice} tone="warn" title=${`No ${plainName(name)} process is running`}>
    Its consumer group has no members, so nothing is delivered. Start it: delivery resumes where it stopped.
  <//>`
}

const lettersOf = (name) => `#/letters/${encodeURIComponent(name)}`

/** On = running. Pausing asks first and says what it means. */
export function StateSwitch({ job }) {
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState()
  const on = job.state === 'running'
  const resume = async () => {
    setBusy(true)
    setFailure(undefined)
    await changeState('resume', job.name).catch(setFailure)
    setBusy(false)
  }
  return html`
    <button role="switch" class="switch" aria-checked=${on} aria-label=${`${plainName(job.name)} is ${job.state}`} disabled=${!mayChange() || busy}
      title=${mayChange() ? undefined : 'Needs the role operator'} onClick=${() => (on ? setAsking(true) : resume())}><span></span></button>
    ${job.state !== 'running' && html` <${Mark} state=${job.state} />`}
    ${job.setBy && job.state !== 'running' && html` <span class="quiet">by ${job.setBy.by}, <${Time} at=${job.setBy.at} /></span>`}
    ${failure && html`<${Notice} tone="bad" title="Not done">${failure.message}<//>`}
    ${asking && html`<${PauseDialog} job=${job} onClose=${() => setAsking(false)} />`}
  `
}

function PauseDialog({ job, onClose }) {
  const name = plainName(job.name)
  return html`<${Confirm} title=${`Pause ${name}?`} confirm="Pause" onClose=${onClose} act=${() => changeState('pause', job.name)}>
    <p>Nothing is delivered to it until it is resumed. ${job.lag ? `${plural(job.lag, 'event')} wait${job.lag === 1 ? 's' : ''} already. ` : ''}New events wait in Kafka and are delivered then.</p>
    <p class="quiet">Kafka keeps an event for the topic’s retention (LOG_RETENTION_DAYS, 35 days unless set): do not leave it paused for longer.</p>
  <//>`
}

/** The new state is shown at once; the next status confirms it. */
export async function changeState(verb, sink) {
  const { after } = await perform(verb, { sink })
  const status = await get('/api/status')
  const services = status.services.map((service) => (service.name === sink ? { ...service, state: after.state } : service))
  set({ status: { ...status, services } })
}

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
    ${services.map(({ name, version, startedAt, trouble }) => html` <span key=${name} class="other"><a href=${`#/jobs/${encodeURIComponent(name)}`}>${name}</a> ${version}${trouble ? html` <${Mark} state=${trouble.status} />` : ''}, started <${Time} at=${startedAt} />.</span>`)}</p>
  </section>`
}
