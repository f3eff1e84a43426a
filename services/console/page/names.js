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

/** What an operator can do about it. @param {string} error `reason: message` */
export function advice(error) {
  const reason = error.split(':')[0]
  const found = ADVICE.find(([pattern]) => pattern.test(reason))
  return found ? found[1] : 'Delivery is retried by itself, every 30 s at most.'
}

/** @type {[RegExp, string][]} */
const ADVICE = [
  [
    /^http_40[13]$|credential|unrecognized|access_?denied|signature|security_?token|expired_?token/i,
    'The vendor refuses the credentials. Set valid ones in this sink’s environment and restart it; delivery resumes where it stopped.',
  ],
  [
    /^http_404$|not_?found/i,
    'The destination does not exist. Check its address or name in the settings, or create it at the vendor.',
  ],
  [
    /bad_tls|cert/i,
    'The vendor’s certificate cannot be trusted. Check the address, the clock of this machine and the certificate authority.',
  ],
  [
    /rejections/i,
    'The vendor rejects so many events that the settings or the vendor are at fault, not single events. Fix the cause, then redrive the dead letters.',
  ],
  [/letters|dead_letter/i, 'The dead-letter topic takes nothing. Check that the topic exists and that the broker has room.'],
  [/^http_429$|throttl|limit/i, 'The vendor is throttling. No action needed: delivery slows down and goes on.'],
  [
    /^http_5|econn|etimedout|timeout|enotfound|eai_again|epipe|unavailable/i,
    'The vendor is unreachable. No action needed: delivery resumes within 30 s of its recovery.',
  ],
]
