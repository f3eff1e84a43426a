// Dead letters: what could not be delivered and why; sent to its sink again, put away, or taken along as a file. What is looked at stands
// in the address: `#/dead-letters/segment?reason=http_400&from=today&page=2`.
import { useEffect, useRef, useState } from 'preact/hooks'
import { href, useQuery } from '../frame/address.js'
import { perform } from '../frame/api.js'
import { count, plural } from '../frame/format.js'
import { html } from '../frame/html.js'
import { plainName, serviceNamed, waitingLetters } from '../frame/names.js'
import { Choice, Failed, Loaded, Loading, Pages } from '../frame/parts.js'
import { mayChange, useLoaded, useStore } from '../frame/store.js'
import { FollowedJob } from '../replay/following.js'
import { placeOf, textOf } from '../replay/place.js'
import { Acknowledge, Download, Redrive } from './acts.js'
import { Letter } from './letter.js'
import { Letters } from './letters.js'
import { Reasons } from './reasons.js'
import { Written } from './written.js'

const PER_PAGE = 50

export function DeadLetters({ rest: [chosen] }) {
  const { status, failure } = useStore()
  /** The first that had some waiting stays chosen: a redrive that leaves none must not take the page away from who looks at it. */
  const first = useRef()
  if (!status) return html`<h1>Dead letters</h1>${failure ? html`<${Failed} failure=${failure} />` : html`<${Loading} />`}`
  const services = status.services.filter(({ kind }) => kind === 'sink' || kind === 'ingest')
  first.current ??= services.find((service) => waitingLetters(service) > 0)?.name
  const name = chosen ?? first.current ?? (services.find(({ kind }) => kind === 'sink') ?? services[0])?.name
  const service = serviceNamed(services, name)
  return html`<h1>Dead letters</h1>
    ${services.length > 0 && html`<nav class="choice" aria-label="Whose">${services.map((one) => html`<a key=${one.name} href=${href(['dead-letters', one.name])} aria-current=${one === service ? 'true' : undefined}>${plainName(one.name)}${waitingLetters(one) > 0 ? html` <span class="tag">${count(waitingLetters(one))}</span>` : ''}</a>`)}</nav>`}
    ${
      service
        ? html`<${Service} key=${service.name} service=${service} isAway=${status.kafka.away} />`
        : html`<p class="empty">${services.length === 0 ? 'No service that puts events aside has announced itself yet.' : `There is no sink ${name} here.`}</p>`
    }`
}

const FALLBACKS = { reason: '', from: '', to: '', show: '', page: '1' }
const EMPTY = {
  sink: 'Nothing has been put aside: every event was delivered, filtered, or waits.',
  ingest: 'The ingest has put nothing aside: every part of every body was an event.',
}

