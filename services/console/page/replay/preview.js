// What a replay would do, before anything is changed: sums first, then what to know, then the partitions.
import { count, duration, plural } from '../frame/format.js'
import { html } from '../frame/html.js'
import { plainName } from '../frame/names.js'
import { Notice } from '../frame/parts.js'
import { Time } from '../frame/time.js'
import { mayChange } from '../frame/store.js'

/** @param {{ preview: object, busy: boolean, apply: () => void }} props `preview`: as the operation `replay` answers it */
export function Preview({ preview, busy, apply }) {
  const { kind, sink, events, skipped } = preview
  const isJob = kind === 'job'
  const verb = isJob ? `Re-deliver ${plural(events, 'event')}` : `Rewind ${plainName(sink)}`
  const nothing = isJob && events === 0
  return html`<section>
    <h2 id="preview">Preview: nothing has changed yet</h2>
    <div class="card">
      ${nothing ? html`<p><strong>No event was received in this range.</strong> Choose another one.</p>` : html`<${Sums} preview=${preview} />`}
      <${Warnings} preview=${preview} />
      <div class="actions"><button class=${skipped > 0 ? 'danger' : 'primary'} onClick=${apply} disabled=${!mayChange() || busy || nothing} title=${mayChange() ? undefined : 'Needs the role operator'}>${busy ? 'Working…' : skipped > 0 ? `${verb}…` : verb}</button></div>
      <${Details} preview=${preview} />
    </div>
  </section>`
}

function Sums({ preview: { kind, sink, events, repeated, rate, firstAt, lastAt } }) {
  const facts = [
    [
      kind === 'job' ? 'Delivered again' : 'Delivered from there on',
      html`<strong>${plural(events, 'event')}</strong> to ${plainName(sink)}`,
    ],
    ...(repeated > 0 ? [['Of these delivered before', html`<strong>${count(repeated)}</strong>`]] : []),
    ...(firstAt ? [['First received', html`<${Time} at=${firstAt} />`]] : []),
    ...(lastAt ? [['Last received', html`<${Time} at=${lastAt} />`]] : []),
    [
      'Takes',
      kind !== 'job' || rate === 0
        ? 'as long as the vendor needs: no rate is set'
        : `at least ${duration(Math.max(1, events / rate) * 1000)}, at ${count(rate)} a second`,
    ],
  ]
  return html`<dl class="facts">${facts.map(([term, value]) => html`<div key=${term}><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`
}

function Warnings({ preview: { kind, sink, events, repeated, skipped, repeats, warnings } }) {
  const name = plainName(sink)
  const isRepeat = kind === 'job' ? events > 0 : repeated > 0
  // The first of the warnings says the same for the command line.
  const others = skipped > 0 ? warnings.slice(1) : warnings
  return html`
    ${isRepeat && html`<p>${repeats || `What ${name} does with events that it already has is not known.`}</p>`}
    ${skipped > 0 && html`<${Notice} tone="bad" title=${`${plural(skipped, 'event')} are passed over`}>They were never delivered to ${name} and will not be.<//>`}
    ${others.map((warning) => html`<${Notice} key=${warning} tone="warn" title="Note">${warning}.<//>`)}
    <p class="quiet">${
      kind === 'job'
        ? `Live delivery to ${name} goes on beside it, and its committed offsets stay.`
        : `${name} stops for some seconds and starts again as it was. Its ledger begins anew at the new place.`
    }</p>`
}

function Details({ preview: { kind, partitions, events, notes } }) {
  const isJob = kind === 'job'
  return html`<details><summary>${plural(partitions.length, 'partition')} and how the places were found</summary>
    ${notes.map((note) => html`<p key=${note} class="quiet words">${note}</p>`)}
    <div class="scroll" tabIndex="0" role="region" aria-label="Partitions"><table class="dense">
      <thead><tr><th scope="col">Partition</th><th scope="col" class="num">${isJob ? 'First offset' : 'Offset now'}</th><th scope="col" class="num">${isJob ? 'Last offset' : 'Offset then'}</th><th scope="col" class="num">Events</th></tr></thead>
      <tbody>${partitions.map((row) => html`<tr key=${row.partition}><th scope="row">${row.partition}</th><td class="num">${count(row.from)}</td><td class="num">${count(row.to)}</td><td class="num">${count(row.events)}</td></tr>`)}</tbody>
      <tfoot><tr><th scope="row">All</th><td></td><td></td><td class="num">${count(events)}</td></tr></tfoot>
    </table></div>
  </details>`
}
