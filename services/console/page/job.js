// One job: what it does now, its past as charts, its runs, its schedule and its settings.
import { useState } from 'preact/hooks'
import { Balance } from './account.js'
import { Charts } from './charts.js'
import { count, plural, rate } from './format.js'
import { html } from './html.js'
import { changeState, StateSwitch, Trouble } from './jobs.js'
import { displayName, plainName } from './names.js'
import { Confirm, Loading, Notice, Time } from './parts.js'
import { Runs } from './runs.js'
import { ScheduleForm } from './schedule-form.js'
import { SettingsForm } from './settings-form.js'
import { mayChange, useStore } from './store.js'

export function Job({ name }) {
  const { status } = useStore()
  if (!status) return html`<${Loading} />`
  const job = status.services.find((service) => service.name === name)
  if (!job)
    return html`<h1>${name}</h1><${Notice} tone="warn" title="There is no such job here">Back to <a href="#/jobs">all jobs</a>.<//>`
  return html`
    <p class="crumb"><a href="#/jobs">Jobs</a> ›</p>
    <div class="title"><h1><${displayName} of=${job} /></h1>${isSteered(job) && html`<${StateSwitch} job=${job} /> <${StopButton} job=${job} />`}</div>
    <${Trouble} job=${job} />
    <${Facts} job=${job} />
    ${isSteered(job) && html`<${Charts} job=${job} />`}
    <${Runs} service=${name} />
    <${ScheduleForm} job=${job} />
    <${SettingsForm} job=${job} />
    <${Partitions} job=${job} />
  `
}

/** What can be paused and stopped; the others work for whoever asks them. */
const isSteered = ({ kind }) => kind === 'sink' || kind === 'backfill'

function Facts({ job }) {
  const facts = isSteered(job)
    ? [
        ['Lag', count(job.lag)],
        ['Oldest undelivered', job.lag ? html`<${Time} at=${job.oldestUndelivered} none="not known" />` : 'nothing waits'],
        ['In', rate(job.rateIn)],
        ['Out', rate(job.rateOut)],
        ['Next run', job.nextRun ? html`<${Time} at=${job.nextRun} />` : job.state === 'running' ? job.schedule : job.state],
        ['Checkpoint', html`<span class="mono">${job.checkpoint || '–'}</span>`],
      ]
    : []
  if (job.group !== '')
    facts.push(['Group', html`<span class="mono">${job.group}</span> ${job.groupState}, ${plural(job.members.length, 'member')}`])
  facts.push(['Version', html`${job.version}, started <${Time} at=${job.startedAt} />`])
  return html`<dl class="facts">${facts.map(([term, value]) => html`<div key=${term}><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`
}

/** Stopped leaves the group: for maintenance, and for resets by Kafka's own tools. */
function StopButton({ job }) {
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

function Partitions({ job }) {
  if (job.partitions.length === 0) return null
  const columns = [
    ['next', 'Next offset'],
    ['end', 'End'],
    ['lag', 'Lag'],
    ['delivered', 'Delivered'],
    ['filtered', 'Filtered'],
    ['duplicates', 'Duplicates'],
    ['dead_lettered', 'Dead-lettered'],
    ['expired', 'Expired'],
  ]
  return html`<details class="box">
    <summary>Partitions and members</summary>
    <div class="scroll" tabIndex="0" role="region" aria-label="Partitions">
      <table class="dense">
        <thead><tr><th scope="col">Partition</th>${columns.map(([, text]) => html`<th scope="col" class="num">${text}</th>`)}<th scope="col">Balances</th><th scope="col">Note</th></tr></thead>
        <tbody>${job.partitions.map(
          (one) => html`<tr key=${one.partition}>
          <th scope="row">${one.partition}</th>${columns.map(([key]) => html`<td class="num">${count(one[key])}</td>`)}
          <td><${Balance} balances=${one.balances} /></td><td class="quiet">${one.note}</td>
        </tr>`,
        )}</tbody>
      </table>
    </div>
    <ul>${job.members.map((member) => html`<li key=${member.id} class="quiet"><span class="mono">${member.id}</span> on ${member.host}: partitions ${member.partitions.join(', ') || 'none'}</li>`)}</ul>
  </details>`
}
