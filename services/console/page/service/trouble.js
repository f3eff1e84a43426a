// What is wrong with a service, since when, what was done about it and what to do; nothing where nothing is wrong.
import { href } from '../frame/address.js'
import { perform } from '../frame/api.js'
import { count, plural } from '../frame/format.js'
import { html } from '../frame/html.js'
import { hasNoMember, plainName, serviceHref, waitingLetters } from '../frame/names.js'
import { Command, Notice, Outcome, useWork } from '../frame/parts.js'
import { mayChange } from '../frame/store.js'
import { Time } from '../frame/time.js'

/** @param {{ job: object, named?: boolean }} props `named`: the title says whose trouble it is, where that is not clear from the page */
export function Trouble({ job, named = false }) {
  const { name, trouble, lag, kind } = job
  if (!trouble) return hasNoMember(job) ? html`<${NoMember} job=${job} named=${named} />` : null
  const isHeld = trouble.status === 'held'
  const what =
    kind === 'sink'
      ? isHeld
        ? ['on hold', 'delivery is stopped until this is fixed']
        : ['failing', 'deliveries are retried']
      : [isHeld ? 'on hold' : 'failing', 'it goes on trying']
  const title = named
    ? html`<a href=${serviceHref(name)}>${plainName(name)}</a> is ${what[0]}: ${what[1]}`
    : `${what[0][0].toUpperCase()}${what[0].slice(1)}: ${what[1]}`
  const letters = waitingLetters(job)
  return html`<${Notice} tone="bad" title=${title}>
    <p class="words">${trouble.error}</p>
    <p>${trouble.advice}${trouble.command ? html` <${Command} text=${trouble.command} />` : ''}</p>
    <p>Nothing is lost${lag ? html`: ${plural(lag, 'event')} wait${lag === 1 ? 's' : ''} in Kafka` : ''}${letters > 0 ? html`, and <a href=${lettersOf(name)}>${plural(letters, 'event')} in the dead letters</a> can be redriven once this is fixed` : ''}.</p>
    <${Story} job=${job} />
  <//>`
}

/** Since when, how often, and when again. */
function Story({ job: { name, kind, trouble, checkpoint } }) {
  const work = useWork()
  const isAhead = Date.parse(trouble.nextTry || '') > Date.now()
  return html`<p class="row story">
    <span>Since <${Time} at=${trouble.since} /></span>
    <span>${count(trouble.attempts)} ${trouble.attempts === 1 ? 'attempt' : 'attempts'}</span>
    <span>${isAhead ? html`next try <${Time} at=${trouble.nextTry} />` : 'next try within 30 s'}</span>
    ${mayChange() && kind === 'sink' ? html`<button disabled=${work.busy} onClick=${() => work.run(() => perform('resume', { sink: name }))}>${work.busy ? 'Trying…' : 'Try now'}</button>` : ''}
    <a href=${serviceHref(name, 'runs', { filter: 'errors' })}>Failed runs</a>
    ${checkpoint && kind === 'sink' ? html`<a href=${href(['replay'], { sink: name, from: checkpoint })}>Replay from here</a>` : ''}
  </p><${Outcome} of=${work} />`
}

/** @param {{ job: object, named?: boolean }} props */
export function NoMember({ job: { name } }) {
  return html`<${Notice} tone="bad" title=${`No ${plainName(name)} process is running`}>
    Its consumer group has no members, so nothing is delivered. Start it: delivery resumes where it stopped. <${Command} text=${`auth0-logs status ${name}`} />
  <//>`
}

const lettersOf = (name) => href(['dead-letters', name])
