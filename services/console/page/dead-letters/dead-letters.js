// Dead letters: what could not be delivered, why, and how to send it to its sink again.
import { useEffect, useRef, useState } from 'preact/hooks'
import { href } from '../frame/address.js'
import { perform } from '../frame/api.js'
import { count, plural } from '../frame/format.js'
import { html } from '../frame/html.js'
import { explainHref, plainName, waitingLetters } from '../frame/names.js'
import { Confirm, Dialog, Failed, Loaded, Loading, Outcome, useWork } from '../frame/parts.js'
import { Time } from '../frame/time.js'
import { mayChange, useLoaded, useStore } from '../frame/store.js'

const NEWEST = 50

export function DeadLetters({ rest: [chosen] }) {
  const { status, failure } = useStore()
  /** The first that had some waiting stays chosen: a redrive that leaves none must not take the page away from who looks at it. */
  const first = useRef()
  if (!status) return html`<h1>Dead letters</h1>${failure ? html`<${Failed} failure=${failure} />` : html`<${Loading} />`}`
  const services = status.services.filter(({ kind }) => kind === 'sink' || kind === 'ingest')
  first.current ??= services.find((service) => waitingLetters(service) > 0)?.name
  const name = chosen ?? first.current ?? (services.find(({ kind }) => kind === 'sink') ?? services[0])?.name
  return html`<h1>Dead letters</h1>
    ${
      services.length === 0
        ? html`<p class="empty">No service that sets events aside has announced itself yet.</p>`
        : html`
      <nav class="choice" aria-label="Whose">${services.map((service) => html`<a key=${service.name} href=${href(['dead-letters', service.name])} aria-current=${service.name === name ? 'true' : undefined}>${plainName(service.name)}${waitingLetters(service) > 0 ? html` <span class="tag">${count(waitingLetters(service))}</span>` : ''}</a>`)}</nav>
      <${Service} key=${name} name=${name} isSink=${services.find((service) => service.name === name)?.kind === 'sink'} />`
    }`
}

function Service({ name, isSink }) {
  const [reason, setReason] = useState('')
  const [opened, setOpened] = useState()
  const [redrive, setRedrive] = useState()
  const list = useLoaded(() => perform('dead-letters list', { sink: name, reason, limit: NEWEST }), [name, reason])
  return html`
    <${Loaded} of=${list} isEmpty=${({ total }) => total === 0 && reason === ''} empty=${isSink ? 'Nothing has been put aside: every event was delivered, filtered, or waits.' : 'The ingest has put nothing aside: every part of every body was an event.'}>
      ${({ total, reasons, letters, redriven }) => html`
        <p>${plural(total, 'dead letter')}${reason ? html` with the reason <code>${reason}</code> <button class="link" onClick=${() => setReason('')}>Show all</button>` : ''}${redriven > 0 ? `, ${count(redriven)} redriven` : ''}.
          ${' '}<button onClick=${list.reload}>Reload</button></p>
        <${Reasons} reasons=${reasons} choose=${setReason} redrive=${isSink && mayChange() ? (one) => setRedrive({ reason: one }) : undefined} />
        <h2 id="newest">${total > letters.length ? `The newest ${letters.length}` : `All ${count(total)}`}</h2>
        <${LettersTable} letters=${letters} open=${setOpened} />`}
    <//>
    ${
      opened !== undefined &&
      html`<${Letter} sink=${name} offset=${opened} isSink=${isSink} onClose=${() => setOpened(undefined)} redrive=${(
        selection,
      ) => {
        setOpened(undefined)
        setRedrive(selection)
      }} />`
    }
    ${redrive && html`<${Redrive} sink=${name} selection=${redrive} onClose=${() => setRedrive(undefined)} done=${list.reload} />`}
  `
}

function Reasons({ reasons, choose, redrive }) {
  return html`<div class="scroll" tabIndex="0" role="region" aria-label="By reason"><table class="cards dense">
    <thead><tr><th scope="col">Reason</th><th scope="col" class="num">Count</th><th scope="col" class="num">Redriven</th><th scope="col">First</th><th scope="col">Last</th><th scope="col">Last error</th><th scope="col"><span class="hidden">Redrive</span></th></tr></thead>
    <tbody>${reasons.map(
      (row) => html`<tr key=${row.reason}>
      <th scope="row"><button class="link mono" onClick=${() => choose(row.reason)}>${row.reason}</button></th>
      <td class="num" data-label="Count">${count(row.count)}</td><td class="num" data-label="Redriven">${count(row.redriven)}</td>
      <td data-label="First"><${Time} at=${row.first} /></td><td data-label="Last"><${Time} at=${row.last} /></td>
      <td data-label="Last error" class="words">${row.error.slice(0, 200)}</td>
      <td>${redrive && row.count > row.redriven && html`<button onClick=${() => redrive(row.reason)}>Redrive…</button>`}</td>
    </tr>`,
    )}</tbody>
  </table></div>`
}