function Service({ service: { name, kind, deadLetters }, isAway }) {
  const [asked, change] = useQuery(FALLBACKS)
  const { reason, from, to, show } = asked
  const page = Math.max(1, Number(asked.page) || 1)
  /** What of it is about to be done, and the redrive that was begun here. */
  const [act, setAct] = useState()
  const [job, setJob] = useState('')
  const [chosen, setChosen] = useState(() => new Set())
  const fits = { sink: name, reason, from: from && textOf(placeOf(from)), to: to && textOf(placeOf(to, true)) }
  const filter = JSON.stringify([reason, from, to, show])
  useEffect(() => setChosen(new Set()), [filter])
  const list = useLoaded(
    (signal) => perform('dead-letters list', { ...fits, waiting: show !== 'all', limit: PER_PAGE, page }, undefined, signal),
    [filter, page],
    JSON.stringify([deadLetters, isAway]),
  )
  const narrow = (part) => change({ page: '1', ...part })
  const isSink = kind === 'sink'
  const acts = { isSink, chosen, clear: () => setChosen(new Set()), begin: setAct, fits }
  const close = () => setAct(undefined)
  const done = () => {
    setChosen(new Set())
    list.reload()
  }
  return html`
    ${job && html`<${FollowedJob} key=${job} id=${job} ended=${done} />`}
    <${Loaded} of=${list} isEmpty=${({ total }) => total === 0 && reason + from + to === ''} empty=${EMPTY[kind]}>
      ${({ total, redriven, redriving, reasons, letters, listed }) => html`
        <p><strong>${plural(waitingOf({ total, redriven, redriving }), 'dead letter')}</strong> ${waitingOf({ total, redriven, redriving }) === 1 ? 'waits' : 'wait'}${redriving > 0 ? `, ${count(redriving)} being redriven` : ''}${redriven > 0 ? `, ${count(redriven)} ${isSink ? 'redriven or acknowledged' : 'acknowledged'}` : ''}.${isSink ? '' : html` <span class="quiet">These bytes came to the ingest and are no event that a sink could take, so they are not redriven.</span>`}</p>
        <${Reasons} reasons=${reasons} chosen=${reason} choose=${(next) => narrow({ reason: next })} isSink=${isSink} begin=${(what, one) => setAct({ what, selection: { ...fits, reason: one } })} />
        <div class="row narrowing">
          <${Choice} label="Which" options=${[['', 'Waiting'], ['all', 'All']]} value=${show} onChange=${(next) => narrow({ show: next })} />
          <${Written} from=${from} to=${to} change=${narrow} />
          ${reason && html`<span>with the reason <code>${reason}</code> <button class="link" onClick=${() => narrow({ reason: '' })}>All reasons</button></span>`}
        </div>
        <${Acts} ...${acts} waiting=${waitingOf({ total, redriven, redriving })} total=${total} />
        ${
          letters.length === 0
            ? html`<p class="empty">${show === 'all' || redriven + redriving === 0 ? 'None fits.' : html`None waits. ${redriving > 0 ? `${count(redriving)} ${redriving === 1 ? 'is' : 'are'} being redriven. ` : ''}${redriven > 0 ? `${count(redriven)} ${redriven === 1 ? 'was' : 'were'} redriven or acknowledged. ` : ''}<button class="link" onClick=${() => narrow({ show: 'all' })}>Show ${redriven + redriving === 1 ? 'it' : 'them'}</button>`}</p>`
            : html`<${Letters} letters=${letters} chosen=${chosen} setChosen=${setChosen} open=${(offset) => setAct({ what: 'show', selection: { sink: name, offsets: [offset] } })} />`
        }
        ${listed > PER_PAGE && html`<${Pages} page=${page} perPage=${PER_PAGE} total=${listed} go=${(next) => change({ page: String(next) })} what="dead letters" />`}`}
    <//>
    ${act?.what === 'show' && html`<${Letter} selection=${act.selection} isSink=${isSink} onClose=${close} begin=${(what) => setAct({ ...act, what })} />`}
    ${
      act?.what === 'redrive' &&
      html`<${Redrive} selection=${act.selection} onClose=${close} started=${(id) => {
        setJob(id)
        done()
      }} />`
    }
    ${act?.what === 'acknowledge' && html`<${Acknowledge} selection=${act.selection} onClose=${close} done=${done} />`}
    ${act?.what === 'download' && html`<${Download} selection=${act.selection} onClose=${close} />`}
  `
}

/** Those that nobody has done anything about. */
const waitingOf = ({ total, redriven, redriving }) => total - redriven - redriving

/** What can be done with the chosen ones, or with all that fit where none is chosen. */
function Acts({ isSink, chosen, clear, begin, fits, waiting, total }) {
  const isChosen = chosen.size > 0
  const selection = isChosen ? { sink: fits.sink, offsets: [...chosen] } : fits
  const [n, which] = isChosen ? [chosen.size, 'selected'] : [waiting, 'all']
  const button = (what, text, many) =>
    html`<button key=${what} disabled=${!mayChange() || many === 0} title=${mayChange() ? undefined : 'Needs the role operator'} onClick=${() => begin({ what, selection })}>${text} ${which} (${count(many)})…</button>`
  return html`<div class="row acts">
    ${isSink && button('redrive', 'Redrive', n)}
    ${button('acknowledge', 'Acknowledge', n)}
    ${button('download', 'Download', isChosen ? n : total)}
    ${isChosen && html`<button class="link" onClick=${clear}>Clear the selection</button>`}
  </div>`
}
