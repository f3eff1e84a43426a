// Dead letters by reason: how many wait, since when, the last error, and what can be done with them.
import { count } from '../frame/format.js'
import { html } from '../frame/html.js'
import { mayChange } from '../frame/store.js'
import { Time } from '../frame/time.js'

const MOST_ERROR = 200

/** @param {{ reasons: object[], chosen: string, choose: (reason: string) => void, isSink: boolean, begin: (what: string, reason: string) => void }} props */
export function Reasons({ reasons, chosen, choose, isSink, begin }) {
  return html`<div class="scroll" tabIndex="0" role="region" aria-label="By reason"><table class="cards dense reasons">
    <thead><tr><th scope="col">Reason</th><th scope="col" class="num">Waiting</th><th scope="col" class="num">Handled</th><th scope="col">First</th><th scope="col">Last</th><th scope="col">Last error</th><th scope="col"><span class="hidden">Actions</span></th></tr></thead>
    <tbody>${reasons.map((row) => html`<${Row} key=${row.reason} row=${row} isChosen=${row.reason === chosen} choose=${choose} isSink=${isSink} begin=${begin} />`)}</tbody>
  </table></div>`
}

function Row({
  row: { reason, count: all, redriven, redriving, first, last, error, hopeless },
  isChosen,
  choose,
  isSink,
  begin,
}) {
  const waiting = all - redriven - redriving
  const act = (what, text) =>
    waiting > 0 &&
    mayChange() &&
    html`<button onClick=${() => begin(what, reason)} aria-label=${`${text} those with the reason ${reason}…`}>${text}…</button>`
  return html`<tr class=${isChosen ? 'chosen' : ''}>
    <th scope="row"><button class="link mono reason" aria-pressed=${isChosen} onClick=${() => choose(isChosen ? '' : reason)}>${reason}</button></th>
    <td class="num" data-label="Waiting">${count(waiting)}</td><td class="num" data-label="Handled">${count(redriven)}${redriving > 0 && html`<br /><span class="quiet">${count(redriving)} being redriven</span>`}</td>
    <td data-label="First"><${Time} at=${first} /></td><td data-label="Last"><${Time} at=${last} /></td>
    <td data-label="Last error"><span class="words">${error.slice(0, MOST_ERROR)}</span>${isSink && hopeless && html`<br /><span class="quiet">A redrive cannot succeed. ${hopeless}</span>`}</td>
    <td><span class="pair">${isSink && !hopeless && act('redrive', 'Redrive')}${(hopeless || !isSink) && act('acknowledge', 'Acknowledge')}</span></td>
  </tr>`
}
