// The promise as a table: what came in has gone one of five ways, or is still in flight; the sums must meet.
import { count } from '../frame/format.js'
import { html } from '../frame/html.js'
import { displayName } from '../frame/names.js'

const COLUMNS = [
  ['delivered', 'Delivered'],
  ['filtered', 'Filtered'],
  ['duplicates', 'Duplicates'],
  ['dead_lettered', 'Dead-lettered'],
  ['expired', 'Expired'],
  ['lag', 'In flight'],
]

/** Received since counting began, as the partitions have it. */
const received = ({ partitions }) => partitions.reduce((sum, { end, base }) => sum + end - base, 0)

export function Account({ services }) {
  const sinks = services.filter(({ account }) => account)
  if (sinks.length === 0) return null
  const total = Object.fromEntries(COLUMNS.map(([key]) => [key, sinks.reduce((sum, { account }) => sum + account[key], 0)]))
  const all = sinks.every(({ account }) => account.balances)
  const row = (key, name, came, account, balances) => html`<tr key=${key}>
    <th scope="row">${name}</th>
    <td class="num" data-label="Received">${count(came)}</td>
    ${COLUMNS.map(([column, text]) => html`<td class=${`num ${account[column] > 0 && (column === 'dead_lettered' || column === 'expired') ? 'bad' : ''}`} data-label=${text}>${count(account[column])}</td>`)}
    <td data-label="Balances"><${Balance} balances=${balances} /></td>
  </tr>`
  return html`<section class="account">
    <h2 id="account">Account</h2>
    <div class="scroll" tabIndex="0" role="region" aria-labelledby="account">
      <table class="cards dense">
        <caption class="quiet">Received = delivered + filtered + duplicates + dead-lettered + expired + in flight, from Kafka’s committed offsets, for every sink and every partition.</caption>
        <thead><tr><th scope="col">Sink</th><th scope="col" class="num">Received</th>${COLUMNS.map(([, text]) => html`<th scope="col" class="num">${text}</th>`)}<th scope="col">Balances</th></tr></thead>
        <tbody>${sinks.map((sink) => row(sink.name, html`<${displayName} of=${sink} />`, received(sink), sink.account, sink.account.balances))}</tbody>
        ${
          sinks.length > 1 &&
          html`<tfoot>${row(
            'total',
            'All sinks',
            sinks.reduce((sum, sink) => sum + received(sink), 0),
            total,
            all,
          )}</tfoot>`
        }
      </table>
    </div>
  </section>`
}

export function Balance({ balances }) {
  return balances
    ? html`<span class="mark good"><span aria-hidden="true">✓</span> Yes</span>`
    : html`<span class="mark bad"><span aria-hidden="true">✕</span> No</span>`
}
