// How services are called on the page.
import { html } from './html.js'

/** A sink's name; what delivers to the sandbox says so. */
export function displayName({ of: { name, sandbox } }) {
  if (!sandbox) return name
  return html`${name.replace(/\.sandbox$/, '')} <span class="tag" title="Delivers to the stand-in on this machine: nothing leaves it">sandbox</span>`
}

/** @param {string} name */
export const plainName = (name) => name.replace(/\.sandbox$/, ' (sandbox)')

/** Events of a service that are in its dead-letter topic and were not redriven. */
export const waitingLetters = ({ deadLetters, account }) => deadLetters?.waiting ?? account?.dead_lettered ?? 0
