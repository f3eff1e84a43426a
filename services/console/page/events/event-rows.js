// Events as rows, on Live and on Find: one line each, which opens to all that the event holds.
import { useState } from 'preact/hooks'
import { perform } from '../frame/api.js'
import { href } from '../frame/address.js'
import { count } from '../frame/format.js'
import { html } from '../frame/html.js'
import { explainHref } from '../frame/names.js'
import { clock, dayText, moment, useZone } from '../frame/time.js'

/** A row is known by its place in the topic. */
export const placeOf = ({ partition, offset }) => `${partition}:${offset}`

/** What `find` and `show` answer, as a row. */
export function rowOf({ logId, receivedAt, data, ...event }) {
  const text = (name) => (typeof data?.[name] === 'string' ? data[name] : '')
  return {
    ...event,
    id: logId,
    received: receivedAt,
    description: text('description'),
    client: text('client_name'),
    connection: text('connection'),
    user: text('user_name'),
    data: data === null ? '(no JSON object)' : JSON.stringify(data),
  }
}

/** Each event in the place where it came first; the one with personal data where there are two. */
export function withoutRepeats(rows) {
  const known = new Map()
  for (const row of rows) {
    const place = placeOf(row)
    if (!known.has(place) || (row.open && !known.get(place).open)) known.set(place, row)
  }
  return [...known.values()]
}

/** The most that one request may name. */
const MOST_PLACES = 500

/**
 * Reads those of the rows again that are not as they should be, with personal data or without it, and answers how to exchange them. What
 * has expired stays as it is. Looking at personal data is on record.
 */
export async function readAgain(all, unmask) {
  const rows = all.filter((row) => Boolean(row.open) !== unmask || row.covered)
  const fresh = new Map()
  for (let at = 0; at < rows.length; at += MOST_PLACES) {
    const places = rows.slice(at, at + MOST_PLACES).map(placeOf)
    const { events } = await perform('show', { places, unmask })
    for (const event of events) fresh.set(placeOf(event), { ...rowOf(event), open: unmask })
  }
  return (those) => those.map((row) => (Boolean(row.open) === unmask && !row.covered ? row : (fresh.get(placeOf(row)) ?? row)))
}

/** Rows without the personal data that is in them, at once; `readAgain` brings back what may be seen. */
export const covered = (rows) =>
  rows.map((row) => (row.open ? { ...row, open: false, covered: true, user: '', description: '', data: '"***"' } : row))

const TONES = { Warning: 'warn', Error: 'bad', Critical: 'bad' }
const COLUMNS = ['Received', 'Level', 'Event', 'Where', 'log_id']

/**
 * @param {{ rows: object[], opened: string, setOpened: (place: string) => void, dated?: boolean, on?: object }} props `dated`: the day
 * beside the time; `on`: handlers of the list as a whole
 */
export function EventRows({ rows, opened, setOpened, dated = false, on = {} }) {
  return html`<div class="scroll" tabIndex="0" role="region" aria-label="Events" ...${on}>
    <table class="cards dense events">
      <thead><tr>${COLUMNS.map((title) => html`<th key=${title} scope="col">${title}</th>`)}<th scope="col"><span class="hidden">Data</span></th></tr></thead>
      <tbody>${rows.map((event) => {
        const place = placeOf(event)
        const open = place === opened
        const turn = () => setOpened(open ? '' : place)
        return html`<${Line} key=${place} event=${event} open=${open} turn=${turn} dated=${dated} />${open ? html`<${Opened} key=${`${place} opened`} event=${event} />` : ''}`
      })}</tbody>
    </table>
  </div>`
}

const shown = (text) => (text && text !== '***' ? text : '')

function Line({ event, open, turn, dated }) {
  const where = [shown(event.user), event.client, event.connection].filter(Boolean).join(' · ')
  const words = `${event.name} ${event.type} ${event.description}`
  return html`<tr class=${open ? 'chosen' : ''} onClick=${(click) => isOnText(click) && turn()}>
    <td data-label="Received"><${Received} at=${event.received} dated=${dated} /></td>
    <td data-label="Level"><span class=${`mark ${TONES[event.level] ?? 'calm'}`}>${event.level}</span></td>
    <td data-label="Event" class="line" title=${words}><span>${event.name} <code class="quiet">${event.type}</code>${event.description ? html` <span class="quiet">${event.description}</span>` : ''}</span></td>
    <td data-label="Where" class="line quiet" title=${where}>${where}</td>
    <td data-label="log_id"><a class="mono" href=${explainHref(event.id)} title=${`Explain ${event.id}`}>…${event.id.slice(-12)}</a></td>
    <td><button class="link" aria-expanded=${open} onClick=${turn}>${open ? 'Less' : 'Data'}</button></td>
  </tr>`
}

/** A click on a row opens it, unless it was meant for something in it, or chose a text. */
const isOnText = ({ target }) => !target.closest('a, button') && String(getSelection()) === ''

/** What the events of the same user, application or address are found by. */
const FINDABLE = { user_name: 'user', user_id: 'user id', client_name: 'client', ip: 'IP address' }

function Opened({ event }) {
  const data = parsed(event.data)
  const found = Object.entries(FINDABLE).filter(([name]) => typeof data?.[name] === 'string' && shown(data[name]))
  return html`<tr class="note"><td colspan="6">
    <p class="row opened"><span class="mono">${event.id || 'no log_id'}</span>${event.id && html`<${Copy} text=${event.id} what="log_id" /><a href=${explainHref(event.id)}>Explain</a>`}
      ${found.map(([name, what]) => html`<a key=${name} href=${href(['find'], { q: data[name] })}>Find this ${what}</a>`)}
      <span class="quiet">partition ${event.partition}, offset ${count(event.offset)}, from ${event.source || 'an unknown source'}</span></p>
    <pre tabIndex="0">${data === undefined ? event.data : JSON.stringify(data, null, 2)}</pre>
  </td></tr>`
}

/** Undefined for JSON that was cut. */
function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A record may have a timestamp that is no moment. */
function Received({ at, dated }) {
  useZone()
  if (!at) return html`<span class="quiet">–</span>`
  const ms = Date.parse(at)
  return html`<time dateTime=${at} title=${moment(ms)}>${dated ? `${dayText(ms)} ` : ''}${clock(ms, 'milliseconds')}</time>`
}

function Copy({ text, what }) {
  const [done, setDone] = useState('')
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setDone('Copied'),
      () => setDone('Not allowed here'),
    )
  // The clipboard is there only over https and on this machine.
  if (!navigator.clipboard) return null
  return html`<button class="link" onClick=${copy}>${done || `Copy ${what}`}</button>`
}
