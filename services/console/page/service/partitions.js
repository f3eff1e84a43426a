// A sink's partitions with their ledger each, and the members of its consumer group: where to look first when one is slow.
import { count } from '../frame/format.js'
import { html } from '../frame/html.js'
import { Time } from '../frame/time.js'
import { Balance } from '../overview/ledger.js'

const COLUMNS = [
  ['next', 'Next offset'],
  ['end', 'End'],
  ['lag', 'Waiting'],
  ['delivered', 'Delivered'],
  ['filtered', 'Filtered'],
  ['duplicates', 'Duplicates'],
  ['dead_lettered', 'Dead-lettered'],
  ['expired', 'Expired'],
]

export function Partitions({ job }) {
  const ownerOf = (partition) => job.members.findIndex(({ partitions }) => partitions.includes(partition)) + 1
  return html`<section>
    <h2 id="members">Members</h2>
    ${
      job.members.length === 0
        ? html`<p class="empty">No process is a member of the group <code>${job.group}</code>.</p>`
        : html`<div class="scroll" tabIndex="0" role="region" aria-labelledby="members"><table class="cards dense">
        <thead><tr><th scope="col" class="num">No.</th><th scope="col">Member</th><th scope="col">Host</th><th scope="col">Partitions</th></tr></thead>
        <tbody>${job.members.map((member, i) => html`<tr key=${member.id}><th scope="row" class="num">${i + 1}</th><td data-label="Member" class="mono id">${member.id}</td><td data-label="Host">${member.host}</td><td data-label="Partitions">${member.partitions.join(', ') || 'none'}</td></tr>`)}</tbody>
      </table></div>`
    }
  </section>
  <section>
    <h2 id="partitions">Partitions</h2>
    <div class="scroll" tabIndex="0" role="region" aria-labelledby="partitions">
      <table class="cards dense">
        <thead><tr><th scope="col" class="num">Partition</th><th scope="col" class="num">Member</th>${COLUMNS.map(([, text]) => html`<th scope="col" class="num">${text}</th>`)}<th scope="col">Oldest that waits</th><th scope="col">Balances</th><th scope="col">Note</th></tr></thead>
        <tbody>${job.partitions.map(
          (one) => html`<tr key=${one.partition}>
          <th scope="row" class="num">${one.partition}</th><td class="num" data-label="Member">${ownerOf(one.partition) || '–'}</td>
          ${COLUMNS.map(([key, text]) => html`<td key=${key} class="num" data-label=${text}>${count(one[key])}</td>`)}
          <td data-label="Oldest that waits">${one.lag > 0 ? html`<${Time} at=${one.oldestUndelivered} none="not known" />` : html`<span class="quiet">–</span>`}</td>
          <td data-label="Balances"><${Balance} balances=${one.balances} /></td><td class="quiet" data-label="Note">${one.note || '–'}</td>
        </tr>`,
        )}</tbody>
      </table>
    </div>
  </section>`
}
