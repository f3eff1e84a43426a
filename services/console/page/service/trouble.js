// What is wrong with a service and what to do; nothing where nothing is.
import { plural } from '../frame/format.js'
import { html } from '../frame/html.js'
import { hasNoMember, plainName, waitingLetters } from '../frame/names.js'
import { href } from '../frame/address.js'
import { Notice } from '../frame/parts.js'
import { Time } from '../frame/time.js'

export function Trouble({ job }) {
  const { name, trouble, lag } = job
  if (trouble) {
    const title =
      trouble.status === 'held' ? 'On hold: delivery is stopped until this is fixed' : 'Deliveries are failing; retrying'
    const letters = waitingLetters(job)
    return html`<${Notice} tone="bad" title=${title}>
      <p class="words">${trouble.error}</p>
      <p>${trouble.advice} Nothing is lost${lag ? html`: ${plural(lag, 'event')} wait${lag === 1 ? 's' : ''} in Kafka` : ''}${letters > 0 ? html`, and <a href=${lettersOf(name)}>${plural(letters, 'event')} in the dead letters</a> can be redriven once this is fixed` : ''}. Since <${Time} at=${trouble.since} />.</p>
    <//>`
  }
  if (!hasNoMember(job)) return null
  return html`<${Notice} tone="warn" title=${`No ${plainName(name)} process is running`}>
    Its consumer group has no members, so nothing is delivered. Start it: delivery resumes where it stopped.
  <//>`
}

const lettersOf = (name) => href(['dead-letters', name])
