// Proofs: the last 35 days as a calendar, each day opens its account by hour.
import { useEffect, useState } from 'preact/hooks'
import { perform, post } from '../frame/api.js'
import { href } from '../frame/address.js'
import { html } from '../frame/html.js'
import { Confirm, Loaded, Notice } from '../frame/parts.js'
import { mayChange, useLoaded } from '../frame/store.js'
import { Day } from './day.js'

const DAYS = 35
const DAY_MS = 86_400_000
/** A proof under way is looked at so often. */
const LOOK_MS = 3_000

/** @type {Record<string, [tone: string, sign: string, words: string]>} */
export const VERDICTS = {
  complete: ['good', '✓', 'complete'],
  incomplete: ['bad', '✕', 'incomplete'],
  not_decidable: ['warn', '?', 'not decidable'],
}
/** @param {{ verdict: string }} props */
export function Verdict({ verdict }) {
  const [tone, sign, words] = VERDICTS[verdict] ?? ['calm', '·', 'not proved']
  return html`<span class=${`mark ${tone}`}><span aria-hidden="true">${sign}</span> ${words}</span>`
}

export function Proofs({ rest: [day] }) {
  return day ? html`<${Day} key=${day} day=${day} />` : html`<${Calendar} />`
}

/** Days of the calendar up to today, oldest first, as `2026-01-31`. @param {number} now */
const lastDays = (now) =>
  Array.from({ length: DAYS }, (_, i) => new Date(now - (DAYS - 1 - i) * DAY_MS).toISOString().slice(0, 10))

function Calendar() {
  const proofs = useLoaded(() => post('/api/operations/proofs', {}), [])
  const isOpen = proofs.data?.days.some(({ open }) => open)
  useEffect(() => {
    if (!isOpen) return
    const timer = setInterval(proofs.reload, LOOK_MS)
    return () => clearInterval(timer)
  }, [isOpen])
  return html`<h1>Proofs</h1>
    <p class="quiet">Is every log of a day in the archive? A proof compares Auth0’s own list, the topic and every sink, hour by hour. A day that is green is complete.</p>
    <${Ask} done=${proofs.reload} />
    <${Loaded} of=${proofs} isEmpty=${() => false}>
      ${({ days }) => html`<${Under} days=${days} />
        <ol class="calendar" aria-label="The last 35 days">${lastDays(Date.now()).map((day, i) => html`<${Tile} key=${day} day=${day} isFirst=${i === 0} proved=${days.find((one) => one.day === day)} />`)}</ol>`}
    <//>`
}

function Tile({ day, proved, isFirst }) {
  const [tone, sign, words] = VERDICTS[proved?.verdict] ?? ['none', '', 'not proved']
  const part = (options) => new Date(`${day}T12:00:00Z`).toLocaleDateString('en', { ...options, timeZone: 'UTC' })
  const [weekday, month] = [part({ weekday: 'short' }), part({ month: 'short' })]
  return html`<li><a class=${`tile ${tone}`} href=${href(['proofs', day])}>
    <span class="quiet weekday">${weekday}</span>
    <span class="date">${Number(day.slice(8))}${isFirst || day.endsWith('-01') ? ` ${month}` : ''}</span> <span class="hidden">${day}: ${words}</span>
    <span class="sign" aria-hidden="true">${sign}</span>
    <span class="strip" aria-hidden="true">${(proved?.hours ?? []).map((hour, i) => html`<i key=${i} class=${VERDICTS[hour]?.[0] ?? ''}></i>`)}</span>
  </a></li>`
}

/** Proofs that are being made. */
function Under({ days }) {
  return days
    .filter(({ open }) => open)
    .map(
      ({ day, open }) => html`<div key=${day} class="progress" role="status">
        <progress value=${open.done} max=${open.total || 1} aria-label=${`Proof of ${day}`}></progress>
        <span>Proving ${day}: ${open.what || 'waiting for the worker of the backfill'}</span>
      </div>`,
    )
}

/** Asks for a proof. @param {{ done: () => void, day?: string }} props */
export function Ask({ done, day: given }) {
  const [day, setDay] = useState(given ?? new Date(Date.now() - DAY_MS).toISOString().slice(0, 10))
  const [auth0, setAuth0] = useState(true)
  const [asking, setAsking] = useState(false)
  const [told, setTold] = useState('')
  const act = async (progress) => {
    const result = await perform('prove', { day, auth0, detach: true }, progress)
    setTold(result.message ?? '')
    done()
  }
  return html`<form class="card" onSubmit=${(event) => {
    event.preventDefault()
    setAsking(true)
  }}>
    <div class="row">
      ${given ? '' : html`<label>Day <input type="date" required value=${day} onInput=${({ target }) => setDay(target.value)} /></label>`}
      <label class="check"><input type="checkbox" checked=${auth0} onChange=${({ target }) => setAuth0(target.checked)} /> Ask Auth0</label>
      <button class="primary" disabled=${!mayChange() || day === ''} title=${mayChange() ? undefined : 'Needs the role operator'}>${given ? 'Prove it now…' : 'Prove…'}</button>
    </div>
    ${told && html`<${Notice} tone="good" title="The proof is asked for">${told}<//>`}
    ${
      asking &&
      html`<${Confirm} title=${`Prove ${day}?`} confirm="Prove" onClose=${() => setAsking(false)} act=${act}>
      <p>${auth0 ? 'The worker of the backfill reads Auth0’s list of that day within the tenant’s rate limit; of a day with many logs that takes a while.' : 'Only what Kafka tells is looked at: whether the topic holds all that Auth0 has stays open.'} Nothing is delivered again.</p>
    <//>`
    }
  </form>`
}
