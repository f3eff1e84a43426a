// When the dead letters that are looked at were put aside: any time, a usual range, or from one moment to another.
import { useEffect, useState } from 'preact/hooks'
import { html } from '../frame/html.js'
import { PlaceInput, placeOf, textOf } from '../replay/place.js'

/** As texts of the address: those that move with the clock stay words. */
const RANGES = [
  ['any time', '', ''],
  ['the last hour', '-1h', ''],
  ['today', 'today', ''],
  ['yesterday', 'yesterday', 'yesterday'],
]
const OTHER = 'other'

/** @param {{ from: string, to: string, change: (range: { from: string, to: string }) => void }} props */
export function Written({ from, to, change }) {
  const known = RANGES.find((range) => range[1] === from && range[2] === to)
  const [isOther, setOther] = useState(!known)
  useEffect(() => setOther(!known), [from, to])
  const choose = (text) => {
    const range = RANGES.find(([name]) => name === text)
    setOther(!range)
    if (range) change({ from: range[1], to: range[2] })
  }
  return html`<label>Put aside <select value=${isOther ? OTHER : known?.[0]} onChange=${(event) => choose(event.target.value)}>
      ${RANGES.map(([text]) => html`<option key=${text} value=${text}>${text}</option>`)}<option value=${OTHER}>from – to…</option>
    </select></label>
    ${isOther && html`<${FromTo} from=${from} to=${to} change=${change} />`}`
}

function FromTo({ from, to, change }) {
  const [draft, setDraft] = useState(() => ({ from: placeOf(from || '-1h'), to: placeOf(to || 'latest', true) }))
  const isComplete = textOf(draft.from) !== '' && textOf(draft.to) !== ''
  return html`<form class="row" onSubmit=${(event) => {
    event.preventDefault()
    change({ from: textOf(draft.from), to: draft.to.kind === 'latest' ? '' : textOf(draft.to) })
  }}>
    <${PlaceInput} label="From" place=${draft.from} change=${(place) => setDraft({ ...draft, from: place })} only=${['time']} />
    <${PlaceInput} label="To, inclusive" place=${draft.to} change=${(place) => setDraft({ ...draft, to: place })} end only=${['latest', 'time']} />
    <button disabled=${!isComplete}>Show</button>
  </form>`
}
