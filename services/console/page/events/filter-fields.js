// Fields by which events are chosen, on Live and on Find.
import { useEffect, useState } from 'preact/hooks'
import { html } from '../frame/html.js'

const LEVELS = ['Debug', 'Info', 'Warning', 'Error', 'Critical']

export const LevelField = ({ value, onChange }) =>
  html`<label class="field">Minimum level <select value=${value} onChange=${(event) => onChange(event.target.value)}>
    ${LEVELS.map((level, i) => html`<option key=${level} value=${String(i)}>${level}</option>`)}</select></label>`

/** Told when the field is left or Enter is pressed. @param {{ label: string, value: string, onChange: (text: string) => void }} props */
export function TextField({ label, value, onChange }) {
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  const tell = () => text !== value && onChange(text.trim())
  return html`<label class="field">${label} <input value=${text} size="22" maxlength="500" spellcheck=${false} placeholder="user, client, IP, any text"
    onInput=${(event) => setText(event.target.value)} onBlur=${tell} onKeyDown=${(event) => event.key === 'Enter' && tell()} /></label>`
}
