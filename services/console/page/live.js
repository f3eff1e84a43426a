// Live: events as they arrive, masked unless an operator asks, and the way of one of them.
import { useEffect, useRef, useState } from 'preact/hooks'
import { stream } from './api.js'
import { Explain } from './explain.js'
import { exact, plural } from './format.js'
import { html } from './html.js'
import { Confirm, Notice } from './parts.js'
import { mayChange, useStore } from './store.js'

/** Rows on the page; older ones go. */
const MOST_ROWS = 300
/** What is kept while it is paused. */
const MOST_HELD = 300
const LEVELS = ['Debug', 'Info', 'Warning', 'Error', 'Critical']
const NOTHING = { rows: [], held: [], lost: 0, seen: 0 }

export function Live({ rest: [followed = ''] }) {
  const [wish, setWish] = useState({ type: '', level: '0', unmasked: false })
  const [paused, setPaused] = useState(false)
  const [asking, setAsking] = useState(false)
  const { status, failure } = useStore()
  const { rows, held, lost, seen, state: following } = useEvents(wish, paused)
  const state = status?.kafka.away || failure?.code === 'kafka_away' ? 'away' : following
  return html`
    <h1>Live</h1>
    <${Filters} wish=${wish} setWish=${setWish} paused=${paused} setPaused=${setPaused} held=${held} askUnmask=${() => setAsking(true)} />
    <p class="quiet" role="status">${stateText(state, paused, held)} ${seen > 0 ? `${plural(seen, 'event')} since this page was opened.` : ''} ${lost > 0 ? html`<strong>${plural(lost, 'event')} came too fast to be shown; none of them is lost in the topic.</strong>` : ''}</p>
    ${wish.unmasked && html`<${Notice} tone="warn" title="Personal data is shown">That you looked is on the audit page.<//>`}
    ${rows.length === 0 ? html`<p class="empty">${emptyText(state, wish)}</p>` : html`<${Events} rows=${rows} />`}
    ${followed && html`<${Explain} id=${followed} onClose=${() => (location.hash = '#/live')} />`}
    ${
      asking &&
      html`<${Confirm} title="Show personal data?" confirm="Show" onClose=${() => setAsking(false)} act=${async () => setWish({ ...wish, unmasked: true })}>
      <p>Names, addresses and ids of your users are shown on this page. That you looked is put on record.</p>
    <//>`
    }
  `
}

/** The newest events first. While paused they are held, the oldest go. */
function useEvents(wish, paused) {
  const [shown, setShown] = useState(NOTHING)
  const [state, setState] = useState('connecting')
  const isPaused = useRef(paused)
  isPaused.current = paused
  useEffect(() => {
    setShown(NOTHING)
    setState('connecting')
    const query = new URLSearchParams({
      type: wish.type.replaceAll(/\s/g, ''),
      level: wish.level,
      unmasked: String(wish.unmasked),
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
              ? { held: [...newest, ...now.held].slice(0, MOST_HELD) }
              : { rows: [...newest, ...now.rows].slice(0, MOST_ROWS) }),
          }))
        },
        lost: ({ lines }) => lose(lines),
        following: () => setState('following'),
        away: () => setState('away'),
      },
      (open) => open || setState('connecting'),
    )
  }, [wish])
  useEffect(() => {
    if (!paused) setShown((now) => ({ ...now, rows: [...now.held, ...now.rows].slice(0, MOST_ROWS), held: [] }))
  }, [paused])
  return { ...shown, state }
}

function stateText(state, paused, held) {
  if (state === 'away') return 'Kafka does not answer: events are shown from when it does.'
  if (state === 'connecting') return 'Connecting…'
  return paused ? `Paused; ${plural(held.length, 'event')} came meanwhile.` : 'Following the topic.'
}

function emptyText(state, { type, level }) {
  if (state === 'away') return 'Kafka does not answer. Nothing is lost; what arrives from then on appears here.'
  if (state !== 'following') return 'Connecting…'
  return type.trim() || level !== '0'
    ? 'No event that fits has come yet.'
    : 'No event has come since this page was opened. They appear here as soon as the ingest has stored them.'
}

function Filters({ wish, setWish, paused, setPaused, held, askUnmask }) {
  const [type, setType] = useState(wish.type)
  const [id, setId] = useState('')
  const submit = (event) => {
    event.preventDefault()
    setWish({ ...wish, type })
  }
  const follow = (event) => {
    event.preventDefault()
    if (id.trim()) location.hash = `#/live/${encodeURIComponent(id.trim())}`
  }
  return html`<div class="row">
    <form class="row" onSubmit=${submit}>
      <label class="field">Types <input class="mono" value=${type} onInput=${(e) => setType(e.target.value)} onBlur=${() => setWish({ ...wish, type })} placeholder="all, or s,f,fp" size="14" spellcheck=${false} /></label>
      <label class="field">Least level <select value=${wish.level} onChange=${(e) => setWish({ ...wish, level: e.target.value })}>${LEVELS.map((level, i) => html`<option key=${level} value=${String(i)}>${level}</option>`)}</select></label>
    </form>
    <button onClick=${() => setPaused(!paused)} aria-pressed=${paused}>${paused ? `Go on${held.length > 0 ? ` (${held.length})` : ''}` : 'Pause'}</button>
    ${
      mayChange() &&
      html`<label class="check"><input type="checkbox" checked=${wish.unmasked} onClick=${(event) => {
        event.preventDefault()
        if (wish.unmasked) setWish({ ...wish, unmasked: false })
        else askUnmask()
      }} /> Show personal data</label>`
    }
    <form class="row end" onSubmit=${follow}>
      <label class="field">Follow one log <input class="mono" value=${id} onInput=${(e) => setId(e.target.value)} placeholder="log_id" size="24" spellcheck=${false} /></label>
      <button disabled=${id.trim() === ''}>Follow</button>
    </form>
  </div>`
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
          <td data-label="Received"><time dateTime=${event.received} title=${exact(Date.parse(event.received))}>${new Date(event.received).toLocaleTimeString('en-GB')}</time></td>
          <td data-label="Level"><span class=${`mark ${TONES[event.level] ?? 'calm'}`}>${event.level}</span></td>
          <td data-label="Event"><span>${event.name} <code class="quiet">${event.type}</code>${event.description ? html` <span class="quiet">${event.description.slice(0, 120)}</span>` : ''}</span></td>
          <td data-label="Where" class="quiet">${[event.client, event.connection].filter(Boolean).join(' · ')}</td>
          <td data-label="log_id"><a class="mono" href=${`#/live/${encodeURIComponent(event.id)}`} title="Follow this log">…${event.id.slice(-12)}</a></td>
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
