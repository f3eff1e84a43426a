// Find: events of the last hours by user, application, address or any text, with what was searched and what was not.
import { useEffect, useState } from 'preact/hooks'
import { useQuery } from '../frame/address.js'
import { count, plural } from '../frame/format.js'
import { html } from '../frame/html.js'
import { Failed } from '../frame/parts.js'
import { useStore } from '../frame/store.js'
import { Time } from '../frame/time.js'
import { EventRows } from './event-rows.js'
import { LevelField } from './filter-fields.js'
import { PersonalDataNotice, PersonalDataSwitch } from './personal-data.js'
import { TypeField } from './type-field.js'
import { useFind } from './use-find.js'

const HOURS = {
  1: 'the last hour',
  6: 'the last 6 hours',
  24: 'the last 24 hours',
  168: 'the last 7 days',
  840: 'the last 35 days',
}
const FALLBACKS = { q: '', hours: '24', type: '', level: '0' }

export function Find() {
  const [asked, choose] = useQuery(FALLBACKS)
  const [text, setText] = useState(asked.q)
  const [opened, setOpened] = useState('')
  useEffect(() => setText(asked.q), [asked.q])
  // An address may hold anything.
  const hours = /^[1-9]\d{0,4}$/.test(asked.hours) ? asked.hours : FALLBACKS.hours
  const level = /^[0-4]$/.test(asked.level) ? asked.level : '0'
  const find = useFind({ text: asked.q.trim(), hours, type: asked.type, level })
  const { status } = useStore()
  // The notice above all pages goes by itself when Kafka is back, and so does what it stopped.
  useEffect(() => {
    if (status?.kafka.away === false && find.failure?.code === 'kafka_away') find.goOn()
  }, [status?.kafka.away])
  const submit = (event) => {
    event.preventDefault()
    if (text.trim() === asked.q && !find.running) find.again()
    else choose({ q: text.trim() })
  }
  const options = Object.entries({ [hours]: `the last ${count(Number(hours))} hours`, ...HOURS }).toSorted(([a], [b]) => a - b)
  return html`<h1>Find</h1>
    <form class="row filters" onSubmit=${submit}>
      <label class="field wide">Text <input type="search" value=${text} onInput=${(event) => setText(event.target.value)} placeholder="user, e-mail, client, IP address, log_id, any text" minlength="2" maxlength="500" required spellcheck=${false} autofocus /></label>
      <label class="field">Received in <select value=${hours} onChange=${(event) => choose({ hours: event.target.value })}>${options.map(([value, words]) => html`<option key=${value} value=${value}>${words}</option>`)}</select></label>
      <${TypeField} value=${asked.type} onChange=${(type) => choose({ type })} />
      <${LevelField} value=${level} onChange=${(next) => choose({ level: next })} />
      <button class="primary">Find</button>
      <${PersonalDataSwitch} shown=${find.unmasked} show=${find.show} hide=${find.hide} />
    </form>
    ${asked.q.trim() ? html`<${Progress} find=${find} />` : ''}
    ${find.failure && html`<${Failed} failure=${find.failure} again=${find.goOn} />`}
    ${find.unmasked && html`<${PersonalDataNotice} />`}
    ${
      find.rows.length > 0
        ? html`<${EventRows} rows=${find.rows} opened=${opened} setOpened=${setOpened} dated />`
        : html`<p class="empty">${emptyText(asked.q.trim(), find)}</p>`
    }`
}

/** How much was searched, and what was not. */
function Progress({ find }) {
  const { rows, searched, left, backTo, since, rest, running, done } = find
  const total = searched + left
  if (total === 0 && !running && rest === undefined) return null
  const found = `${plural(rows.length, 'event')} found`
  const now = running ? searched + done : searched
  return html`<div class="row searched">
    <span role="status">${running ? 'Searching…' : rest === '' ? `${found}.` : rest === undefined ? '' : `${found} so far.`}</span>
    <span class="quiet">${
      rest === ''
        ? html`All ${plural(total, 'event')} since <${Time} at=${since} /> were searched.`
        : total > 0
          ? html`Searched ${count(now)} of ${count(total)}, back to <${Time} at=${backTo} none="the newest ones" />.`
          : ''
    }</span>
    ${running ? html`<button onClick=${find.cancel}>Cancel</button>` : rest ? html`<button onClick=${find.goOn}>Go on</button>` : ''}
    ${running && total > 0 ? html`<progress value=${now} max=${total} aria-label="Searched"></progress>` : ''}
  </div>`
}

function emptyText(text, { running, rest, failure }) {
  if (text === '')
    return 'Finds events in which any value holds the text, in upper or lower case: who somebody is, which application, from where. Values that are masked here are searched too.'
  if (failure) return 'Nothing was found before the search ended.'
  if (running) return 'Searching, newest first…'
  if (rest) return 'Nothing found so far. Go on to search what is older.'
  return 'No event holds this text. Choose a longer time, fewer types, or a part of the text.'
}
