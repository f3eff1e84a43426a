// Types of events, chosen by code or by name: what is typed after the last comma is looked for in both.
// Keys and roles: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
import { useEffect, useId, useState } from 'preact/hooks'
import { get } from '../frame/api.js'
import { html } from '../frame/html.js'

const MOST_SHOWN = 8

/** Asked for once; without them codes can still be typed. */
let asking
const allTypes = () =>
  (asking ??= get('/api/types').then(
    ({ types }) => types,
    () => {
      asking = undefined
      return []
    },
  ))

function fitting(types, word, chosen) {
  if (word === '') return []
  const starts = ({ code }) => (code.startsWith(word) ? 0 : 1)
  return types
    .filter(({ code, name }) => !chosen.includes(code) && (code.includes(word) || name.toLowerCase().includes(word)))
    .toSorted((a, b) => starts(a) - starts(b) || a.name.localeCompare(b.name))
    .slice(0, MOST_SHOWN)
}

/** @param {{ value: string, onChange: (codes: string) => void }} props codes, comma-separated; told when the field is left or Enter is pressed */
export function TypeField({ value, onChange }) {
  const [text, setText] = useState(value)
  const [types, setTypes] = useState([])
  const [open, setOpen] = useState(false)
  const [at, setAt] = useState(0)
  const id = useId()
  useEffect(() => setText(value), [value])
  const codes = text.split(',').map((code) => code.trim())
  const found = open ? fitting(types, codes.at(-1).toLowerCase(), codes.slice(0, -1)) : []
  const tell = (next) => {
    setOpen(false)
    const given = next
      .split(',')
      .map((code) => code.trim())
      .filter(Boolean)
      .join(',')
    if (given !== value) onChange(given)
  }
  const choose = ({ code }) => {
    const next = [...codes.slice(0, -1), code].join(',')
    setText(next)
    tell(next)
  }
  const keys = {
    ArrowDown: () => setAt((at + 1) % found.length),
    ArrowUp: () => setAt((at + found.length - 1) % found.length),
    Enter: () => choose(found[at]),
    Escape: () => setOpen(false),
  }
  const onKeyDown = (event) => {
    if (found.length > 0 && keys[event.key]) {
      event.preventDefault()
      keys[event.key]()
    } else if (event.key === 'Enter') tell(text)
  }
  return html`<div class="field types">
    <label for=${`${id}-field`}>Types</label>
    <input id=${`${id}-field`} class="mono" role="combobox" aria-autocomplete="list" aria-expanded=${found.length > 0} aria-controls=${id}
      aria-activedescendant=${found.length > 0 ? `${id}-${at}` : undefined} value=${text} placeholder="all; s, fp or a name" size="20" spellcheck=${false} autocomplete="off"
      onFocus=${() => void allTypes().then(setTypes)} onKeyDown=${onKeyDown} onBlur=${() => tell(text)}
      onInput=${(event) => {
        setText(event.target.value)
        setAt(0)
        setOpen(true)
      }} />
    <ul id=${id} role="listbox" aria-label="Suggestions" hidden=${found.length === 0}>
      ${found.map(
        (type, i) => html`<li key=${type.code} id=${`${id}-${i}`} role="option" aria-selected=${i === at}
          onPointerDown=${(event) => {
            event.preventDefault()
            choose(type)
          }}><code>${type.code}</code> ${type.name}</li>`,
      )}
    </ul>
  </div>`
}
