// Event types by name and category, to be ticked; what is ticked is the comma-separated list of their codes.
import { useState } from 'preact/hooks'
import { get } from '../frame/api.js'
import { plural } from '../frame/format.js'
import { html } from '../frame/html.js'
import { Loaded } from '../frame/parts.js'
import { mayChange, useLoaded } from '../frame/store.js'

/** The codes of a list as it is written. @param {string} value */
export const codesOf = (value) => [
  ...new Set(
    value
      .split(',')
      .map((code) => code.trim())
      .filter((code) => code !== '' && code !== '-'),
  ),
]

export function TypesPicker({ value, change }) {
  const [open, setOpen] = useState(false)
  const chosen = new Set(codesOf(value))
  return html`<details class="picker" onToggle=${({ target }) => setOpen(target.open)}>
    <summary>Choose by name${chosen.size > 0 ? html` <span class="quiet">${plural(chosen.size, 'type')} chosen</span>` : ''}</summary>
    ${open && html`<${Choices} chosen=${chosen} change=${change} />`}
  </details>`
}

function Choices({ chosen, change }) {
  const [search, setSearch] = useState('')
  const types = useLoaded((signal) => get('/api/types', signal), [])
  const set = (codes, on) => {
    const next = new Set(chosen)
    for (const code of codes) next[on ? 'add' : 'delete'](code)
    change([...next].join(','))
  }
  const fits = ({ code, name, category }) => `${code} ${name} ${category}`.toLowerCase().includes(search.trim().toLowerCase())
  return html`<${Loaded} of=${types} isEmpty=${() => false} empty="">${({ types: all, levels }) => {
    const shown = all.filter(fits)
    const categories = [...Map.groupBy(shown, ({ category }) => category)].toSorted(([a], [b]) => a.localeCompare(b))
    return html`
      <div class="row"><label class="field">Search <input type="search" value=${search} onInput=${(e) => setSearch(e.target.value)} placeholder="name, code or category" /></label>
        <span class="quiet" role="status">${plural(shown.length, 'type')}</span>
        ${mayChange() && html`<button type="button" disabled=${chosen.size === 0} onClick=${() => change('')}>Choose none</button>`}</div>
      <div class="type-choice" role="group" aria-label="Types to choose" tabIndex="0">
        ${categories.map(
          ([category, some]) => html`<fieldset key=${category} disabled=${!mayChange()}>
          <legend>${category} <button type="button" class="link" onClick=${() =>
            set(
              some.map(({ code }) => code),
              !some.every(({ code }) => chosen.has(code)),
            )}>${some.every(({ code }) => chosen.has(code)) ? 'none' : 'all'}<span class="hidden"> of ${category}</span></button></legend>
          ${some.map(({ code, name: text, level }) => html`<label key=${code} class="check"><input type="checkbox" checked=${chosen.has(code)} onChange=${(e) => set([code], e.target.checked)} /> <span>${text} <code class="quiet">${code}</code> <span class="quiet">${levels[level]}</span></span></label>`)}
        </fieldset>`,
        )}
      </div>`
  }}<//>`
}
