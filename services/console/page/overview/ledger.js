// The promise as a table: what came in has gone one of five ways, or still waits; the sums must meet. Folded to one line that says so.
import { href, useQuery } from '../frame/address.js'
import { count } from '../frame/format.js'
import { html } from '../frame/html.js'
import { displayName, plainName, serviceHref } from '../frame/names.js'

const COLUMNS = [
  ['delivered', 'Delivered'],
  ['filtered', 'Filtered'],
  ['duplicates', 'Duplicates'],
  ['dead_lettered', 'Dead-lettered'],
  ['expired', 'Expired'],
  ['lag', 'Waiting'],
]

/** Received since counting began, as the partitions have it. */
const received = ({ partitions }) => partitions.reduce((sum, { end, base }) => sum + end - base, 0)

export function Ledger({ sinks }) {
  const [{ ledger }, change] = useQuery({ ledger: '' })
  if (sinks.length === 0) return null
  const wrong = sinks.filter(({ account }) => !account.balances).map(({ name }) => plainName(name))
  const isOpen = ledger === 'open'
  return html`<section>
    <h2 class="hidden" id="ledger">Ledger</h2>
    <details class="box ledger" open=${isOpen} onToggle=${({ target }) => target.open !== isOpen && change({ ledger: target.open ? 'open' : '' })}>
      <summary>${
        wrong.length === 0
          ? html`<span class="mark good"><span aria-hidden="true">✓</span> Every event is accounted for</span>`
          : html`<span class="mark bad"><span aria-hidden="true">✕</span> The ledger of ${wrong.join(', ')} does not balance</span>`
      } <span class="quiet">in every partition of every sink</span></summary>
      <div class="scroll" tabIndex="0" role="region" aria-labelledby="ledger">
        <table class="cards dense">
          <caption class="quiet">Received = delivered + filtered + duplicates + dead-lettered + expired + waiting, since counting began, from Kafka’s committed offsets.</caption>
          <thead><tr><th scope="col">Sink</th><th scope="col" class="num">Received</th>${COLUMNS.map(([, text]) => html`<th scope="col" class="num">${text}</th>`)}<th scope="col">Balances</th></tr></thead>
          <tbody>${sinks.map((sink) => html`<${Row} key=${sink.name} sink=${sink} />`)}</tbody>
        </table>
      </div>
    </details>
  </section>`
}

function Row({ sink }) {
  const { account, name } = sink
  const cell = (key) => {
    const text = count(account[key])
    return key === 'dead_lettered' && account[key] > 0
      ? html`<a class="bad" href=${href(['dead-letters', name])}>${text}</a>`
      : text
  }
  const isBad = (key) => account[key] > 0 && key === 'expired'
  return html`<tr>
    <th scope="row"><a href=${serviceHref(name, 'partitions')}><${displayName} of=${sink} /></a></th>
    <td class="num" data-label="Received">${count(received(sink))}</td>
    ${COLUMNS.map(([key, text]) => html`<td key=${key} class=${`num ${isBad(key) ? 'bad' : ''}`} data-label=${text}>${cell(key)}</td>`)}
    <td data-label="Balances"><${Balance} balances=${account.balances} /></td>
  </tr>`
}

export function Balance({ balances }) {
  return balances
    ? html`<span class="mark good"><span aria-hidden="true">✓</span> Yes</span>`
    : html`<span class="mark bad"><span aria-hidden="true">✕</span> No</span>`
}
