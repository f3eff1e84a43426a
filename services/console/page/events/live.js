// Live: events as they arrive, masked unless an operator asks. The list stands still while somebody looks at it closely.
import { useState } from 'preact/hooks'
import { useQuery } from '../frame/address.js'
import { plural } from '../frame/format.js'
import { html } from '../frame/html.js'
import { plainName } from '../frame/names.js'
import { Notice } from '../frame/parts.js'
import { useStore } from '../frame/store.js'
import { EventRows } from './event-rows.js'
import { PersonalDataNotice, PersonalDataSwitch } from './personal-data.js'
import { LevelField, TextField } from './filter-fields.js'
import { TypeField } from './type-field.js'
import { useLive } from './use-live.js'

export function Live() {
  const [asked, choose] = useQuery({ type: '', level: '0', text: '', sink: '' })
  const [paused, setPaused] = useState(false)
  const [opened, setOpened] = useState('')
  const [pointed, setPointed] = useState(false)
  const [focused, setFocused] = useState(false)
  const { status, failure } = useStore()
  const sinks = (status?.services ?? []).filter(({ kind }) => kind === 'sink').map(({ name }) => name)
  const noSink = status && asked.sink && !sinks.includes(asked.sink)
  const filter = filterOf(asked, noSink)
  const stop = paused ? 'paused' : opened ? 'opened' : pointed ? 'pointed' : focused ? 'focused' : ''
  const live = useLive(filter, stop !== '')
  const { rows, waiting, lost, seen, unmasked } = live
  const state = status?.kafka.away || failure?.code === 'kafka_away' ? 'away' : live.state
  const stopped = paused || opened !== ''
  const turn = () => {
    setPaused(!stopped)
    setOpened('')
  }
  const on = {
    onPointerEnter: ({ pointerType }) => setPointed(pointerType === 'mouse'),
    onPointerLeave: () => setPointed(false),
    onFocusIn: () => setFocused(true),
    onFocusOut: () => setFocused(false),
  }
  return html`
    <h1>Live</h1>
    <div class="row filters">
      <${TypeField} value=${asked.type} onChange=${(type) => choose({ type })} />
      <${LevelField} value=${filter.level} onChange=${(level) => choose({ level })} />
      <${TextField} label="Contains" value=${asked.text} onChange=${(text) => choose({ text })} />
      <label class="field">Passes the filter of <select value=${noSink ? '' : asked.sink} onChange=${(event) => choose({ sink: event.target.value })}>
        <option value="">any sink or none</option>${sinks.map((name) => html`<option key=${name} value=${name}>${plainName(name)}</option>`)}</select></label>
      <button onClick=${turn}>${stopped ? `Resume${waiting.length > 0 ? ` (${waiting.length} new)` : ''}` : 'Pause'}</button>
      <${PersonalDataSwitch} shown=${unmasked} show=${live.show} hide=${live.hide} />
    </div>
    <p class="quiet"><span role="status">${stateText(state, stop)}</span>${stop && state !== 'away' ? ` ${plural(waiting.length, 'event')} came meanwhile.` : ''} ${seen > 0 ? `${plural(seen, 'event')} since this page was opened.` : ''} ${lost > 0 ? html`<strong>${plural(lost, 'event')} came too fast to be shown; none of them is lost in the topic.</strong>` : ''}</p>
    ${noSink && html`<${Notice} tone="warn" title=${`There is no sink ${asked.sink}`}>Events are shown whatever the sinks let through.<//>`}
    ${unmasked && html`<${PersonalDataNotice} />`}
    ${rows.length === 0 ? html`<p class="empty">${emptyText(state, filter, paused, waiting)}</p>` : html`<${EventRows} rows=${rows} opened=${opened} setOpened=${setOpened} on=${on} />`}
  `
}

/** An address may hold anything. */
const filterOf = ({ type, level, text, sink }, noSink) => ({
  type,
  level: /^[0-4]$/.test(level) ? level : '0',
  text: text.trim().length < 2 ? '' : text.trim(),
  sink: noSink ? '' : sink,
})

const STOPPED = {
  paused: 'Paused;',
  opened: 'Frozen while a row is open;',
  pointed: 'Frozen while you point at it;',
  focused: 'Frozen while the focus is in it;',
}

function stateText(state, stop) {
  if (state === 'away') return 'Kafka does not answer: events are shown from when it does.'
  if (stop) return STOPPED[stop]
  return state === 'connecting' ? 'Connecting…' : 'Following the topic.'
}

function emptyText(state, { type, level, text, sink }, paused, waiting) {
  if (paused)
    return waiting.length > 0
      ? 'Paused. Resume to see what came meanwhile.'
      : 'Paused. Events that come appear when it is resumed.'
  if (state === 'away') return 'Kafka does not answer. Nothing is lost; what arrives from then on appears here.'
  if (state !== 'following') return 'Connecting…'
  return type || level !== '0' || text || sink
    ? 'No event that fits has come yet.'
    : 'No event has come since this page was opened. They appear here as soon as the ingest has stored them.'
}
