// When a service works: all the time, or at the ticks of a cron expression. In words, and the next five, before anything changes.
import { useEffect, useState } from 'preact/hooks'
import { get, perform } from '../frame/api.js'
import { html } from '../frame/html.js'
import { plainName } from '../frame/names.js'
import { Confirm, Notice } from '../frame/parts.js'
import { mayChange } from '../frame/store.js'
import { Time } from '../frame/time.js'

const EXAMPLES = [
  ['*/5 * * * *', 'every 5 minutes'],
  ['0 * * * *', 'every hour'],
  ['0 6 * * 1-5', 'on weekdays at 6'],
  ['continuous', 'all the time'],
]

export function ScheduleForm({ job }) {
  const [schedule, setSchedule] = useState(job.schedule)
  const [asking, setAsking] = useState(false)
  const [told, setTold] = useState({ problem: '', words: '', ticks: [] })
  useEffect(() => setSchedule(job.schedule), [job.schedule])
  useEffect(() => {
    const gone = new AbortController()
    const query = new URLSearchParams({ schedule: schedule.trim(), time_zone: job.timeZone })
    get(`/api/ticks?${query}`, gone.signal).then(setTold, () => {})
    return () => gone.abort()
  }, [schedule, job.timeZone])
  const wanted = schedule.trim()
  const changed = wanted !== job.schedule && wanted !== ''
  const ticks = html`<${Ticks} told=${told} schedule=${wanted} timeZone=${job.timeZone} />`
  return html`<section aria-labelledby="schedule">
    <div class="title"><h2 id="schedule">Schedule</h2><${RunNow} job=${job} /></div>
    <form class="card" onSubmit=${(event) => {
      event.preventDefault()
      if (changed && told.problem === '') setAsking(true)
    }}>
      <div class="row">
        <label class="field"><span>Cron expression or <code>continuous</code></span>
          <input class="mono" value=${schedule} onInput=${(e) => setSchedule(e.target.value)} disabled=${!mayChange()} spellcheck=${false}
            aria-invalid=${told.problem !== ''} aria-describedby="ticks" />
        </label>
        <button class="primary" disabled=${!mayChange() || !changed || told.problem !== ''}>Reschedule…</button>
      </div>
      <p class="quiet">${EXAMPLES.map(([value, text], i) => html`${i > 0 ? ' · ' : ''}<button type="button" class="link" disabled=${!mayChange()} onClick=${() => setSchedule(value)}><code>${value}</code></button> ${text}`)}</p>
      <div id="ticks" aria-live="polite">${ticks}</div>
    </form>
    ${
      asking &&
      html`<${Confirm} title="Reschedule?" confirm="Reschedule" onClose=${() => setAsking(false)} act=${() => perform('schedule', { service: job.name, schedule: wanted })}>
      <p>From <code>${job.schedule}</code> to <code>${wanted}</code>.</p>
      <p>${wanted === 'continuous' ? 'It delivers as soon as events arrive.' : 'Between its ticks it delivers nothing; at each tick it delivers all that has come until then.'}</p>
      ${ticks}
    <//>`
    }
  </section>`
}

/** A run between the ticks; what works all the time has none. */
function RunNow({ job }) {
  const [asking, setAsking] = useState(false)
  const [asked, setAsked] = useState(false)
  if (job.schedule === 'continuous' || !mayChange()) return null
  const name = plainName(job.name)
  const isRunning = job.state === 'running'
  return html`<button disabled=${!isRunning} title=${isRunning ? undefined : 'Resume it first'} onClick=${() => setAsking(true)}>Run now…</button>
    ${asked && html`<${Notice} tone="good" title="Asked to run">It appears among its runs as soon as it has begun.<//>`}
    ${
      asking &&
      html`<${Confirm} title=${`Run ${name} now?`} confirm="Run" onClose=${() => setAsking(false)} act=${async () => {
        await perform('run', { service: job.name })
        setAsked(true)
      }}>
      <p>It works once, as at a tick of its schedule, with all that has come until then. Its schedule stays as it is.</p>
    <//>`
    }`
}

function Ticks({ told: { problem, words, ticks }, schedule, timeZone }) {
  if (problem !== '') return html`<p class="problem">This ${problem}.</p>`
  if (schedule === 'continuous') return html`<p><strong>All the time</strong></p>`
  if (ticks.length === 0) return null
  const zone = timeZone ? html` <span class="quiet">in ${timeZone}</span>` : ''
  return html`<p>${words ? html`<strong>${words[0].toUpperCase()}${words.slice(1)}</strong>` : 'Next'}${zone}</p><ol class="ticks">${ticks.map((tick) => html`<li key=${tick}><${Time} at=${tick} /></li>`)}</ol>`
}
