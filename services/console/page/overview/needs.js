// One thing that needs a person: what it is, what it means for the logs, what to do.
import { href } from '../frame/address.js'
import { count, plural } from '../frame/format.js'
import { html } from '../frame/html.js'
import { plainName, serviceHref } from '../frame/names.js'
import { Command, Notice } from '../frame/parts.js'
import { Time } from '../frame/time.js'
import { NoMember, Trouble } from '../service/trouble.js'
import { refusalWords, wordsOf } from './standing.js'

/** How each kind is shown, by the name that standing.js gives it. */
const KINDS = {
  trouble: ({ service }) => html`<${Trouble} job=${service} named />`,
  'no member': ({ service }) => html`<${NoMember} job=${service} named />`,
  'open reset': ({ service }) => html`<${Notice} tone="bad" title=${html`A replay of <${Link} to=${service} /> was broken off`}>
    <p>${service.openReset}</p><a href=${href(['replay'], { sink: service.name })}>Finish or undo it</a>
  <//>`,
  unbalanced: ({ service }) => html`<${Notice} tone="bad" title=${html`The ledger of <${Link} to=${service} /> does not balance`}>
    What was received is not the sum of what became of it, or cannot be read. <a href=${serviceHref(service.name, 'partitions')}>Its partitions</a> say where and why.
  <//>`,
  refused: ({ service, reason, bodies, lastAt }) =>
    html`<${Notice} tone="warn" title=${html`The <${Link} to=${service} /> refused ${count(bodies)} ${bodies === 1 ? 'body' : 'bodies'} in the last hour: ${wordsOf(reason)}`}>
    ${refusalWords(reason)} The last one: <${Time} at=${lastAt} />.
  <//>`,
  letters: ({
    service,
    count,
  }) => html`<${Notice} tone="warn" title=${html`${plural(count, 'event')} of <${Link} to=${service} /> ${count === 1 ? 'waits' : 'wait'} in the dead letters`}>
    ${service.kind === 'ingest' ? 'These are no events that a sink could take; they are kept as they came.' : 'They were not delivered, and are kept: fix the cause, then redrive them.'} <a href=${href(['dead-letters', service.name])}>Look at them</a>
  <//>`,
  expired: ({
    service,
    count,
  }) => html`<${Notice} tone="warn" title=${html`${plural(count, 'event')} expired before <${Link} to=${service} /> delivered ${count === 1 ? 'it' : 'them'}`}>
    Kafka’s retention was faster. What Auth0 still holds can be fetched: <a href=${href(['backfill'])}>Backfill</a>.
  <//>`,
  quiet: ({ since }) => html`<${Notice} tone="warn" title="No event has come for a while">
    The last one came <${Time} at=${since} />. If the tenant is not that quiet, look at its log stream in Auth0 (Monitoring › Streams): it may be paused or suspended.
  <//>`,
  'left out': ({ left }) => html`<${LeftOut} left=${left} />`,
}

export const Need = ({ need }) => KINDS[need.kind](need)

const Link = ({ to: { name } }) => html`<a href=${serviceHref(name)}>${plainName(name)}</a>`

const MOST_LEFT_OUT = 5

/** Records of others that were left out of a topic: how many, what it means for the logs, what to do, and the first of them. */
function LeftOut({ left: { topic, count: all, meaning, toDo, records } }) {
  const title = `${plural(all, 'record')} in ${topic} ${all === 1 ? 'is' : 'are'} not understood and left out`
  return html`<${Notice} tone="warn" title=${title}>
    <p>${meaning} ${toDo}</p>
    <details><summary>Which</summary><ul>${records
      .slice(0, MOST_LEFT_OUT)
      .map(
        ({ partition, offset, key, why }) =>
          html`<li key=${`${partition}/${offset}`} class="words">Partition ${partition}, offset ${offset}, key <code>${key || 'none'}</code>: ${why}.</li>`,
      )}</ul>${all > MOST_LEFT_OUT && html`<p><${Command} text="auth0-logs status --json" /> lists more of them.</p>`}</details>
  <//>`
}
