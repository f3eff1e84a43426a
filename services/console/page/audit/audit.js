// Audit: what was done by whom, and what came of it.
import { useState } from 'preact/hooks'
import { get } from '../frame/api.js'
import { html } from '../frame/html.js'
import { Loaded, Mark, Pages } from '../frame/parts.js'
import { Time } from '../frame/time.js'
import { useLoaded, useNews } from '../frame/store.js'

const PER_PAGE = 20

export function Audit() {
  const [page, setPage] = useState(1)
  const audit = useLoaded((signal) => get(`/api/audit?page=${page}&per_page=${PER_PAGE}`, signal), [page])
  useNews('audit', () => page === 1 && audit.reload(), [page])
  return html`<h1>Audit</h1>
    <${Loaded} of=${audit} isEmpty=${({ total }) => total === 0} empty="Nobody has changed anything yet. Every change from console and command line is on record here.">
      ${({
        records,
        total,
      }) => html`<div class="scroll" tabIndex="0" role="region" aria-label="Audit records"><table class="cards dense">
        <thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">Input</th><th scope="col">Outcome</th><th scope="col">Before → after</th></tr></thead>
        <tbody>${records.map(
          (record) => html`<tr key=${record.at + record.operation}>
          <td data-label="When"><${Time} at=${record.at} /></td>
          <td data-label="Who">${record.by} <span class="quiet">${record.role}</span></td>
          <th scope="row" data-label="What">${record.operation}</th>
          <td data-label="Input" class="words">${short(record.input)}</td>
          <td data-label="Outcome" class="words">${record.outcome === 'ok' ? html`<${Mark} state="done" text="ok" />` : html`<span class="bad">${record.outcome}</span>`}</td>
          <td data-label="Change">${record.before || record.after ? html`<details><summary>Show</summary><pre tabIndex="0">${JSON.stringify({ before: record.before, after: record.after }, null, 2)}</pre></details>` : html`<span class="quiet">–</span>`}</td>
        </tr>`,
        )}</tbody>
      </table></div>
      <${Pages} page=${page} perPage=${PER_PAGE} total=${total} go=${setPage} what="audit records" />`}
    <//>`
}

const short = (input) =>
  Object.entries(input)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(', ') : value}`)
    .join('\n')
