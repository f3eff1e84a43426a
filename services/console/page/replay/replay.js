// Replay: deliver again. What would happen is shown first; then it is done, and can be watched and cancelled.
import { useEffect, useState } from 'preact/hooks'
import { perform } from '../frame/api.js'
import { count, plural } from '../frame/format.js'
import { html } from '../frame/html.js'
import { plainName } from '../frame/names.js'
import { Choice, Confirm, Failed, Loading, Notice, Outcome, useWork } from '../frame/parts.js'
import { anHourAgo, Place, textOf } from './place.js'
import { Jobs } from './jobs.js'
import { mayChange, useStore } from '../frame/store.js'

export function Replay({ rest: [chosen = ''] }) {
  const { status, failure } = useStore()
  if (!status) return html`<h1>Replay</h1>${failure ? html`<${Failed} failure=${failure} />` : html`<${Loading} />`}`
  const sinks = status.services.filter(({ kind }) => kind === 'sink')
  return html`<h1>Replay</h1>
    ${sinks.length === 0 ? html`<p class="empty">There is no sink to replay to yet.</p>` : html`<${Form} sinks=${sinks} chosen=${chosen} />`}
    <${Jobs} />`
}

function Form({ sinks, chosen }) {
  const [sink, setSink] = useState(chosen || sinks[0].name)
  const [way, setWay] = useState('reset')
  const [from, setFrom] = useState({ kind: 'time', value: anHourAgo() })
  const [to, setTo] = useState({ kind: 'latest', value: '' })
  const [rate, setRate] = useState('')
  const [preview, setPreview] = useState()
  const [asking, setAsking] = useState(false)
  const [done, setDone] = useState()
  const work = useWork()
  const given = () => ({ sink, from: textOf(from), ...(way === 'job' ? { to: textOf(to), rate } : {}) })
  useEffect(() => {
    setPreview(undefined)
    setDone(undefined)
    work.clear()
  }, [sink, way, from, to, rate])
  const look = (event) => {
    event.preventDefault()
    work.run(async (progress) => setPreview(await perform('replay', given(), progress)))
  }
  const apply = async (progress) => {
    setDone(await perform('replay', { ...given(), apply: true }, progress))
    setPreview(undefined)
  }
  return html`
    <form class="card" onSubmit=${look}>
      <${Choice} label="How" options=${[['reset', 'Rewind the sink'], ['job', 'Re-deliver a range']]} value=${way} onChange=${setWay} />
      <p class="quiet">${way === 'reset' ? 'Sets the sink’s committed offsets: it stops, is set, and goes on from there. What it has delivered since is delivered again.' : 'The sink’s own service delivers the range once more beside the live events, as fast as you say. The committed offsets stay.'}</p>
      <div class="row">
        <label class="field">Sink <select value=${sink} onChange=${(e) => setSink(e.target.value)}>${sinks.map(({ name }) => html`<option key=${name} value=${name}>${plainName(name)}</option>`)}</select></label>
        <${Place} label="From" place=${from} change=${setFrom} />
        ${
          way === 'job' &&
          html`<${Place} label="To, inclusive" place=${to} change=${setTo} without=${['shift']} />
          <label class="field">Events a second <input inputmode="numeric" value=${rate} onInput=${(e) => setRate(e.target.value)} placeholder="500" size="8" /></label>`
        }
        <button class="primary" disabled=${work.busy || textOf(from) === ''}>${work.busy ? 'Looking…' : 'Preview'}</button>
      </div>
    </form>
    <${Outcome} of=${work} />
    ${done && html`<${Notice} tone="good" title="Done">${done.message}<//>`}
    ${preview && html`<${Preview} preview=${preview} apply=${() => setAsking(true)} />`}
    ${
      asking &&
      html`<${Confirm} title=${preview?.kind === 'job' ? 'Deliver this range again?' : `Set ${plainName(sink)} to this place?`} confirm=${preview?.kind === 'job' ? 'Deliver again' : 'Replay'} danger=${preview?.skipped > 0} onClose=${() => setAsking(false)} act=${apply}>
      ${preview && html`<${Summary} preview=${preview} />`}
    <//>`
    }
  `
}

function Summary({ preview: { kind, sink, events, repeated, skipped, rate, warnings } }) {
  return html`
    <p><strong>${plural(events, 'event')}</strong> ${kind === 'job' ? `are delivered to ${plainName(sink)} again${rate ? `, ${count(rate)} a second` : ', as fast as it goes'}.` : `are delivered to ${plainName(sink)} from there to the end of the log.`}</p>
    ${repeated > 0 && html`<p>${count(repeated)} of these were delivered before and will be sent again.</p>`}
    ${skipped > 0 && html`<${Notice} tone="bad" title=${`${plural(skipped, 'event')} are passed over`}>They were never delivered and will not be.<//>`}
    ${warnings.map((warning) => html`<${Notice} key=${warning} tone="warn" title="Note">${warning}<//>`)}
    ${kind === 'reset' && html`<p class="quiet">The sink stops for some seconds and starts again as it was. Its account begins anew at the new place.</p>`}
  `
}

function Preview({ preview, apply }) {
  const { kind, partitions, events, notes } = preview
  const isJob = kind === 'job'
  return html`<section>
    <h2 id="preview">Preview: nothing has changed yet</h2>
    <${Summary} preview=${preview} />
    ${notes.map((note) => html`<p key=${note} class="quiet">${note}</p>`)}
    <div class="scroll" tabIndex="0" role="region" aria-labelledby="preview"><table class="dense">
      <thead><tr><th scope="col">Partition</th><th scope="col" class="num">${isJob ? 'First offset' : 'Offset now'}</th><th scope="col" class="num">${isJob ? 'Last offset' : 'Offset then'}</th><th scope="col" class="num">Events</th></tr></thead>
      <tbody>${partitions.map((row) => html`<tr key=${row.partition}><th scope="row">${row.partition}</th><td class="num">${count(row.from)}</td><td class="num">${count(row.to)}</td><td class="num">${count(row.events)}</td></tr>`)}</tbody>
      <tfoot><tr><th scope="row">All</th><td></td><td></td><td class="num">${count(events)}</td></tr></tfoot>
    </table></div>
    <div class="actions"><button class="primary" onClick=${apply} disabled=${!mayChange() || (isJob && events === 0)} title=${mayChange() ? undefined : 'Needs the role operator'}>Apply…</button></div>
  </section>`
}
