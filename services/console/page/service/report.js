// One report of a run in full.
import { count } from '../frame/format.js'
import { html } from '../frame/html.js'
import { explainHref } from '../frame/names.js'
import { Notice } from '../frame/parts.js'
import { Time } from '../frame/time.js'

/** Counts of a report, and what people call them. */
const COUNTS = {
  processed: 'Processed',
  delivered: 'Delivered',
  filtered: 'Filtered',
  duplicates: 'Duplicates',
  dead_lettered: 'Dead-lettered',
  expired: 'Expired',
  retries: 'Retries',
  lag: 'Waiting then',
  bytes: 'Bytes',
  missing: 'Found missing',
  recovered: 'Recovered',
}

export function Report({ report: { advice, ...report } }) {
  const { error, status, instance, started_at, ended_at, first_log_id: first, last_log_id: last, refused = {} } = report
  const facts = [
    ...Object.entries(COUNTS).flatMap(([name, text]) => (report[name] === undefined ? [] : [[text, count(report[name])]])),
    ...Object.entries(refused).map(([reason, bodies]) => [`Refused: ${reason.replaceAll('_', ' ')}`, count(bodies)]),
  ]
  return html`
    <h3><${Time} at=${started_at} brief /> – <${Time} at=${ended_at} brief /> <span class="quiet">by ${instance}</span></h3>
    ${
      error &&
      html`<${Notice} tone=${status === 'recovered' ? 'good' : 'bad'} title=${status === 'recovered' ? 'Recovered from' : 'What the vendor or Kafka said'}>
      <p class="words">${error}</p>${advice && html`<p>${advice}</p>`}
    <//>`
    }
    <dl class="facts">${facts.map(([term, value]) => html`<div key=${term}><dt>${term}</dt><dd class="num">${value}</dd></div>`)}</dl>
    ${first && html`<p>Events <a class="mono" href=${explainHref(first)}>${short(first)}</a> to <a class="mono" href=${explainHref(last)}>${short(last)}</a></p>`}
    <details><summary>The report as it is in Kafka</summary><pre tabIndex="0">${JSON.stringify(report, null, 2)}</pre></details>
  `
}

/** A log_id begins with the same characters for a whole day. */
const short = (id) => (id.length > 24 ? `…${id.slice(-20)}` : id)
