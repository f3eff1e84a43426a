// How services are called on the page, and what is asked about them everywhere.
import { href } from './address.js'
import { html } from './html.js'

/** A sink's name; what delivers to the sandbox says so. */
export function displayName({ of: { name, sandbox } }) {
  if (!sandbox) return name
  return html`${name.replace(/\.sandbox$/, '')} <span class="tag" title="Delivers to the stand-in on this machine: nothing leaves it">sandbox</span>`
}

/** @param {string} name */
export const plainName = (name) => name.replace(/\.sandbox$/, ' (sandbox)')

/** By its name, or by that of the sink where it delivers to the sandbox. @template {{ name: string }} T @param {T[]} services @param {string} name @returns {T | undefined} */
export const serviceNamed = (services, name) =>
  services.find((one) => one.name === name) ?? services.find((one) => one.name === `${name}.sandbox`)

/** Its page, or one part of that. @param {string} name @param {string} [part] */
export const serviceHref = (name, part = '', query = {}) => href(['services', name, ...(part ? [part] : [])], query)

/** @param {string} logId */
export const explainHref = (logId) => href(['explain', logId])

/** Events of a service that are in its dead-letter topic and were not redriven. */
export const waitingLetters = ({ deadLetters, account }) => deadLetters?.waiting ?? account?.dead_lettered ?? 0

/** A sink that should deliver and has no process. */
export const hasNoMember = ({ kind, state, members }) => kind === 'sink' && state !== 'stopped' && members.length === 0

/** Something that does not get well by itself, or fails now. */
export const needsPerson = (service) => service.trouble !== null || service.openReset !== '' || hasNoMember(service)
