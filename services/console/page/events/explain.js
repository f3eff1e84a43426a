// Explain: one log traced and drawn: received, stored, and what became of it at each sink.
import { useEffect, useState } from 'preact/hooks'
import { go } from '../frame/address.js'
import { perform } from '../frame/api.js'
import { count } from '../frame/format.js'
import { html } from '../frame/html.js'
import { plainName } from '../frame/names.js'
import { Loaded } from '../frame/parts.js'
import { Time } from '../frame/time.js'
import { useLoaded } from '../frame/store.js'

const OUTCOMES = {
  delivered: ['good', '✓', 'Delivered'],
  filtered: ['calm', '–', 'Filtered'],
  duplicate: ['calm', '=', 'Duplicate'],
  dead_lettered: ['bad', '✕', 'Dead-lettered'],
  waiting: ['warn', '…', 'Waiting'],
  not_counted: ['calm', '?', 'Not counted'],
}
const SOURCES = {
  webhook: 'by the webhook',
  poll: 'by a poll of the Management API',
  reconcile: 'found missing and fetched',
  job: 'by a backfill',
}

export function Explain({ rest: [id = ''] }) {
  const [asked, setAsked] = useState(id)
  useEffect(() => setAsked(id), [id])
  const submit = (event) => {
    event.preventDefault()
    if (asked.trim()) go(['explain', asked.trim()])
  }
  return html`<h1>Explain</h1>
    <form class="row" onSubmit=${submit}>
      <label class="field">log_id <input class="mono" value=${asked} onInput=${(e) => setAsked(e.target.value)} placeholder="90020261128…" size="60" spellcheck=${false} autofocus=${id === ''} /></label>
      <button class="primary" disabled=${asked.trim() === ''}>Explain</button>
    </form>
    ${id ? html`<${Found} key=${id} id=${id} />` : html`<p class="empty">What happened to one log: when it was received, where it is in the topic, and what became of it at each sink. Paste its log_id.</p>`}`
}

function Found({ id }) {
  const found = useLoaded(() => perform('explain', { log_id: id }), [id])
  return html`<section aria-label="What happened to it">
    <p class="mono id">${id} <button onClick=${found.reload} disabled=${found.loading}>${found.loading ? 'Looking…' : 'Refresh'}</button></p>
    <${Loaded} of=${found} isEmpty=${() => false}>${(way) => html`<${Way} way=${way} />`}<//>
  </section>`
}

function Way({ way: { storedAt, copies, sinks, notes } }) {
  return html`
    <ol class="way">
      <li><div class="step"><strong>Auth0 stored it</strong><span class="quiet"><${Time} at=${storedAt} none="at a time its id does not tell" /></span></div></li>
      ${copies.map(
        (copy) => html`<li key=${`${copy.partition}/${copy.offset}`}>
        <div class="step"><strong>Received</strong> ${SOURCES[copy.source] ?? ''} <span class="quiet"><${Time} at=${copy.receivedAt} /></span>
          <span class="quiet">partition ${copy.partition}, offset ${count(copy.offset)}, type <code>${copy.type || 'none'}</code></span></div>
        <ul>${sinks.filter(({ partition, offset }) => partition === copy.partition && offset === copy.offset).map((sink) => html`<${AtSink} key=${sink.sink} sink=${sink} />`)}</ul>
      </li>`,
      )}
    </ol>
    ${notes.map((note) => html`<p key=${note} class="quiet">${note}</p>`)}
  `
}

function AtSink({ sink: { sink, outcome, detail, certain } }) {
  const [tone, sign, word] = OUTCOMES[outcome] ?? ['calm', '·', outcome]
  return html`<li class=${`step ${tone}`}>
    <strong>${plainName(sink)}</strong> <span class=${`mark ${tone}`}><span aria-hidden="true">${sign}</span> ${word}</span>
    <span class="quiet">${detail}${certain ? '' : ' (concluded, not recorded)'}</span>
  </li>`
}
