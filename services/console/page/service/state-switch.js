// Whether a sink or the backfill works: a switch that pauses and resumes, and the button that stops it.
import { useState } from 'preact/hooks'
import { get, perform } from '../frame/api.js'
import { plural } from '../frame/format.js'
import { html } from '../frame/html.js'
import { plainName } from '../frame/names.js'
import { Confirm, Mark, Notice } from '../frame/parts.js'
import { mayChange, set } from '../frame/store.js'
import { Time } from '../frame/time.js'

/** What can be paused and stopped; the others work for whoever asks them. */
export const isSteered = ({ kind }) => kind === 'sink' || kind === 'backfill'

/** On = running. Pausing asks first and says what it means. */
export function StateSwitch({ job }) {
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState()
  const on = job.state === 'running'
  const resume = async () => {
    setBusy(true)
    setFailure(undefined)
    await changeState('resume', job.name).catch(setFailure)
    setBusy(false)
  }
  return html`
    <button role="switch" class="switch" aria-checked=${on} aria-label=${`${plainName(job.name)} is ${job.state}`} disabled=${!mayChange() || busy}
      title=${mayChange() ? undefined : 'Needs the role operator'} onClick=${() => (on ? setAsking(true) : resume())}><span></span></button>
    ${job.state !== 'running' && html` <${Mark} state=${job.state} />`}
    ${job.setBy && job.state !== 'running' && html` <span class="quiet">by ${job.setBy.by}, <${Time} at=${job.setBy.at} /></span>`}
    ${failure && html`<${Notice} tone="bad" title="Not done">${failure.message}<//>`}
    ${asking && html`<${PauseDialog} job=${job} onClose=${() => setAsking(false)} />`}
  `
}

function PauseDialog({ job, onClose }) {
  const name = plainName(job.name)
  return html`<${Confirm} title=${`Pause ${name}?`} confirm="Pause" onClose=${onClose} act=${() => changeState('pause', job.name)}>
    <p>Nothing is delivered to it until it is resumed. ${job.lag ? `${plural(job.lag, 'event')} wait${job.lag === 1 ? 's' : ''} already. ` : ''}New events wait in Kafka and are delivered then.</p>
    <p class="quiet">Kafka keeps an event for the topic’s retention (LOG_RETENTION_DAYS, 35 days unless set): do not leave it paused for longer.</p>
  <//>`
}

/** The new state is shown at once; the next status confirms it. */
async function changeState(verb, sink) {
  const { after } = await perform(verb, { sink })
  const status = await get('/api/status')
  const services = status.services.map((service) => (service.name === sink ? { ...service, state: after.state } : service))
  set({ status: { ...status, services } })
}

/** Stopped leaves the group: for maintenance, and for resets by Kafka's own tools. */
export function StopButton({ job }) {
  const [asking, setAsking] = useState(false)
  if (!mayChange() || job.state === 'stopped') return null
  const name = plainName(job.name)
  return html`<button onClick=${() => setAsking(true)}>Stop…</button>
    ${
      asking &&
      html`<${Confirm} title=${`Stop ${name}?`} confirm="Stop" danger onClose=${() => setAsking(false)}
      act=${() => changeState('stop', job.name)}>
      <p>${job.members.length > 0 ? `Its ${plural(job.members.length, 'member')}` : 'Its processes'} finish what is under way and leave the consumer group. Nothing is delivered until it is switched on again${job.lag ? `; ${plural(job.lag, 'event')} wait${job.lag === 1 ? 's' : ''} already` : ''}.</p>
      <p class="quiet">Kafka forgets the offsets of a group that is empty for long (7 days unless the broker is set otherwise); then delivery begins anew. To keep it waiting, pause it instead.</p>
    <//>`
    }`
}
