// The way of the logs, drawn once and live: Auth0, ingest, topic, and each sink. Each box is the way to more.
import { useEffect, useState } from 'preact/hooks'
import { href } from '../frame/address.js'
import { get } from '../frame/api.js'
import { count, plural, rate } from '../frame/format.js'
import { html } from '../frame/html.js'
import { displayName, serviceHref, waitingLetters } from '../frame/names.js'
import { Mark, Spark } from '../frame/parts.js'
import { moment, Time } from '../frame/time.js'
import { StateSwitch } from '../service/state-switch.js'
import { refusedText } from './standing.js'

export function Pipeline({ status, sinks }) {
  const { services, topic } = status
  const ingest = services.find(({ kind }) => kind === 'ingest')
  const backfill = services.find(({ kind }) => kind === 'backfill')
  return html`<section aria-labelledby="pipeline">
    <h2 id="pipeline" class="hidden">The way of the logs</h2>
    <ol class="flow">
      <li><div class="stop">
        <h3>Auth0</h3>
        <dl>${ingest && html`<${Fact} term="Webhook" value="sends to the ingest" />`}</dl>
        ${backfill && html`<${Backfill} job=${backfill} />`}
      </div></li>
      ${ingest && html`<li><${Ingest} ingest=${ingest} topic=${topic} /></li>`}
      <li><${Topic} topic=${topic} /></li>
      ${sinks.length > 0 && html`<li class="wide"><ul class="sinks" aria-label="Sinks">${sinks.map((sink) => html`<${Sink} key=${sink.name} sink=${sink} />`)}</ul></li>`}
    </ol>
  </section>`
}

const Fact = ({ term, value, tone = '' }) => html`<div><dt>${term}</dt><dd class=${tone}>${value}</dd></div>`

function Ingest({ ingest, topic }) {
  const { intake, name } = ingest
  const letters = waitingLetters(ingest)
  return html`<div class="stop">
    <h3><a href=${serviceHref(name)}>Ingest</a></h3>
    <dl>
      <${Fact} term="Received" value=${rate(topic.rateIn)} />
      <${Fact} term="Last event" value=${html`<${Time} at=${topic.newest} none="none yet" />`} />
      <${Fact} term="Refused, last hour" value=${refusedText(ingest)} tone=${intake.refused.length > 0 ? 'bad' : ''} />
      <${Fact} term="Quarantined" value=${letters > 0 ? html`<a class="bad" href=${href(['dead-letters', name])}>${plural(letters, 'part')}</a>` : 'none'} />
    </dl>
  </div>`
}

const HOUR_MS = 3_600_000

/** How long the topic keeps an event. */
function kept(ms) {
  if (ms === -1) return 'for ever'
  return ms < 48 * HOUR_MS ? plural(Math.round(ms / HOUR_MS), 'hour') : plural(Math.round(ms / (24 * HOUR_MS)), 'day')
}

function Topic({ topic }) {
  return html`<div class="stop">
    <h3>Topic <code class="quiet">${topic.name}</code></h3>
    <dl>
      <${Fact} term="Holds" value=${plural(topic.records, 'event')} />
      <${Fact} term="Oldest" value=${html`<${Time} at=${topic.oldest} />`} />
      ${topic.retentionMs !== null && html`<${Fact} term="Keeps them" value=${kept(topic.retentionMs)} />`}
      <${Fact} term="Partitions" value=${count(topic.partitions)} />
    </dl>
  </div>`
}

function Backfill({ job }) {
  return html`<div class="part">
    <h4><a href=${serviceHref(job.name)}>Backfill</a></h4> <${StateSwitch} job=${job} />
    <dl>
      <${Fact} term="Last run" value=${html`<${LastResult} job=${job} /> <${Time} at=${job.lastRun?.end} none="none yet" />`} />
      ${job.nextRun && html`<${Fact} term="Next run" value=${html`<${Time} at=${job.nextRun} />`} />`}
    </dl>
  </div>`
}

function LastResult({ job: { trouble, lastRun } }) {
  if (!lastRun) return null
  return html`<span title=${`Last run ended ${moment(Date.parse(lastRun.end))}`}><${Mark} state=${trouble ? trouble.status : lastRun.status} /></span>`
}

function Sink({ sink }) {
  const { name, lag, rateOut, oldestUndelivered, nextRun, scheduleWords, state } = sink
  return html`<li class=${`stop sink ${sink.trouble ? 'troubled' : ''}`}>
    <div class="who-is"><h3><a href=${serviceHref(name)}><${displayName} of=${sink} /></a></h3> <${StateSwitch} job=${sink} /> <${LastResult} job=${sink} /></div>
    <dl>
      <${Fact} term="Out" value=${rate(rateOut)} />
      <${Fact} term="Waiting" value=${html`<span class="num">${count(lag)}</span> <${WaitingSpark} name=${name} lag=${lag} />`} />
      <${Fact} term="Since" value=${lag ? html`<${Time} at=${oldestUndelivered} none="not known" />` : html`<span class="quiet">nothing waits</span>`} />
      <${Fact} term="Next run" value=${nextRun ? html`<${Time} at=${nextRun} />` : html`<span class="quiet">${state === 'running' ? scheduleWords : state}</span>`} />
    </dl>
  </li>`
}

function WaitingSpark({ name, lag }) {
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
  const most = Math.max(0, ...past)
  // A line along the bottom says nothing.
  return most === 0 ? null : html`<${Spark} values=${past} label=${`Over the last hour, at most ${count(most)}`} />`
}
