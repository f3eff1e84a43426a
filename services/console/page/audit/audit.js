// Audit: what was done by whom, and what came of it.
import { useQuery } from '../frame/address.js'
import { get } from '../frame/api.js'
import { html } from '../frame/html.js'
import { Loaded, Mark, Pages } from '../frame/parts.js'
import { Time } from '../frame/time.js'
import { useLoaded, useNews } from '../frame/store.js'

const PER_PAGE = 20

export function Audit() {
  const [asked, choose] = useQuery({ by: '', what: '', page: '1' })
  // An address may hold anything.
  const page = /^[1-9]\d{0,5}$/.test(asked.page) ? Number(asked.page) : 1
  const query = new URLSearchParams({ page: String(page), per_page: String(PER_PAGE), by: asked.by, operation: asked.what })
  const audit = useLoaded((signal) => get(`/api/audit?${query}`, signal), [String(query)])
  useNews('audit', () => page === 1 && audit.reload(), [page])
  const filtered = asked.by !== '' || asked.what !== ''
  const empty = filtered
    ? html`No record fits. <button class="link" onClick=${() => choose({ by: '', what: '', page: '1' })}>Show all</button>`
    : 'Nobody has changed anything yet. Every change from console and command line is on record here.'
  return html`<h1>Audit</h1>
    <div class="row">
      <${Filter} label="Who" all="everybody" value=${asked.by} options=${audit.data?.people ?? []} onChange=${(by) => choose({ by, page: '1' })} />
      <${Filter} label="What" all="everything" value=${asked.what} options=${audit.data?.operations ?? []} onChange=${(what) => choose({ what, page: '1' })} />
    </div>
    <${Loaded} of=${audit} isEmpty=${({ records }) => records.length === 0 && page === 1} empty=${empty}>
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
      <${Pages} page=${page} perPage=${PER_PAGE} total=${total} go=${(next) => choose({ page: String(next) })} what="audit records" />`}
    <//>`
}

function Filter({ label, all, value, options, onChange }) {
  // What the address names stays to be seen, also where there is no such record.
  const known = value === '' || options.includes(value) ? options : [value, ...options]
  return html`<label class="field">${label} <select value=${value} onChange=${(event) => onChange(event.target.value)}>
    <option value="">${all}</option>${known.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}</select></label>`
}

/** Entries of a list that are shown. */
const MOST_ENTRIES = 8
const listed = (values) =>
  values.length > MOST_ENTRIES ? `${values.slice(0, MOST_ENTRIES).join(', ')}, … ${values.length} in all` : values.join(', ')

const short = (input) =>
  Object.entries(input ?? {})
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? listed(value) : value}`)
    .join('\n')
