// START_FROM of a sink, as the exporters had it: delivers again from a time or a log on. Each time it is asked.
import { useState } from 'preact/hooks'
import { href } from '../frame/address.js'
import { perform } from '../frame/api.js'
import { html } from '../frame/html.js'
import { plainName } from '../frame/names.js'
import { Confirm, Notice } from '../frame/parts.js'
import { mayChange } from '../frame/store.js'

export function StartFrom({ job, current }) {
  const [value, setValue] = useState('')
  const [asking, setAsking] = useState(false)
  const [done, setDone] = useState()
  const wanted = value.trim()
  const name = plainName(job.name)
  return html`<section aria-labelledby="start-from">
    <h2 id="start-from">Start from <code class="quiet">START_FROM</code></h2>
    <form class="card" onSubmit=${(event) => {
      event.preventDefault()
      if (wanted !== '') setAsking(true)
    }}>
      <div class="row">
        <label class="field">A log_id, or a time such as 2026-01-31T12:00:00Z
          <input class="mono" value=${value} onInput=${(e) => setValue(e.target.value)} disabled=${!mayChange()} spellcheck=${false} size="40" aria-describedby="start-from-about" /></label>
        <button disabled=${!mayChange() || wanted === ''}>Start from here…</button>
      </div>
      <p class="quiet" id="start-from-about">Sets ${name} back: everything from there on is delivered again, inclusive, with all that came since. ${current ? html`The environment has <code>${current}</code>, which was applied once. ` : ''}To look first, or for a range alone, use <a href=${href(['replay'], { sink: job.name })}>Replay</a>.</p>
      ${done && html`<${Notice} tone=${done.warnings.length > 0 ? 'warn' : 'good'} title="Done"><p>${done.message}</p>${done.warnings.map((warning) => html`<p key=${warning}>${warning}</p>`)}<//>`}
    </form>
    ${
      asking &&
      html`<${Confirm} title=${`Start ${name} from there?`} confirm="Start from here" danger onClose=${() => setAsking(false)} act=${async () => {
        const { message = '', warnings = [] } = await perform('settings', { service: job.name, set: [`START_FROM=${wanted}`] })
        setDone({ message, warnings })
        setValue('')
      }}>
      <p>From <code>${wanted}</code> on, inclusive. Delivery stops for some seconds while the offsets are set.</p>
      <p><strong>What was delivered since then is delivered again.</strong> What lies between its place now and a later start is never delivered to it.</p>
    <//>`
    }
  </section>`
}
