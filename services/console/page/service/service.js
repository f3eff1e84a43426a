// One service, in parts that have addresses of their own: overview, runs, schedule, settings, partitions and members.
import { Charts, hasCharts } from './charts.js'
import { href } from '../frame/address.js'
import { count, plural, rate } from '../frame/format.js'
import { html } from '../frame/html.js'
import { displayName, serviceHref, serviceNamed, waitingLetters } from '../frame/names.js'
import { Failed, Loading, Notice } from '../frame/parts.js'
import { useStore } from '../frame/store.js'
import { Time } from '../frame/time.js'
import { refusedText } from '../overview/standing.js'
import { Partitions } from './partitions.js'
import { Runs } from './runs.js'
import { ScheduleForm } from './schedule-form.js'
import { SettingsForm } from './settings-form.js'
import { isSteered, StateSwitch, StopButton } from './state-switch.js'
import { Trouble } from './trouble.js'

const Overview = ({ job }) => html`<${Facts} job=${job} />${hasCharts(job) && html`<${Charts} job=${job} />`}`

/** By the part of the address; the first is the page without one. `has`: whether this service has such a part. */
const PARTS = [
  { key: '', text: 'Overview', Part: Overview, has: () => true },
  { key: 'runs', text: 'Runs', Part: Runs, has: () => true },
  { key: 'schedule', text: 'Schedule', Part: ScheduleForm, has: ({ schedule }) => schedule !== '' },
  { key: 'settings', text: 'Settings', Part: SettingsForm, has: () => true },
  { key: 'partitions', text: 'Partitions and members', Part: Partitions, has: ({ partitions }) => partitions.length > 0 },
]

export function Service({ rest: [name = '', part = ''] }) {
  const { status, failure } = useStore()
  if (!status) return html`<h1>${name}</h1>${failure ? html`<${Failed} failure=${failure} />` : html`<${Loading} />`}`
  const job = serviceNamed(status.services, name)
  if (!job)
    return html`<h1>${name}</h1><${Notice} tone="warn" title="There is no such service here">Back to the <a href="#/overview">overview</a>.<//>`
  const parts = PARTS.filter(({ has }) => has(job))
  const { key, Part } = parts.find((one) => one.key === part) ?? parts[0]
  return html`
    <p class="crumb"><a href="#/overview">Overview</a> ›</p>
    <div class="title"><h1><${displayName} of=${job} /></h1>${isSteered(job) && html`<${StateSwitch} job=${job} /> <${StopButton} job=${job} />`}<${Elsewhere} job=${job} /></div>
    <${Trouble} job=${job} />
    <nav class="choice" aria-label=${`Parts of ${job.name}`}>${parts.map((one) => html`<a key=${one.key} href=${serviceHref(job.name, one.key)} aria-current=${one.key === key ? 'page' : undefined}>${one.text}</a>`)}</nav>
    <${Part} key=${`${job.name}/${key}`} job=${job} />
  `
}

/** What other pages have of it. */
function Elsewhere({ job }) {
  const { name, kind } = job
  const letters = waitingLetters(job)
  const links = [
    ...(kind === 'sink'
      ? [
          [href(['live'], { sink: name }), 'Live'],
          [href(['replay'], { sink: name }), 'Replay…'],
        ]
      : []),
    ...(kind === 'backfill' ? [[href(['backfill']), 'Backfill…']] : []),
    ...(letters > 0 ? [[href(['dead-letters', name]), `Dead letters (${count(letters)})`]] : []),
  ]
  return html`<span class="elsewhere">${links.map(([to, text]) => html`<a key=${to} href=${to}>${text}</a>`)}</span>`
}

function Facts({ job }) {
  const { topic } = useStore().status
  const facts = isSteered(job)
    ? [
        ['Waiting', count(job.lag)],
        ['Oldest that waits', job.lag ? html`<${Time} at=${job.oldestUndelivered} none="not known" />` : 'nothing waits'],
        ['In', rate(job.rateIn)],
        ['Out', rate(job.rateOut)],
        ['Next run', job.nextRun ? html`<${Time} at=${job.nextRun} />` : job.state === 'running' ? job.scheduleWords : job.state],
        ['Checkpoint', html`<span class="mono">${job.checkpoint || '–'}</span>`],
      ]
    : job.intake
      ? [
          ['Received, last hour', count(job.intake.events)],
          ['Last event', html`<${Time} at=${topic.newest} none="none yet" />`],
          ['Refused, last hour', refusedText(job)],
          ['Quarantined, last hour', count(job.intake.quarantined)],
        ]
      : []
  if (job.group !== '')
    facts.push(['Group', html`<span class="mono">${job.group}</span> ${job.groupState}, ${plural(job.members.length, 'member')}`])
  facts.push(['Version', html`${job.version}, started <${Time} at=${job.startedAt} />`])
  return html`<dl class="facts">${facts.map(([term, value]) => html`<div key=${term}><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`
}
