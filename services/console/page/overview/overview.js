// Overview: how it stands in one sentence, what needs a person, the way of the logs drawn once and live, and the ledger.
import { html } from '../frame/html.js'
import { serviceHref } from '../frame/names.js'
import { Failed, Loading, Mark } from '../frame/parts.js'
import { useClock, useStore } from '../frame/store.js'
import { Time } from '../frame/time.js'
import { Ledger } from './ledger.js'
import { Need } from './needs.js'
import { Pipeline } from './pipeline.js'
import { needsOf, sentenceOf } from './standing.js'

const isSink = ({ kind }) => kind === 'sink'
const isBeside = ({ kind }) => kind === 'slack' || kind === 'console'

export function Overview() {
  const { status, failure } = useStore()
  if (!status) return html`<h1>Overview</h1>${failure ? html`<${Failed} failure=${failure} />` : html`<${Loading} />`}`
  const sinks = status.services.filter(isSink)
  return html`
    <h1>Overview</h1>
    <${Sentence} status=${status} sinks=${sinks} />
    <${Needs} status=${status} />
    ${sinks.length === 0 ? html`<${NoSinks} />` : ''}
    <${Pipeline} status=${status} sinks=${sinks} />
    <${Ledger} sinks=${sinks} />
    <${Beside} services=${status.services.filter(isBeside)} />
  `
}

const SIGNS = { good: '✓', warn: '!', bad: '✕' }

function Sentence({ status, sinks }) {
  const { tone, text } = sentenceOf(sinks)
  const { newest, records } = status.topic
  const last = newest
    ? html`<span>; the last event came <${Time} at=${newest} ago /></span>`
    : records === 0
      ? '; no event has come yet'
      : ''
  return html`<p class=${`sentence ${tone}`} role="status"><span class="sign" aria-hidden="true">${SIGNS[tone]}</span>
    <span><strong>${text}</strong>${last}.</span></p>`
}

function Needs({ status }) {
  useClock(5_000)
  const needs = needsOf(status, Date.parse(status.at) || Date.now())
  if (needs.length === 0) return null
  return html`<section class="needs" aria-label="What needs attention">${needs.map((need) => html`<${Need} key=${need.key} need=${need} />`)}</section>`
}

const NoSinks = () => html`<div class="empty">
  <p>Start a sink and it appears here: <code>node services/sinks/segment/main.ts</code>, or everything with <code>npm start</code>. If sinks do run, check that they have the same <code>TOPIC_PREFIX</code> and <code>KAFKA_BROKERS</code> as this console.</p>
</div>`

/** Slack and the console itself: a line each, with the way to what can be set. */
function Beside({ services }) {
  if (services.length === 0) return null
  return html`<section aria-labelledby="beside">
    <h2 id="beside">Also running</h2>
    <ul class="beside">${services.map(
      ({ name, version, startedAt, trouble }) => html`<li key=${name}>
      <a href=${serviceHref(name)}>${name}</a>${trouble ? html` <${Mark} state=${trouble.status} />` : ''} <span class="quiet">${version}, started <${Time} at=${startedAt} /></span>${name === 'slack' ? html` · <a href=${serviceHref(name, 'settings')}>What Slack is told</a>` : ''}</li>`,
    )}</ul>
  </section>`
}
