// Backfill: a range of Auth0's own log read once more, for what Kafka never had or holds no longer.
import { useEffect, useState } from 'preact/hooks'
import { perform } from '../frame/api.js'
import { html } from '../frame/html.js'
import { Confirm, Notice } from '../frame/parts.js'
import { mayChange, useStore } from '../frame/store.js'
import { Jobs } from './jobs.js'
import { anHourAgo, Place, textOf } from './place.js'

export function Backfill() {
  const { status } = useStore()
  const canBackfill = (status?.services ?? []).some(({ kind }) => kind === 'backfill')
  const [from, setFrom] = useState({ kind: 'time', value: anHourAgo() })
  const [to, setTo] = useState({ kind: 'latest', value: '' })
  const [asking, setAsking] = useState(false)
  const [done, setDone] = useState()
  const given = () => ({ from: textOf(from), to: to.kind === 'latest' ? '' : textOf(to), detach: true })
  useEffect(() => setDone(undefined), [from, to])
  const isComplete = textOf(from) !== '' && textOf(to) !== ''
  return html`<h1>Backfill</h1><section>
    <form class="card" onSubmit=${(event) => {
      event.preventDefault()
      setAsking(true)
    }}>
      <p class="quiet">The ingest reads a range of the tenant’s log through the Management API into the topic, and every sink delivers it. Use it for logs that the topic never had or holds no longer.</p>
      ${canBackfill ? '' : html`<p>No ingest here reads the Management API. Start one with <code>BACKFILL=poll</code> or <code>reconcile</code> and the <code>AUTH0_…</code> settings.</p>`}
      <div class="row">
        <${Place} label="First log" place=${from} change=${setFrom} only=${['time', 'log_id']} />
        <${Place} label="Last log, inclusive" place=${to} change=${setTo} only=${['latest', 'time', 'log_id']} />
        <button class="primary" disabled=${!mayChange() || !canBackfill || !isComplete} title=${mayChange() ? undefined : 'Needs the role operator'}>Backfill…</button>
      </div>
    </form>
    ${done && html`<${Notice} tone="good" title="Backfill started">Job ${done.job}: its progress is below.<//>`}
    <${Jobs} />
    ${
      asking &&
      html`<${Confirm} title="Read this range again?" confirm="Backfill" onClose=${() => setAsking(false)} act=${async (progress) => setDone(await perform('backfill', given(), progress))}>
      <p>From <code>${textOf(from)}</code> to ${to.kind === 'latest' ? 'now' : html`<code>${textOf(to)}</code>`}. Logs that were delivered before are delivered to every sink again.</p>
    <//>`
    }
  </section>`
}
