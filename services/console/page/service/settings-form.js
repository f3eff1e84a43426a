// A job's settings, from its own rows: what may change while it runs can be edited here, the rest says where it is set.
import { useEffect, useState } from 'preact/hooks'
import { get, perform } from '../frame/api.js'
import { plural } from '../frame/format.js'
import { html } from '../frame/html.js'
import { Confirm, Loaded, Notice } from '../frame/parts.js'
import { mayChange, useLoaded } from '../frame/store.js'

const FROM = { operator: 'set here', environment: 'from the environment', default: 'default' }

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

function Form({ job, path, settings, saved }) {
  const live = settings.filter((field) => field.live && !field.secret && !field.name.endsWith('SCHEDULE'))
  const fixed = settings.filter((field) => !live.includes(field))
  const given = Object.fromEntries(live.map((field) => [field.name, field.from === 'default' ? '' : field.now]))
  const [values, setValues] = useState(given)
  const [problems, setProblems] = useState({})
  const [asking, setAsking] = useState(false)
  const changed = live.filter(({ name }) => values[name].trim() !== given[name])
  const wrong = changed.some(({ name }) => problems[name])
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
  return html`
    <form class="card" onSubmit=${(event) => {
      event.preventDefault()
      if (changed.length > 0 && !wrong) setAsking(true)
    }}>
      ${live.length === 0 ? html`<p class="quiet">No settings can be changed at run time.</p>` : ''}
      <div class="fields">${live.map(
        (
          field,
        ) => html`<${Setting} key=${field.name} field=${field} path=${path} value=${values[field.name]} problem=${problems[field.name]}
        change=${(value) => setValues((now) => ({ ...now, [field.name]: value }))} found=${(problem) => setProblems((now) => ({ ...now, [field.name]: problem }))} />`,
      )}</div>
      ${
        live.length > 0 &&
        html`<div class="actions"><button class="primary" disabled=${!mayChange() || changed.length === 0 || wrong}>Save…</button>
        <button type="button" disabled=${changed.length === 0} onClick=${() => setValues(given)}>Undo changes</button></div>`
      }
    </form>
    ${
      fixed.length > 0 &&
      html`<details class="box"><summary>${plural(fixed.length, 'setting')} from the environment (read-only)</summary>
      <div class="scroll" tabIndex="0" role="region" aria-label="Settings of the environment"><table class="cards dense">
        <thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">Meaning</th></tr></thead>
        <tbody>${fixed.map(
          (field) => html`<tr key=${field.name}><th scope="row" class="mono">${field.name}</th>
          <td data-label="Value" class="words">${field.now === '' ? html`<span class="quiet">not set</span>` : field.now}${field.unit && field.now !== '' ? ` ${field.unit}` : ''}${field.from === 'default' && field.now !== '' ? html` <span class="quiet">default</span>` : ''}</td>
          <td data-label="Meaning" class="quiet">${field.meaning}</td></tr>`,
        )}</tbody>
      </table></div>
    </details>`
    }
    ${
      asking &&
      html`<${Confirm} title="Change settings?" confirm="Change" onClose=${() => setAsking(false)} act=${save}>
      <p>${job.name} takes these at once, without a restart:</p>
      <ul>${changed.map(({ name, now, default: fallback }) => html`<li key=${name}><code>${name}</code>: ${now === '' ? 'not set' : html`<code>${now}</code>`} → ${values[name].trim() === '' ? `what its environment says${fallback ? `, else ${fallback}` : ''}` : html`<code>${values[name].trim()}</code>`}</li>`)}</ul>
    <//>`
    }
  `
}

/** Checked by the server's own rules as it is typed. */
function Setting({ field, path, value, problem, change, found }) {
  const { name, meaning, kind, choices, unit, default: fallback, from, now } = field
  useEffect(() => {
    const gone = new AbortController()
    const timer = setTimeout(() => {
      get(`${path}/${name}/check?${new URLSearchParams({ value: value.trim() })}`, gone.signal).then(
        (answer) => found(answer.problem),
        () => {},
      )
    }, 200)
    return () => {
      clearTimeout(timer)
      gone.abort()
    }
  }, [value])
  const common = {
    id: name,
    value,
    disabled: !mayChange(),
    'aria-invalid': Boolean(problem),
    'aria-describedby': `${name}-about`,
  }
  const onInput = (event) => change(event.target.value)
  const options = kind === 'boolean' ? ['true', 'false'] : choices
  return html`<div class="field">
    <label for=${name} class="mono">${name}</label>
    ${
      options.length > 0
        ? html`<select ...${common} onChange=${onInput}><option value="">${fallback ? `default: ${fallback}` : 'not set'}</option>${options.map((one) => html`<option key=${one}>${one}</option>`)}</select>`
        : html`<input ...${common} onInput=${onInput} inputmode=${kind === 'integer' ? 'numeric' : undefined} placeholder=${fallback && fallback !== '0' ? `default: ${fallback}` : 'not set'} spellcheck=${false} />`
    }
    <span id=${`${name}-about`}>${problem ? html`<span class="problem">${problem}</span>` : html`<span class="quiet">${meaning}${unit ? `, ${unit}` : ''} · ${now === '' ? 'not set' : FROM[from]}</span>`}</span>
  </div>`
}
