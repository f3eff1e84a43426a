// What can be done with dead letters: redriven, acknowledged, downloaded. Each says first what it takes and what that means.
import { useState } from 'preact/hooks'
import { perform } from '../frame/api.js'
import { count, plural } from '../frame/format.js'
import { html } from '../frame/html.js'
import { plainName } from '../frame/names.js'
import { Confirm, Dialog, Loading, Notice, Outcome } from '../frame/parts.js'
import { useLoaded } from '../frame/store.js'

/** The dialog of an act once its preview is there. @param {{ title: string, preview: object, onClose: () => void, children: (preview: object) => unknown }} props */
function Previewed({ title, preview: { data, failure }, onClose, children }) {
  if (data) return children(data)
  return html`<${Dialog} title=${title} onClose=${onClose}>${failure ? html`<${Outcome} of=${{ failure }} />` : html`<${Loading} />`}
    <div class="actions"><button onClick=${onClose} autofocus>Close</button></div><//>`
}

const Counts = ({ reasons }) =>
  html`<ul>${reasons.map(({ reason, count: n }) => html`<li key=${reason}><code>${reason}</code>: ${count(n)}</li>`)}</ul>`

const LeftOut = ({ redriven, redriving }) => html`
  ${redriven > 0 && html`<p class="quiet">${count(redriven)} were redriven or acknowledged before and are left out.</p>`}
  ${redriving > 0 && html`<p class="quiet">${count(redriving)} are being redriven and are left out.</p>`}`

/** @param {{ selection: object, onClose: () => void, started: (job: string) => void }} props `selection`: as the operations take it */
export function Redrive({ selection, onClose, started }) {
  const preview = useLoaded(() => perform('dead-letters redrive', selection), [])
  const name = plainName(selection.sink)
  const apply = async (progress) => started((await perform('dead-letters redrive', { ...selection, apply: true }, progress)).job)
  return html`<${Previewed} title=${`Redrive to ${name}`} preview=${preview} onClose=${onClose}>${({
    events,
    reasons,
    redriven,
    redriving,
    repeats,
    rate,
  }) => {
    const hopeless = reasons.filter((row) => row.hopeless)
    const isHopeless = hopeless.length > 0 && hopeless.length === reasons.length
    return html`<${Confirm} title=${`Redrive to ${name}?`} confirm=${isHopeless ? 'Redrive anyway' : 'Redrive'} danger=${isHopeless} onClose=${onClose} act=${apply}>
      <p><strong>${plural(events, 'event')}</strong> ${events === 1 ? 'goes' : 'go'} to the sink once more, ${rate ? `${count(rate)} a second` : 'as fast as it goes'}, beside the live events:</p>
      <${Counts} reasons=${reasons} />
      ${hopeless.map((row) => html`<${Notice} key=${row.reason} tone="warn" title=${`${count(row.count)} with ${row.reason} cannot succeed`}>${row.hopeless} Acknowledge what nobody will send again.<//>`)}
      ${repeats > 0 && html`<p class="quiet">${plural(repeats, 'more dead letter')} of the same events ${repeats === 1 ? 'counts' : 'count'} as redriven with them.</p>`}
      <${LeftOut} redriven=${redriven} redriving=${redriving} />
      <p class="quiet">What fails again becomes a new dead letter. Unless the cause is fixed, they will all fail again.</p>
    <//>`
  }}<//>`
}

/** @param {{ selection: object, onClose: () => void, done: () => void }} props */
export function Acknowledge({ selection, onClose, done }) {
  const preview = useLoaded(() => perform('dead-letters acknowledge', selection), [])
  const apply = async (progress) => {
    await perform('dead-letters acknowledge', { ...selection, apply: true }, progress)
    done()
  }
  return html`<${Previewed} title="Acknowledge" preview=${preview} onClose=${onClose}>${({
    events,
    reasons,
    redriven,
    redriving,
  }) => html`
    <${Confirm} title=${`Acknowledge ${plural(events, 'dead letter')}?`} confirm="Acknowledge" onClose=${onClose} act=${apply}>
      <${Counts} reasons=${reasons} />
      <p>They are no longer counted as waiting, and cannot be redriven any more. The bytes stay in the topic as long as it keeps them.</p>
      <${LeftOut} redriven=${redriven} redriving=${redriving} />
    <//>`}<//>`
}

/** All of the selection as one file of JSON lines, in as many answers as it needs. @param {{ selection: object, onClose: () => void }} props */
export function Download({ selection, onClose }) {
  const [got, setGot] = useState(0)
  const name = selection.sink
  const act = async () => {
    const parts = []
    let sum = 0
    for (let from = selection.from; ; ) {
      const { letters, next } = await perform('dead-letters export', { ...selection, from })
      parts.push(letters.map((letter) => `${JSON.stringify(letter)}\n`).join(''))
      setGot((sum += letters.length))
      if (next === '') break
      from = next
    }
    if (sum > 0) save(new Blob(parts, { type: 'application/x-ndjson' }), `dead-letters-${name}.jsonl`)
  }
  return html`<${Confirm} title="Download dead letters?" confirm="Download" onClose=${onClose} act=${act}>
    <p>The file has one JSON object a line: the story of each dead letter, and the event’s bytes.</p>
    <${Notice} tone="warn" title="It holds personal data">That you took it is on record. Keep it where such data may be, and delete it when it is no longer needed.<//>
    ${got > 0 && html`<p role="status">${count(got)} read so far.</p>`}
  <//>`
}

function save(blob, name) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
