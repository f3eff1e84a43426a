// A service's settings, from its own rows: what may change while it runs can be edited here, the rest says where it is set.
import { useState } from 'preact/hooks'
import { get, perform } from '../frame/api.js'
import { plural } from '../frame/format.js'
import { html } from '../frame/html.js'
import { plainName } from '../frame/names.js'
import { Confirm, Loaded, Notice } from '../frame/parts.js'
import { mayChange, useLoaded } from '../frame/store.js'
import { FilterEffect } from './filter-effect.js'
import { SettingField } from './setting-field.js'
import { bareName, labelOf } from './setting-names.js'
import { StartFrom } from './start-from.js'

export function SettingsForm({ job }) {
  const path = `/api/services/${encodeURIComponent(job.name)}/settings`
  const settings = useLoaded((signal) => get(path, signal), [job.name])
  // Here and not in the form, which begins anew with the values that were saved.
  const [warnings, setWarnings] = useState([])
  return html`<section aria-labelledby="settings">
    <h2 id="settings">Settings</h2>
    ${warnings.map((warning) => html`<${Notice} key=${warning} tone="warn" title="Saved with a warning" action=${html`<button onClick=${() => setWarnings([])}>Dismiss</button>`}>${warning}<//>`)}
    <${Loaded} of=${settings} isEmpty=${({ settings: all }) => all.length === 0} empty="It has no settings.">
      ${({ settings: all }) =>
        html`<${Form} key=${JSON.stringify(all)} job=${job} path=${path} settings=${all} saved=${(told) => {
          setWarnings(told)
          settings.reload()
        }} />`}
    <//>
  </section>`
}

const isEditable = ({ name, live, secret }) => live && !secret && bareName(name) !== 'SCHEDULE'

function Form({ job, path, settings, saved }) {
  const live = settings.filter(isEditable)
  const fixed = settings.filter((field) => !isEditable(field) && bareName(field.name) !== 'START_FROM')
  const startFrom = settings.find(({ name }) => bareName(name) === 'START_FROM')
  const given = Object.fromEntries(live.map((field) => [field.name, field.from === 'operator' ? field.now : '']))
  const [values, setValues] = useState(given)
  const [problems, setProblems] = useState({})
  const [asking, setAsking] = useState(false)
  const changed = live.filter(({ name }) => values[name].trim() !== given[name])
  const wrong = changed.some(({ name }) => problems[name])
  /** The value that would count: the form's, else the environment's, else the default. */
  const wouldBe = (bare) => {
    const field = live.find(({ name }) => bareName(name) === bare)
    return field ? values[field.name].trim() || field.value || field.default : ''
  }
  const hasFilter = live.some(({ name }) => bareName(name) === 'LOG_TYPES')
  const save = async () => {
    const set = changed.filter(({ name }) => values[name].trim() !== '').map(({ name }) => `${name}=${values[name].trim()}`)
    const unset = changed.filter(({ name }) => values[name].trim() === '').map(({ name }) => name)
    const result = await perform('settings', {
      service: job.name,
      ...(set.length ? { set } : {}),
      ...(unset.length ? { unset } : {}),
    })
    saved(result.warnings ?? [])
  }
  const effect = html`<${FilterEffect} level=${wouldBe('LOG_LEVEL')} types=${wouldBe('LOG_TYPES')} mode=${wouldBe('LOG_FILTER_MODE').toLowerCase()} changed=${changed.some(({ name }) => bareName(name).startsWith('LOG_'))} />`
  return html`
    <form class="card settings" onSubmit=${(event) => {
      event.preventDefault()
      if (changed.length > 0 && !wrong) setAsking(true)
    }}>
      ${live.length === 0 ? html`<p class="quiet">No settings can be changed at run time.</p>` : ''}
      <div class="fields">${live.map(
        (
          field,
        ) => html`<${SettingField} key=${field.name} field=${field} path=${path} value=${values[field.name]} problem=${problems[field.name]}
        change=${(value) => setValues((now) => ({ ...now, [field.name]: value }))} found=${(problem) => setProblems((now) => ({ ...now, [field.name]: problem }))} />`,
      )}</div>
      ${hasFilter && !wrong && effect}
      ${
        live.length > 0 &&
        html`<div class="actions"><button class="primary" disabled=${!mayChange() || changed.length === 0 || wrong}>Save…</button>
        <button type="button" disabled=${changed.length === 0} onClick=${() => setValues(given)}>Undo changes</button></div>`
      }
    </form>
    ${job.kind === 'sink' && html`<${StartFrom} job=${job} current=${startFrom?.value ?? ''} />`}
    ${fixed.length > 0 && html`<${Fixed} fields=${fixed} />`}
    ${
      asking &&
      html`<${Confirm} title="Change settings?" confirm="Change" onClose=${() => setAsking(false)} act=${save}>
      <p>${plainName(job.name)} takes these at once, without a restart:</p>
      <ul>${changed.map(({ name, now, default: fallback }) => html`<li key=${name}>${labelOf(name)} <code class="quiet">${name}</code>: ${now === '' ? 'not set' : html`<code>${now}</code>`} → ${values[name].trim() === '' ? `what its environment says${fallback ? `, else ${fallback}` : ''}` : html`<code>${values[name].trim()}</code>`}</li>`)}</ul>
      ${changed.some(({ name }) => bareName(name).startsWith('LOG_')) && effect}
    <//>`
    }
  `
}

function Fixed({ fields }) {
  return html`<details class="box"><summary>${plural(fields.length, 'setting')} from the environment (read-only)</summary>
    <div class="scroll" tabIndex="0" role="region" aria-label="Settings of the environment"><table class="cards dense">
      <thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">Meaning</th></tr></thead>
      <tbody>${fields.map(
        (field) => html`<tr key=${field.name}><th scope="row" class="mono">${field.name}</th>
        <td data-label="Value" class="words">${field.now === '' ? html`<span class="quiet">not set</span>` : field.now}${field.unit && field.now !== '' ? ` ${field.unit}` : ''}${field.from === 'default' && field.now !== '' ? html` <span class="quiet">default</span>` : ''}</td>
        <td data-label="Meaning" class="quiet">${field.meaning}</td></tr>`,
      )}</tbody>
    </table></div>
  </details>`
}
