// Live: events as they arrive, masked unless an operator asks.
import { useEffect, useRef, useState } from 'preact/hooks'
import { stream } from '../frame/api.js'
import { plural } from '../frame/format.js'
import { html } from '../frame/html.js'
import { explainHref } from '../frame/names.js'
import { Confirm, Notice } from '../frame/parts.js'
import { mayChange, useStore } from '../frame/store.js'
import { clock, moment, useZone } from '../frame/time.js'

/** Rows on the page; older ones go. */
const MOST_ROWS = 300
/** What is kept while it is paused. */
const MOST_WAITING = 300
const LEVELS = ['Debug', 'Info', 'Warning', 'Error', 'Critical']
const NOTHING = { rows: [], waiting: [], lost: 0, seen: 0 }

export function Live() {
  const [filter, setFilter] = useState({ type: '', level: '0', unmasked: false })
  const [paused, setPaused] = useState(false)
  const [asking, setAsking] = useState(false)
  const { status, failure } = useStore()
  const { rows, waiting, lost, seen, state: following } = useEvents(filter, paused)
  const state = status?.kafka.away || failure?.code === 'kafka_away' ? 'away' : following
  return html`
    <h1>Live</h1>
    <${Filters} filter=${filter} setFilter=${setFilter} paused=${paused} setPaused=${setPaused} waiting=${waiting} askUnmask=${() => setAsking(true)} />
    <p class="quiet" role="status">${stateText(state, paused, waiting)} ${seen > 0 ? `${plural(seen, 'event')} since this page was opened.` : ''} ${lost > 0 ? html`<strong>${plural(lost, 'event')} came too fast to be shown; none of them is lost in the topic.</strong>` : ''}</p>
    ${filter.unmasked && html`<${Notice} tone="warn" title="Personal data is shown">That you looked is on the audit page.<//>`}
    ${rows.length === 0 ? html`<p class="empty">${emptyText(state, filter, paused, waiting)}</p>` : html`<${Events} rows=${rows} />`}
    ${
      asking &&
      html`<${Confirm} title="Show personal data?" confirm="Show" onClose=${() => setAsking(false)} act=${async () => setFilter({ ...filter, unmasked: true })}>
      <p>Names, addresses and ids of your users are shown on this page. That you looked is put on record.</p>
    <//>`
    }
  `
}

/**
 * The newest events first. While paused they wait, the oldest go, and what is on the page stays there whatever filter is chosen, but for
 * personal data that is to be shown no longer.
 */
function useEvents(filter, paused) {
  const [shown, setShown] = useState(NOTHING)
  const [state, setState] = useState('connecting')
  const isPaused = useRef(paused)
  isPaused.current = paused
  const wasUnmasked = useRef(false)
  useEffect(() => {
    const keeps = isPaused.current && !(wasUnmasked.current && !filter.unmasked)
    wasUnmasked.current = filter.unmasked
    setShown((now) => (keeps ? { ...now, waiting: [] } : NOTHING))
    setState('connecting')
    const query = new URLSearchParams({
      type: filter.type.replaceAll(/\s/g, ''),
      level: filter.level,
      unmasked: String(filter.unmasked),
    })
    const lose = (lines) => lines > 0 && setShown((now) => ({ ...now, lost: now.lost + lines }))
    return stream(
      `/api/live?${query}`,
      {
        events({ events, left_out }) {
          const newest = events.toReversed()
          setShown((now) => ({
            ...now,
            seen: now.seen + events.length,
            lost: now.lost + left_out,
            ...(isPaused.current
              ? { waiting: [...newest, ...now.waiting].slice(0, MOST_WAITING) }
              : { rows: [...newest, ...now.rows].slice(0, MOST_ROWS) }),
          }))
        },
        lost: ({ lines }) => lose(lines),
        following: () => setState('following'),
        away: () => setState('away'),
      },
      (open) => open || setState('connecting'),
    )
  }, [filter])
  useEffect(() => {
    if (!paused)
      setShown((now) => ({ ...now, rows: withoutRepeats([...now.waiting, ...now.rows]).slice(0, MOST_ROWS), waiting: [] }))
  }, [paused])
  return { ...shown, state }
}

/** A row is known by its place in the topic. */
function withoutRepeats(rows) {
  return [...new Map(rows.map((row) => [`${row.partition}/${row.offset}`, row])).values()]
}

function stateText(state, paused, waiting) {
  if (state === 'away') return 'Kafka does not answer: events are shown from when it does.'
  if (state === 'connecting') return 'Connecting…'
  return paused ? `Paused; ${plural(waiting.length, 'event')} came meanwhile.` : 'Following the topic.'
}

function emptyText(state, { type, level }, paused, waiting) {
  if (paused)
    return waiting.length > 0
      ? 'Paused. Resume to see what came meanwhile.'
      : 'Paused. Events that come appear when it is resumed.'
  if (state === 'away') return 'Kafka does not answer. Nothing is lost; what arrives from then on appears here.'
  if (state !== 'following') return 'Connecting…'
  return type.trim() || level !== '0'
    ? 'No event that fits has come yet.'
    : 'No event has come since this page was opened. They appear here as soon as the ingest has stored them.'
}

function Filters({ filter, setFilter, paused, setPaused, waiting, askUnmask }) {
  const [type, setType] = useState(filter.type)
  const choose = (change) =>
    Object.entries(change).some(([name, value]) => filter[name] !== value) && setFilter({ ...filter, ...change })
  const submit = (event) => {
    event.preventDefault()
    choose({ type })
  }
  return html`<div class="row">
    <form class="row" onSubmit=${submit}>
      <label class="field">Types <input class="mono" value=${type} onInput=${(e) => setType(e.target.value)} onBlur=${() => choose({ type })} placeholder="all, or s,f,fp" size="14" spellcheck=${false} /></label>
      <label class="field">Minimum level <select value=${filter.level} onChange=${(e) => choose({ level: e.target.value })}>${LEVELS.map((level, i) => html`<option key=${level} value=${String(i)}>${level}</option>`)}</select></label>
    </form>
    <button onClick=${() => setPaused(!paused)} aria-pressed=${paused}>${paused ? `Resume${waiting.length > 0 ? ` (${waiting.length} new)` : ''}` : 'Pause'}</button>
    ${
      mayChange() &&
      html`<label class="check"><input type="checkbox" checked=${filter.unmasked} onClick=${(event) => {
        event.preventDefault()
        if (filter.unmasked) choose({ unmasked: false })
        else askUnmask()
      }} /> Show personal data</label>`
    }
  </div>`
}

/** A record may have a timestamp that is no moment. */
function Received({ at }) {
  if (!at) return html`<span class="quiet">–</span>`
  useZone()
  return html`<time dateTime=${at} title=${moment(Date.parse(at))}>${clock(Date.parse(at), 'milliseconds')}</time>`
}

const TONES = { Warning: 'warn', Error: 'bad', Critical: 'bad' }

function Events({ rows }) {
  const [opened, setOpened] = useState('')
  return html`<div class="scroll" tabIndex="0" role="region" aria-label="Events">
    <table class="cards dense events">
      <thead><tr><th scope="col">Received</th><th scope="col">Level</th><th scope="col">Event</th><th scope="col">Where</th><th scope="col">log_id</th><th scope="col"><span class="hidden">Data</span></th></tr></thead>
      <tbody>${rows.map((event) => {
        const key = `${event.partition}/${event.offset}`
        const open = key === opened
        return html`<tr key=${key}>
          <td data-label="Received"><${Received} at=${event.received} /></td>
          <td data-label="Level"><span class=${`mark ${TONES[event.level] ?? 'calm'}`}>${event.level}</span></td>
          <td data-label="Event"><span>${event.name} <code class="quiet">${event.type}</code>${event.description ? html` <span class="quiet">${event.description.slice(0, 120)}</span>` : ''}</span></td>
          <td data-label="Where" class="quiet">${[event.client, event.connection].filter(Boolean).join(' · ')}</td>
          <td data-label="log_id"><a class="mono" href=${explainHref(event.id)} title="Explain this log">…${event.id.slice(-12)}</a></td>
          <td><button class="link" aria-expanded=${open} onClick=${() => setOpened(open ? '' : key)}>${open ? 'Less' : 'Data'}</button></td>
        </tr>${open ? html`<tr class="note" key=${`${key} data`}><td colspan="6"><p class="quiet">Partition ${event.partition}, offset ${event.offset}, from ${event.source || 'an unknown source'}</p><pre tabIndex="0">${pretty(event.data)}</pre></td></tr>` : ''}`
      })}</tbody>
    </table>
  </div>`
}

/** Cut JSON stays as it is. */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
