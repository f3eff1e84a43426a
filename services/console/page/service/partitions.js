// A sink's partitions with their ledger each, and the members of its consumer group: where to look first when one is slow.
import { count } from '../frame/format.js'
import { html } from '../frame/html.js'
import { Balance } from '../overview/ledger.js'

export function Partitions({ job }) {
  if (job.partitions.length === 0) return null
  const columns = [
    ['next', 'Next offset'],
    ['end', 'End'],
    ['lag', 'Lag'],
    ['delivered', 'Delivered'],
    ['filtered', 'Filtered'],
    ['duplicates', 'Duplicates'],
    ['dead_lettered', 'Dead-lettered'],
    ['expired', 'Expired'],
  ]
  return html`<details class="box">
    <summary>Partitions and members</summary>
    <div class="scroll" tabIndex="0" role="region" aria-label="Partitions">
      <table class="dense">
        <thead><tr><th scope="col">Partition</th>${columns.map(([, text]) => html`<th scope="col" class="num">${text}</th>`)}<th scope="col">Balances</th><th scope="col">Note</th></tr></thead>
        <tbody>${job.partitions.map(
          (one) => html`<tr key=${one.partition}>
          <th scope="row">${one.partition}</th>${columns.map(([key]) => html`<td class="num">${count(one[key])}</td>`)}
          <td><${Balance} balances=${one.balances} /></td><td class="quiet">${one.note}</td>
        </tr>`,
        )}</tbody>
      </table>
    </div>
    <ul>${job.members.map((member) => html`<li key=${member.id} class="quiet"><span class="mono">${member.id}</span> on ${member.host}: partitions ${member.partitions.join(', ') || 'none'}</li>`)}</ul>
  </details>`
}
