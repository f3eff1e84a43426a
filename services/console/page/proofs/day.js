// One day: the verdict and its reasons, each sink by hour, the logs to look at, and what to do about them.
import { useState } from 'preact/hooks'
import { perform, post } from '../frame/api.js'
import { href } from '../frame/address.js'
import { plainName } from '../frame/names.js'
import { html } from '../frame/html.js'
import { Choice, Confirm, Loaded, Notice } from '../frame/parts.js'
import { mayChange, useLoaded } from '../frame/store.js'
import { Time } from '../frame/time.js'
import { Ask, Verdict } from './proofs.js'

const number = (count) => count.toLocaleString('en')
const some = (count) => (count > 0 ? number(count) : html`<span class="quiet">–</span>`)
const told = (counts) =>
  Object.entries(counts)
    .map(([name, count]) => `${number(count)} ${name}`)
    .join(', ') || html`<span class="quiet">–</span>`

export function Day({ day }) {
  const found = useLoaded(() => certificateOf(day), [day])
  return html`<h1>Proof of ${day}</h1>
    <p><a href=${href(['proofs'])}>All days</a></p>
    <${Loaded} of=${found} isEmpty=${({ none }) => none !== undefined} empty=${found.data?.none}>
      ${(certificate) => html`<${Certificate} certificate=${certificate} />`}
    <//>
    <h2>Prove this day</h2>
    <${Ask} day=${day} done=${found.reload} />`
}

/** A day without a certificate is no failure: whether there is one is asked before. */
async function certificateOf(day) {
  const { days } = await post('/api/operations/proofs', {})
  const known = days.find((one) => one.day === day)
  if (known?.verdict) return post('/api/operations/proofs', { day })
  return {
    none: known?.error ? `The proof failed: ${known.error}` : known ? 'The proof is under way.' : `${day} was not proved yet.`,
  }
}

function Certificate({ certificate }) {
  const { verdict, reasons, zone, totals, auth0, sinks, as_of: asOf, signature } = certificate
  const [sink, setSink] = useState(sinks[0]?.sink ?? '')
  return html`<section class="card">
      <p><${Verdict} verdict=${verdict} /> in ${zone}, as of <${Time} at=${asOf} /></p>
      <ul>${reasons.map(({ reason, words }) => html`<li key=${reason}>${words}</li>`)}</ul>
      <dl class="facts">
        <dt>Auth0 lists</dt><dd>${auth0 ? number(totals.auth0) : 'was not asked'}</dd>
        <dt>In the topic</dt><dd>${number(totals.topic)}${totals.copies > totals.topic ? ` in ${number(totals.copies)} records` : ''}</dd>
        ${auth0 && html`<dt>Missing</dt><dd>${number(totals.missing)}</dd>`}
        ${totals.excluded > 0 && html`<dt>Left out by the stream</dt><dd>${number(totals.excluded)}</dd>`}
        ${totals.not_listed > 0 && html`<dt>Not listed by Auth0</dt><dd>${number(totals.not_listed)}</dd>`}
        <dt>Signed</dt><dd>${signature ? 'yes' : 'no: PROVE_KEY is not set'}</dd>
      </dl>
      <p class="quiet">Delivered means that the sink committed the log. Whether the vendor holds it, auth0-logs prove --ask-vendor asks on a machine with the sink’s settings.</p>
      ${sinks.map((one) => html`<${Vendor} key=${one.sink} of=${one} hours=${certificate.hours} />`)}
      <${Download} day=${certificate.day} />
    </section>
    <${Recover} day=${certificate.day} id=${certificate.id} />
    <h2>By hour</h2>
    ${sinks.length > 1 && html`<${Choice} label="Sink" options=${sinks.map(({ sink }) => [sink, plainName(sink)])} value=${sink} onChange=${setSink} />`}
    <${Hours} certificate=${certificate} sink=${sink} />
    <${List} certificate=${certificate} />`
}

/** What the vendor of a sink said, where it was asked. */
function Vendor({ of: { sink, vendor }, hours }) {
  if (!vendor || vendor.state === 'cannot') return null
  const sum = (name) => hours.reduce((total, { sinks }) => total + (sinks[sink]?.vendor?.[name] ?? 0), 0)
  const found = `it holds ${number(sum('confirmed'))} of ${number(sum('asked'))}`
  return html`<p>The vendor of ${plainName(sink)} was asked <${Time} at=${vendor.at} /> for ${vendor.how === 'all' ? 'all delivered logs' : 'some delivered logs of each hour'}: ${found}.${vendor.problem && ` Then it could be asked no more: ${vendor.problem}`}</p>`
}

/** @type {[title: string, kind: string][]} */
const TITLES = [
  ['Hour', ''],
  ['Auth0', 'num'],
  ['Topic', 'num'],
  ['Missing', 'num'],
  ['Delivered', 'num'],
  ['Filtered', ''],
  ['Dead letters', ''],
  ['Waiting', 'num'],
  ['Not known', 'num'],
]

/** How an hour is called: by the clock, with its distance from UTC where that changes in the day. @param {{ at: string }[]} hours */
function hourNames(hours) {
  const isChanging = new Set(hours.map(({ at }) => at.slice(16))).size > 1
  return (at) => at.slice(11, isChanging ? undefined : 16)
}

