// One log traced and drawn: received, stored, and what became of it at each sink.
import { perform } from './api.js'
import { count } from './format.js'
import { html } from './html.js'
import { plainName } from './names.js'
import { Dialog, Loaded, Time } from './parts.js'
import { useLoaded } from './store.js'

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

export function Explain({ id, onClose }) {
  const found = useLoaded(() => perform('explain', { log_id: id }), [id])
  return html`<${Dialog} title="Trace one log" onClose=${onClose} wide>
    <p class="mono id">${id}</p>
    <${Loaded} of=${found} isEmpty=${() => false}>${(way) => html`<${Way} way=${way} />`}<//>
    <div class="actions"><button onClick=${found.reload} disabled=${found.loading}>${found.loading ? 'Looking…' : 'Refresh'}</button><button onClick=${onClose} autofocus>Close</button></div>
  <//>`
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
