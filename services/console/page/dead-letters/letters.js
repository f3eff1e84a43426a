// The dead letters of a page, newest first, each to be chosen by its box or opened.
import { html } from '../frame/html.js'
import { explainHref } from '../frame/names.js'
import { mayChange } from '../frame/store.js'
import { Time } from '../frame/time.js'

const STATES = {
  waiting: ['warn', 'Waiting'],
  redriving: ['warn', 'Being redriven'],
  redriven: ['good', 'Redriven'],
  acknowledged: ['calm', 'Acknowledged'],
}

/** @param {{ letters: object[], chosen: Set<number>, setChosen: (chosen: Set<number>) => void, open: (offset: number) => void }} props */
export function Letters({ letters, chosen, setChosen, open }) {
  const offsets = letters.map(({ offset }) => offset)
  const isAll = offsets.every((offset) => chosen.has(offset))
  const choose = (some, isChosen) => {
    const next = new Set(chosen)
    for (const offset of some) {
      if (isChosen) next.add(offset)
      else next.delete(offset)
    }
    setChosen(next)
  }
  const box = (label, some, checked) =>
    html`<input type="checkbox" aria-label=${label} checked=${checked} onChange=${(event) => choose(some, event.target.checked)} />`
  return html`
    <label class="check narrow"><input type="checkbox" checked=${isAll} onChange=${(event) => choose(offsets, event.target.checked)} /> Select this page</label>
    <div class="scroll" tabIndex="0" role="region" aria-label="Dead letters"><table class="cards dense letters">
    <thead><tr><th scope="col">${box('Select this page', offsets, isAll)}</th><th scope="col">Put aside</th><th scope="col">Type</th><th scope="col">User</th><th scope="col">Reason</th><th scope="col">log_id</th><th scope="col">State</th><th scope="col"><span class="hidden">Open</span></th></tr></thead>
    <tbody>${letters.map(
      ({
        offset,
        at,
        type,
        typeName,
        user,
        reason,
        logId,
        state,
      }) => html`<tr key=${offset} class=${chosen.has(offset) ? 'chosen' : ''}>
      <td data-label="Select">${box(`Select dead letter ${offset}`, [offset], chosen.has(offset))}</td>
      <td data-label="Put aside"><${Time} at=${at} /></td>
      <td data-label="Type">${typeName || (type ? html`<span class="mono">${type}</span>` : html`<span class="quiet">–</span>`)}</td>
      <td data-label="User">${user || html`<span class="quiet">–</span>`}</td>
      <td data-label="Reason"><span class="mono">${reason}</span></td>
      <td data-label="log_id">${logId ? html`<a class="mono id" href=${explainHref(logId)} title=${logId}>${shortId(logId)}</a>` : html`<span class="quiet">–</span>`}</td>
      <td data-label="State"><span class=${`mark ${STATES[state][0]}`}>${STATES[state][1]}</span></td>
      <td><button class="link" disabled=${!mayChange()} title=${mayChange() ? undefined : 'Holds personal data: needs the role operator'} onClick=${() => open(offset)} aria-label=${`Open dead letter ${offset}`}>Open</button></td>
    </tr>`,
    )}</tbody>
  </table></div>`
}

/** The end of a log_id tells it from others; the whole of it is in its title and on the page that it leads to. */
const shortId = (id) => (id.length > 20 ? `…${id.slice(-16)}` : id)
