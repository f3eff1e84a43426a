// A place in the log as people name it, with its input, and the words for it that operations read.
import { html } from '../frame/html.js'
import { fromInput, toInput } from '../frame/time.js'

/** How a place is said, by kind. */
const PLACES = [
  ['time', 'a time'],
  ['log_id', 'a log_id'],
  ['earliest', 'the oldest that Kafka holds'],
  ['latest', 'now'],
  ['offset', 'an offset'],
  ['shift', 'a number of events back'],
]
/** As a datetime-local input has it, in the chosen zone. */
export const anHourAgo = () => toInput(Date.now() - 3_600_000)

/** The place in the words that operations read; empty while it is not complete. */
export const textOf = ({ kind, value }) => {
  if (kind === 'earliest' || kind === 'latest') return kind
  if (value.trim() === '') return ''
  if (kind === 'time') return Number.isNaN(fromInput(value)) ? '' : new Date(fromInput(value)).toISOString()
  if (kind === 'shift') return `shift:-${value.trim().replace(/^-/, '')}`
  return kind === 'offset' ? `offset:${value.trim()}` : value.trim()
}

export function Place({ label, place: { kind, value }, change, without = [], only = [] }) {
  const places = PLACES.filter(([key]) => !without.includes(key) && (only.length === 0 || only.includes(key)))
  const needsValue = kind !== 'earliest' && kind !== 'latest'
  return html`<div class="field"><span>${label}</span><span class="pair">
    <select aria-label=${`${label}: how`} value=${kind} onChange=${(e) => change({ kind: e.target.value, value: e.target.value === 'time' ? anHourAgo() : '' })}>${places.map(([key, text]) => html`<option key=${key} value=${key}>${text}</option>`)}</select>
    ${needsValue && html`<input class=${kind === 'time' ? '' : 'mono'} aria-label=${`${label}: ${kind}`} type=${kind === 'time' ? 'datetime-local' : 'text'} step="1" value=${value} onInput=${(e) => change({ kind, value: e.target.value })} />`}
  </span></div>`
}
