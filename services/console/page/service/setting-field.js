// One setting that can be changed while the service runs: a select, a picker of event types, or a text, checked by the server's own rules.
import { useEffect } from 'preact/hooks'
import { get } from '../frame/api.js'
import { html } from '../frame/html.js'
import { mayChange } from '../frame/store.js'
import { bareName, labelOf } from './setting-names.js'
import { TypesPicker } from './types-picker.js'

const FROM = { operator: 'set here', environment: 'from the environment', default: 'default' }
const LEVELS = ['Debug: everything', 'Info', 'Warning', 'Error', 'Critical']
/** What people choose instead of the values that the setting has. */
const WORDS = { true: 'Yes', false: 'No', all: 'An event satisfies both', any: 'One of them is enough' }

/** Values and their words; none for what is a text. @returns {[value: string, text: string][]} */
function optionsOf({ name, kind, choices }) {
  if (bareName(name) === 'LOG_LEVEL') return LEVELS.map((text, level) => [String(level), `${text} (${level})`])
  return (kind === 'boolean' ? ['true', 'false'] : choices).map((one) => [one, WORDS[one] ?? one])
}

export function SettingField({ field, path, value, problem, change, found }) {
  const { name, meaning, kind, unit, default: fallback, value: inEnvironment, from, now } = field
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
  const isTypes = bareName(name) === 'LOG_TYPES'
  const common = {
    id: name,
    value,
    disabled: !mayChange(),
    'aria-invalid': Boolean(problem),
    'aria-describedby': `${name}-about`,
  }
  const options = optionsOf(field)
  const wordOf = (given) => options.find(([one]) => one === given)?.[1] ?? given
  /** What counts where nothing is chosen here. */
  const otherwise = inEnvironment || (fallback === '0' && kind === 'integer' ? '' : fallback)
  const none = otherwise
    ? `${inEnvironment ? 'environment' : 'default'}: ${wordOf(otherwise)}`
    : isTypes
      ? 'all types'
      : 'not set'
  const onInput = (event) => change(event.target.value)
  return html`<div class=${`field ${isTypes ? 'wide' : ''}`}>
    <label for=${name} class="label">${labelOf(name)} <code class="quiet">${name}</code></label>
    ${
      options.length > 0
        ? html`<select ...${common} onChange=${onInput}><option value="">${none}</option>${options.map(([one, text]) => html`<option key=${one} value=${one}>${text}</option>`)}</select>`
        : html`<input ...${common} onInput=${onInput} inputmode=${kind === 'integer' ? 'numeric' : undefined} placeholder=${none} spellcheck=${false} />`
    }
    ${isTypes && html`<${TypesPicker} value=${value} change=${change} />`}
    <span id=${`${name}-about`}>${problem ? html`<span class="problem">${problem}</span>` : html`<span class="quiet">${meaning}${unit ? `, ${unit}` : ''} · ${now === '' ? 'not set' : FROM[from]}</span>`}</span>
  </div>`
}
