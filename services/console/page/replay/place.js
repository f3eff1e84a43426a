// A place in the log as people name it, with its input, and the words for it that operations read.
import { html } from '../frame/html.js'
import { fromInput, startOfDay, toInput, useZone, zoneName } from '../frame/time.js'

/** How a place is said, by kind. */
const PLACES = [
  ['time', 'a time'],
  ['log_id', 'a log_id'],
  ['earliest', 'the oldest that Kafka holds'],
  ['latest', 'now'],
  ['offset', 'an offset'],
  ['shift', 'a number of events back'],
]

/**
 * Where something begins or ends. `value`: of a time ISO, of others as typed; empty while it is not complete. `typed`: a time as it is
 * in its input.
 * @typedef {{ kind: string, value: string, typed?: string }} Place
 */

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const UNITS = { s: 1_000, m: 60_000, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS }
const isoOf = (ms) => new Date(ms).toISOString()

/**
 * The place that a text of the address names, in any form that operations read. Days are those of the chosen zone.
 * @param {string} text @param {boolean} [end] a day means its last moment @returns {Place}
 */
export function placeOf(text, end = false) {
  if (text === 'earliest' || text === 'latest') return { kind: text, value: '' }
  const [, counted, n] = /^(offset|shift):-?(\d+)$/.exec(text) ?? []
  if (counted) return { kind: counted, value: n }
  const days = { today: 0, yesterday: -1 }[text]
  if (days !== undefined)
    return { kind: 'time', value: isoOf(end ? startOfDay(Date.now(), days + 1) - 1 : startOfDay(Date.now(), days)) }
  const [, ago, unit] = /^-(\d{1,6})([smhdw])$/.exec(text) ?? []
  if (unit) return { kind: 'time', value: isoOf(Date.now() - Number(ago) * UNITS[unit]) }
  const ms = text.includes('-') ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? { kind: 'log_id', value: text } : { kind: 'time', value: isoOf(ms) }
}

/** The place in the words that operations read; empty while it is not complete. @param {Place} place */
export const textOf = ({ kind, value }) => {
  const text = value.trim()
  if (kind === 'earliest' || kind === 'latest') return kind
  if (text === '' || kind === 'time' || kind === 'log_id') return text
  return kind === 'shift' ? `shift:-${text.replace(/^-/, '')}` : `offset:${text}`
}

/** Ranges that are asked for most, as texts of places. Times are those of the chosen zone. */
const PRESETS = [
  ['Last hour', () => ({ from: isoOf(Date.now() - HOUR_MS), to: 'latest' })],
  ['Today', () => ({ from: isoOf(startOfDay(Date.now())), to: 'latest' })],
  ['Yesterday', () => ({ from: isoOf(startOfDay(Date.now(), -1)), to: isoOf(startOfDay(Date.now()) - 1) })],
]

/** Buttons that fill in a range. @param {{ more?: [text: string, range: () => object][], choose: (range: { from: string, to: string }) => void }} props */
export const Presets = ({ more = [], choose }) => html`<div class="presets" role="group" aria-label="Ranges">
  ${[...PRESETS, ...more].map(([text, range]) => html`<button key=${text} type="button" onClick=${() => choose(range())}>${text}</button>`)}
</div>`

/** The input of a place. @param {{ label: string, place: Place, change: (place: Place) => void, end?: boolean, only?: string[], problem?: string }} props `end`: a time means the whole of its second */
export function PlaceInput({ label, place, change, end = false, only, problem }) {
  const { kind, value } = place
  const places = PLACES.filter(([key]) => !only || only.includes(key))
  const choose = (next) =>
    change(next === 'time' ? { kind: 'time', value: isoOf(Date.now() - HOUR_MS) } : { kind: next, value: '' })
  return html`<div class="field"><span>${label}${kind === 'time' && html` <${Zone} />`}</span><span class="pair">
    <select aria-label=${`${label}: how`} value=${kind} onChange=${(e) => choose(e.target.value)}>${places.map(([key, text]) => html`<option key=${key} value=${key}>${text}</option>`)}</select>
    ${kind === 'time' && html`<${TimeInput} label=${`${label}: time`} place=${place} change=${change} end=${end} invalid=${problem} />`}
    ${
      ['log_id', 'offset', 'shift'].includes(kind) &&
      html`<input class="mono" aria-label=${`${label}: ${kind}`} aria-invalid=${problem ? 'true' : undefined} value=${value} inputmode=${kind === 'log_id' ? 'text' : 'numeric'} onInput=${(e) => change({ kind, value: e.target.value })} />`
    }
  </span>${problem && html`<span class="problem" role="alert">${problem}</span>`}</div>`
}

/** Named beside every time that is typed: nobody has to guess it. */
function Zone() {
  useZone()
  return html`<span class="quiet">${zoneName()}</span>`
}

/** What was typed stays while it means the same moment; in another zone the moment is shown there. */
function TimeInput({ label, place: { value, typed }, change, end, invalid }) {
  useZone()
  const rest = end ? 999 : 0
  const ms = Date.parse(value)
  const isTyped = typed !== undefined && (value === '' || fromInput(typed) + rest === ms)
  const take = (text) => {
    const given = fromInput(text)
    change({ kind: 'time', typed: text, value: Number.isNaN(given) ? '' : isoOf(given + rest) })
  }
  return html`<input type="datetime-local" step="1" aria-label=${label} aria-invalid=${invalid ? 'true' : undefined} value=${isTyped ? typed : toInput(ms)} onInput=${(e) => take(e.target.value)} />`
}
