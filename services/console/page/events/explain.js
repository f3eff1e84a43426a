// Explain: one log traced and drawn: received, stored, and what became of it at each sink.
import { useEffect, useState } from 'preact/hooks'
import { go, href } from '../frame/address.js'
import { perform } from '../frame/api.js'
import { count } from '../frame/format.js'
import { html } from '../frame/html.js'
import { explainHref, plainName, serviceHref } from '../frame/names.js'
import { Loaded, Notice } from '../frame/parts.js'
import { Time } from '../frame/time.js'
import { mayChange, useLoaded } from '../frame/store.js'

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

/** A log_id as Auth0 makes them. */
const USUAL_ID = /^900\d{53}$/

export function Explain({ rest: [id = ''] }) {
  const [asked, setAsked] = useState(id)
  useEffect(() => setAsked(id), [id])
  const submit = (event) => {
    event.preventDefault()
    if (asked.trim()) go(['explain', asked.trim()])
  }
  const odd = asked.trim() !== '' && !USUAL_ID.test(asked.trim())
  return html`<h1>Explain</h1>
    <form class="row filters" onSubmit=${submit}>
      <label class="field wide">log_id <input class="mono" value=${asked} onInput=${(e) => setAsked(e.target.value)} placeholder="90020261128…" size="60" maxlength="256" spellcheck=${false} autofocus=${id === ''} aria-describedby=${odd ? 'odd-id' : undefined} /></label>
      <button class="primary" disabled=${asked.trim() === ''}>Explain</button>
    </form>
    ${odd && html`<p id="odd-id" class="quiet">Not a log_id as Auth0 makes them: those have 56 digits and begin with 900. Looking for it takes longer, for it may be in any partition. To look for a user or a text, use <a href=${href(['find'], { q: asked.trim() })}>Find</a>.</p>`}
    ${id ? html`<${Found} key=${id} id=${id} />` : html`<${Entry} />`}`
}

function Entry() {
  const recent = recentIds()
  return html`<p class="empty">What happened to one log: when it was received, where it is in the topic, and what became of it at each sink. Paste its log_id, or choose an event on <a href="#/live">Live</a> or <a href="#/find">Find</a>.</p>
    ${
      recent.length > 0 &&
      html`<section aria-label="Explained before"><h2>Explained before</h2>
      <ul class="plain">${recent.map((id) => html`<li key=${id}><a class="mono id" href=${explainHref(id)}>${id}</a></li>`)}</ul></section>`
    }`
}

const MOST_RECENT = 5
const KEPT = 'explained'

/** Ids that were explained in this browser, newest first. */
function recentIds() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? '[]')
    return Array.isArray(kept) ? kept.filter((id) => typeof id === 'string').slice(0, MOST_RECENT) : []
  } catch {
    return []
  }
}

function keepRecent(id) {
  try {
    localStorage.setItem(KEPT, JSON.stringify([id, ...recentIds().filter((one) => one !== id)].slice(0, MOST_RECENT)))
  } catch {
    // A browser may forbid storage.
  }
}

function Found({ id }) {
  const found = useLoaded((signal) => perform('explain', { log_id: id }, undefined, signal), [id])
  useEffect(() => {
    if (found.data) keepRecent(id)
  }, [found.data])
  return html`<section aria-label="What happened to it">
    <p><button onClick=${found.reload} disabled=${found.loading}>${found.loading ? 'Looking…' : 'Refresh'}</button></p>
    ${
      found.failure?.code === 'refused'
        ? html`<${Notice} tone="warn" title="Nothing to explain">${found.failure.message}.<//>`
        : html`<${Loaded} of=${found} isEmpty=${() => false}>${(way) => html`<${Way} way=${way} />`}<//>`
    }
  </section>`
}

function Way({ way: { logId: id, storedAt, copies, sinks, notes } }) {
  return html`
    <ol class="way">
      <li><div class="step"><strong>Auth0 stored it</strong><span class="quiet"><${Time} at=${storedAt} none="at a time its id does not tell" /></span></div></li>
      ${copies.map(
        (copy) => html`<li key=${`${copy.partition}/${copy.offset}`}>
        <div class="step"><strong>Received</strong> ${SOURCES[copy.source] ?? ''} <span class="quiet"><${Time} at=${copy.receivedAt} /></span>
          <span class="quiet">partition ${copy.partition}, offset ${count(copy.offset)}, type <code>${copy.type || 'none'}</code></span></div>
        <ul>${sinks.filter(({ partition, offset }) => partition === copy.partition && offset === copy.offset).map((sink) => html`<${AtSink} key=${sink.sink} sink=${sink} id=${id} />`)}</ul>
      </li>`,
      )}
    </ol>
    ${notes.map((note) => html`<p key=${note} class="quiet">${note.charAt(0).toUpperCase() + note.slice(1)}.</p>`)}
  `
}

function AtSink({ sink: { sink, outcome, detail, certain }, id }) {
  const [tone, sign, word] = OUTCOMES[outcome] ?? ['calm', '·', outcome]
  return html`<li class=${`step ${tone}`}>
    <strong><a href=${serviceHref(sink)}>${plainName(sink)}</a></strong> <span class=${`mark ${tone}`}><span aria-hidden="true">${sign}</span> ${word}</span>
    <span class="quiet">${detail}${certain ? '' : ' (concluded, not recorded)'}</span>
    <span class="links">${outcome === 'dead_lettered' && html`<a href=${href(['dead-letters', sink])}>Dead letters</a>`}
      ${mayChange() && html`<a href=${href(['replay'], { sink, from: id })} title="Have this log and what came after it delivered again">Replay from here</a>`}</span>
  </li>`
}