function Hours({ certificate: { hours }, sink }) {
  const nameOf = hourNames(hours)
  const isAsked = hours.some(({ sinks }) => sinks[sink]?.vendor)
  const titles = [...TITLES, ...(isAsked ? [['At the vendor', 'num']] : []), ['Verdict', '']]
  return html`<div class="scroll" tabIndex="0" role="region" aria-label="Hours of the day"><table class="cards dense hours">
    <thead><tr>${titles.map(([title, kind]) => html`<th key=${title} scope="col" class=${kind}>${title}</th>`)}</tr></thead>
    <tbody>${hours.map(({ at, auth0, topic, sinks, verdict }) => {
      const own = sinks[sink]
      return html`<tr key=${at}>
        <th scope="row" data-label="Hour">${nameOf(at)}</th>
        <td data-label="Auth0" class="num">${auth0 ? number(auth0.logs) : html`<span class="quiet">–</span>`}</td>
        <td data-label="Topic" class="num">${number(topic.logs)}</td>
        <td data-label="Missing" class="num">${some(topic.missing)}</td>
        <td data-label="Delivered" class="num">${own ? number(own.delivered + own.redriven) : ''}${own?.redriven ? html` <span class="quiet">${number(own.redriven)} redriven</span>` : ''}</td>
        <td data-label="Filtered">${own ? told(own.filtered) : ''}</td>
        <td data-label="Dead letters">${own ? told(own.dead_lettered) : ''}</td>
        <td data-label="Waiting" class="num">${own ? some(own.waiting) : ''}</td>
        <td data-label="Not known" class="num">${own ? some(own.unknown + own.delivered_or_filtered) : ''}</td>
        ${isAsked && html`<td data-label="At the vendor" class="num">${own?.vendor ? `${number(own.vendor.confirmed)} of ${number(own.vendor.asked)}` : html`<span class="quiet">–</span>`}</td>`}
        <td data-label="Verdict"><${Verdict} verdict=${verdict} /></td>
      </tr>`
    })}</tbody>
  </table></div>`
}

function List({ certificate: { list, differences, hours } }) {
  if (list.length === 0) return null
  const nameOf = hourNames(hours)
  const total = differences.total + differences.left_out
  return html`<h2>Logs to look at</h2>
    ${total > list.length && html`<p class="quiet">The first ${number(list.length)} of ${number(total)}; the download has ${differences.left_out > 0 ? number(differences.total) : 'all'} of them.</p>`}
    <div class="scroll" tabIndex="0" role="region" aria-label="Logs to look at"><table class="cards dense">
      <thead><tr><th scope="col">Log</th><th scope="col">Hour</th><th scope="col">What</th><th scope="col">Sink</th><th scope="col">Why</th></tr></thead>
      <tbody>${list.map(
        ({ log_id: id, hour, kind, sink, why }) => html`<tr key=${`${id} ${kind} ${sink}`}>
        <th scope="row" data-label="Log" class="words"><a href=${href(['explain', id])}>${id}</a></th>
        <td data-label="Hour">${nameOf(hour)}</td>
        <td data-label="What">${kind.replaceAll('_', ' ')}</td>
        <td data-label="Sink">${sink && plainName(sink)}</td>
        <td data-label="Why" class="words">${why}</td>
      </tr>`,
      )}</tbody>
    </table></div>`
}

/** What closes the gaps, each with a button. */
function Recover({ day, id }) {
  const found = useLoaded(() => post('/api/operations/proofs', { day, recover: true }), [id])
  const [asked, setAsked] = useState()
  const [done, setDone] = useState('')
  if (!found.data || found.data.recover.length === 0) return null
  return html`<section class="card"><h2>To recover</h2>
    <ul class="plain">${found.data.recover.map(
      (one) => html`<li key=${one.words} class="row"><span>${one.words}</span>
      <button disabled=${!mayChange()} title=${mayChange() ? undefined : 'Needs the role operator'} onClick=${() => setAsked(one)}>${one.operation === 'backfill' ? 'Backfill…' : 'Redrive…'}</button></li>`,
    )}</ul>
    <p class="quiet">Prove the day again when that has ended.</p>
    ${done && html`<${Notice} tone="good" title="Asked for">${done}<//>`}
    ${
      asked &&
      html`<${Confirm} title=${asked.operation === 'backfill' ? 'Read these logs from Auth0?' : 'Send these dead letters again?'} confirm="Do it" onClose=${() => setAsked(undefined)} act=${async (
        progress,
      ) => {
        const result = await perform(
          asked.operation,
          { ...asked.input, ...(asked.operation === 'backfill' ? { detach: true } : {}) },
          progress,
        )
        setDone(result.message ?? `Job ${result.job} is created.`)
      }}><p>${asked.words}.</p><//>`
    }
  </section>`
}

/** The certificate as `auth0-logs prove --verify` takes it: with every difference, written just so. */
function Download({ day }) {
  const [failure, setFailure] = useState('')
  const save = async () => {
    setFailure('')
    try {
      const whole = await perform('proofs', { day, all: true })
      const url = URL.createObjectURL(new Blob([`${JSON.stringify(whole, null, 2)}\n`], { type: 'application/json' }))
      const link = document.createElement('a')
      link.href = url
      link.download = `certificate-${day}.json`
      link.click()
      setTimeout(() => URL.revokeObjectURL(url), 10_000)
    } catch (error) {
      setFailure(error.message)
    }
  }
  return html`<button onClick=${save}>Download the certificate</button>${failure && html`<${Notice} tone="bad" title="Not downloaded">${failure}<//>`}`
}
