// When a job works: all the time, or at the ticks of a cron expression. The next five are shown before anything changes.
import { useEffect, useState } from 'preact/hooks'
import { get, perform } from '../frame/api.js'
import { html } from '../frame/html.js'
import { Confirm } from '../frame/parts.js'
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
  const [told, setTold] = useState({ problem: '', ticks: [] })
  useEffect(() => setSchedule(job.schedule), [job.schedule])
  useEffect(() => {
    const gone = new AbortController()
    const query = new URLSearchParams({ schedule: schedule.trim(), time_zone: job.timeZone })
    get(`/api/ticks?${query}`, gone.signal).then(setTold, () => {})
    return () => gone.abort()
  }, [schedule, job.timeZone])
  if (job.schedule === '') return null
  const wanted = schedule.trim()
  const changed = wanted !== job.schedule && wanted !== ''
  return html`<section aria-labelledby="schedule">
    <h2 id="schedule">Schedule</h2>
    <form class="card" onSubmit=${(event) => {
      event.preventDefault()
      if (changed && told.problem === '') setAsking(true)
    }}>
      <div class="row">
        <label class="field">Cron expression or <code>continuous</code>
          <input class="mono" value=${schedule} onInput=${(e) => setSchedule(e.target.value)} disabled=${!mayChange()} spellcheck=${false}
            aria-invalid=${told.problem !== ''} aria-describedby="ticks" />
        </label>
        <button class="primary" disabled=${!mayChange() || !changed || told.problem !== ''}>Reschedule…</button>
      </div>
      <p class="quiet">${EXAMPLES.map(([value, text], i) => html`${i > 0 ? ' · ' : ''}<button type="button" class="link" disabled=${!mayChange()} onClick=${() => setSchedule(value)}><code>${value}</code></button> ${text}`)}</p>
      <div id="ticks" aria-live="polite"><${Ticks} told=${told} schedule=${wanted} timeZone=${job.timeZone} /></div>
    </form>
    ${
      asking &&
      html`<${Confirm} title="Reschedule?" confirm="Reschedule" onClose=${() => setAsking(false)} act=${() => perform('schedule', { service: job.name, schedule: wanted })}>
      <p>From <code>${job.schedule}</code> to <code>${wanted}</code>.</p>
      <p>${wanted === 'continuous' ? 'It delivers as soon as events arrive.' : 'Between its ticks it delivers nothing; at each tick it delivers all that has come until then.'}</p>
      <${Ticks} told=${told} schedule=${wanted} timeZone=${job.timeZone} />
    <//>`
    }
  </section>`
}

function Ticks({ told: { problem, ticks }, schedule, timeZone }) {
  if (problem !== '') return html`<p class="problem">This ${problem}.</p>`
  if (schedule === 'continuous') return html`<p class="quiet">Delivers all the time.</p>`
  if (ticks.length === 0) return null
  return html`<p class="quiet">Next${timeZone ? ` (scheduled in ${timeZone})` : ''}:</p><ol class="ticks">${ticks.map((tick) => html`<li key=${tick}><${Time} at=${tick} /></li>`)}</ol>`
}
