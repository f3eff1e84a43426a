// One dead letter with its story and the event's bytes, which hold personal data: that it was opened is on record.
import { perform } from '../frame/api.js'
import { plural } from '../frame/format.js'
import { html } from '../frame/html.js'
import { explainHref, plainName } from '../frame/names.js'
import { Dialog, Loaded } from '../frame/parts.js'
import { useLoaded } from '../frame/store.js'

const DONE_BY = { redriving: 'Is being redriven by job', redriven: 'Redriven by job', acknowledged: 'Acknowledged' }

/** @param {{ selection: { sink: string, offsets: number[] }, isSink: boolean, onClose: () => void, begin: (what: string) => void }} props */
export function Letter({ selection: { sink, offsets }, isSink, onClose, begin }) {
  const [offset] = offsets
  const letter = useLoaded(() => perform('dead-letters show', { sink, offset }), [sink, offset])
  return html`<${Dialog} title=${`Dead letter ${offset} of ${plainName(sink)}`} onClose=${onClose} wide>
    <${Loaded} of=${letter} isEmpty=${() => false}>${({
      reason,
      error,
      headers,
      body,
      encoding,
      bytes,
      logId,
      state,
      redriven,
    }) => html`
      <p class="words"><strong>${reason}</strong> ${error}</p>
      <h3>Headers</h3>
      <dl class="headers">${Object.entries(headers).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd class="words">${value || html`<span class="quiet">none</span>`}</dd></div>`)}</dl>
      <h3>Body <span class="quiet">${plural(bytes, 'byte')}${encoding === 'base64' ? ', no text, shown as base64' : ''}</span></h3>
      <pre tabIndex="0">${encoding === 'utf8' ? pretty(body) : body}</pre>
      ${state !== 'waiting' && html`<p class="quiet">${DONE_BY[state]} ${redriven}.</p>`}
      <div class="actions">
        ${isSink && state === 'waiting' && html`<button class="primary" onClick=${() => begin('redrive')}>Redrive…</button>`}
        ${state === 'waiting' && html`<button onClick=${() => begin('acknowledge')}>Acknowledge…</button>`}
        ${logId && html`<a class="button" href=${explainHref(logId)}>Explain this log</a>`}
        <button onClick=${onClose} autofocus>Close</button>
      </div>`}<//>
  <//>`
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
