// Times as the whole console shows them: the moment, to compare it with AWS or a colleague, and how long ago it was. One switch says in
// which zone: UTC, or the zone of the browser. Tables, charts and forms all ask here.
import { useEffect, useState } from 'preact/hooks'
import { html } from './html.js'
import { useClock } from './store.js'

/** @typedef {'local' | 'utc'} Zone */

const KEPT = 'zone'
const changed = new EventTarget()

/** A browser may forbid storage. */
function kept() {
  try {
    return localStorage.getItem(KEPT) === 'utc' ? 'utc' : 'local'
  } catch {
    return 'local'
  }
}
/** @type {Zone} */
let zone = kept()

/** @param {Zone} next */
function setZone(next) {
  zone = next
  try {
    localStorage.setItem(KEPT, next)
  } catch {
    // It lasts as long as the page then.
  }
  changed.dispatchEvent(new Event('zone'))
}

/** The zone that is chosen; draws again when it changes. @returns {Zone} */
export function useZone() {
  const [now, setNow] = useState(zone)
  useEffect(() => {
    const take = () => setNow(zone)
    changed.addEventListener('zone', take)
    take()
    return () => changed.removeEventListener('zone', take)
  }, [])
  return now
}

const browserZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone || 'local time'
/** `UTC` or `Europe/Berlin`: the zone that is chosen, by name. */
export const zoneName = () => (zone === 'utc' ? 'UTC' : browserZone())
/** For what takes an IANA name. */
export const zoneId = () => (zone === 'utc' ? 'UTC' : browserZone())

/** In the header. */
export function ZoneSwitch() {
  const now = useZone()
  const one = (key, text, title) =>
    html`<button key=${key} aria-pressed=${now === key} title=${title} onClick=${() => setZone(key)}>${text}</button>`
  return html`<div class="choice zone" role="group" aria-label="Times in">
    ${one('utc', 'UTC', 'Show all times in UTC')}${one('local', 'Local', `Show all times in ${browserZone()}`)}
  </div>`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (n) => String(n).padStart(2, '0')

/** The parts of a moment in the chosen zone. */
function partsOf(ms) {
  const date = new Date(ms)
  return zone === 'utc'
    ? [
        date.getUTCFullYear(),
        date.getUTCMonth(),
        date.getUTCDate(),
        date.getUTCHours(),
        date.getUTCMinutes(),
        date.getUTCSeconds(),
      ]
    : [date.getFullYear(), date.getMonth(), date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds()]
}

const isMoment = (ms) => Number.isFinite(ms) && Math.abs(ms) <= 8.64e15

/** `28 Nov 14:15:44`, with the year where it is another one. Empty for what is no moment. @param {number} ms */
export function moment(ms) {
  if (!isMoment(ms)) return ''
  const [year, month, day, hour, minute, second] = partsOf(ms)
  const other = year === partsOf(Date.now())[0] ? '' : ` ${year}`
  return `${day} ${MONTHS[month]}${other} ${two(hour)}:${two(minute)}:${two(second)}`
}

/** `14:15`, or `14:15:44` and `14:15:44.123` for finer ones. @param {number} ms @param {'minutes' | 'seconds' | 'milliseconds'} [to] */
export function clock(ms, to = 'minutes') {
  if (!isMoment(ms)) return ''
  const [, , , hour, minute, second] = partsOf(ms)
  const fine = to === 'milliseconds' ? `.${String(((ms % 1000) + 1000) % 1000).padStart(3, '0')}` : ''
  return `${two(hour)}:${two(minute)}${to === 'minutes' ? '' : `:${two(second)}${fine}`}`
}

/** `28 Nov`. @param {number} ms */
export function dayText(ms) {
  const [, month, day] = partsOf(ms)
  return `${day} ${MONTHS[month]}`
}

/** As an input of type datetime-local has it, in the chosen zone. @param {number} ms */
export function toInput(ms) {
  const [year, month, day, hour, minute, second] = partsOf(ms)
  return `${year}-${two(month + 1)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`
}

/** Milliseconds of such an input's value; NaN where it is not complete. @param {string} text */
export const fromInput = (text) => Date.parse(zone === 'utc' ? `${text}Z` : text)

/** The beginning of the day that `ms` is in, `days` later (or earlier), in the chosen zone. */
export function startOfDay(ms, days = 0) {
  const [year, month, day] = partsOf(ms)
  return zone === 'utc' ? Date.UTC(year, month, day + days) : new Date(year, month, day + days).getTime()
}

/** @type {[limit: number, seconds: number, unit: string][]} */
const UNITS = [
  [90, 1, 's'],
  [90 * 60, 60, 'min'],
  [36 * 3600, 3600, 'h'],
  [Number.POSITIVE_INFINITY, 86_400, 'days'],
]

/** `9 min ago`, `in 12 s`, `just now`. @param {number} ms */
export function ago(ms, now = Date.now()) {
  const seconds = (ms - now) / 1000
  if (Math.abs(seconds) < 2) return 'just now'
  const [, size, unit] = UNITS.find(([limit]) => Math.abs(seconds) < limit) ?? UNITS[3]
  const text = `${Math.round(Math.abs(seconds) / size)} ${unit}`
  return seconds < 0 ? `${text} ago` : `in ${text}`
}

/** The moment, and how long ago it was in grey beside it. @param {{ at: string | null | undefined, none?: string, brief?: boolean, ago?: boolean }} props `brief`: the moment alone; `ago`: how long ago first */
export function Time({ at, none = '–', brief = false, ago: isAgo = false }) {
  useClock(1_000)
  useZone()
  const ms = Date.parse(at || '')
  if (!isMoment(ms)) return html`<span class="quiet">${none}</span>`
  const title = `${new Date(ms).toISOString()} (${zoneName()} shown)`
  if (isAgo) return html`<time dateTime=${at} title=${title}>${ago(ms)}<span class="quiet ago"> · ${moment(ms)}</span></time>`
  return html`<time dateTime=${at} title=${title}>${moment(ms)}${brief ? '' : html`<span class="quiet ago"> · ${ago(ms)}</span>`}</time>`
}