function LettersTable({ letters, open }) {
  return html`<div class="scroll" tabIndex="0" role="region" aria-labelledby="newest"><table class="cards dense">
    <thead><tr><th scope="col">When</th><th scope="col">Reason</th><th scope="col">Stage</th><th scope="col" class="num">Attempts</th><th scope="col">log_id</th><th scope="col">Redriven</th><th scope="col"><span class="hidden">Open</span></th></tr></thead>
    <tbody>${letters.map(
      (letter) => html`<tr key=${letter.offset}>
      <td data-label="When"><${Time} at=${letter.at} /></td><td data-label="Reason" class="mono">${letter.reason}</td><td data-label="Stage">${letter.stage}</td>
      <td class="num" data-label="Attempts">${count(letter.attempts)}</td><td data-label="log_id" class="mono id">${letter.logId || '–'}</td>
      <td data-label="Redriven" class="quiet">${letter.redriven ? 'yes' : 'no'}</td>
      <td><button class="link" disabled=${!mayChange()} title=${mayChange() ? undefined : 'Holds personal data: needs the role operator'} onClick=${() => open(letter.offset)} aria-label=${`Open dead letter ${letter.offset}`}>Open</button></td>
    </tr>`,
    )}</tbody>
  </table></div>`
}

/** One dead letter with its story and the event's bytes. */
function Letter({ sink, offset, isSink, onClose, redrive }) {
  const letter = useLoaded(() => perform('dead-letters show', { sink, offset }), [sink, offset])
  return html`<${Dialog} title=${`Dead letter ${offset} of ${plainName(sink)}`} onClose=${onClose} wide>
    <${Loaded} of=${letter} isEmpty=${() => false}>${({ reason, error, headers, body, encoding, bytes, logId, redriven }) => html`
      <p class="words"><strong>${reason}</strong> ${error}</p>
      <h3>Headers</h3>
      <dl class="headers">${Object.entries(headers).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd class="words">${value || html`<span class="quiet">none</span>`}</dd></div>`)}</dl>
      <h3>Body <span class="quiet">${plural(bytes, 'byte')}${encoding === 'base64' ? ', no text, shown as base64' : ''}</span></h3>
      <pre tabIndex="0">${encoding === 'utf8' ? pretty(body) : body}</pre>
      ${redriven && html`<p class="quiet">Redriven by job ${redriven}.</p>`}
      <div class="actions">
        ${isSink && logId && !redriven && html`<button class="primary" onClick=${() => redrive({ log_id: logId })}>Redrive…</button>`}
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

/** Says first what a redrive would take, then does it. */
function Redrive({ sink, selection, onClose, done }) {
  const [preview, setPreview] = useState()
  const [result, setResult] = useState()
  const work = useWork()
  useEffect(() => {
    work.run(async () => setPreview(await perform('dead-letters redrive', { sink, ...selection })))
  }, [])
  const apply = async (progress) => {
    setResult(await perform('dead-letters redrive', { sink, ...selection, apply: true }, progress))
    done()
  }
  if (result) {
    return html`<${Dialog} title="Redrive started" onClose=${onClose}><p>${result.message}</p>
      <div class="actions"><a class="button" href="#/replay">Watch it</a><button onClick=${onClose} autofocus>Close</button></div><//>`
  }
  if (!preview)
    return html`<${Dialog} title="Redrive" onClose=${onClose}>${work.failure ? html`<${Outcome} of=${work} />` : html`<${Loading} />`}<div class="actions"><button onClick=${onClose}>Close</button></div><//>`
  return html`<${Confirm} title=${`Redrive to ${plainName(sink)}?`} confirm="Redrive" onClose=${() => result || onClose()} act=${(progress) => apply(progress)} stay>
    <p><strong>${plural(preview.events, 'event')}</strong> go to the sink once more, ${preview.rate ? `${count(preview.rate)} a second` : 'as fast as it goes'}, beside the live events:</p>
    <ul>${preview.reasons.map(({ reason, count: n }) => html`<li key=${reason}><code>${reason}</code>: ${count(n)}</li>`)}</ul>
    ${preview.redriven > 0 && html`<p class="quiet">${count(preview.redriven)} were redriven before and are left out.</p>`}
    <p class="quiet">What fails again becomes a new dead letter. Unless the cause is fixed, they will all fail again.</p>
  <//>`
}
