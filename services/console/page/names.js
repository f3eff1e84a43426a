// How services are called on the page.
import { html } from './html.js'

/** A sink's name; what delivers to the sandbox says so. */
export function displayName({ of: { name, sandbox } }) {
  if (!sandbox) return name
  return html`${name.replace(/\.sandbox$/, '')} <span class="tag" title="Delivers to the stand-in on this machine: nothing leaves it">sandbox</span>`
}

/** @param {string} name */
export const plainName = (name) => name.replace(/\.sandbox$/, ' (sandbox)')

/** What an operator can do about it. @param {string} error `reason: message` */
export function advice(error) {
  const reason = error.split(':')[0]
  const found = ADVICE.find(([pattern]) => pattern.test(reason))
  return found ? found[1] : 'It tries again by itself, every 30 seconds at most.'
}

/** @type {[RegExp, string][]} */
const ADVICE = [
  [
    /^http_40[13]$|credential|unrecognized|access_?denied|signature|security_?token|expired_?token/i,
    'The vendor refuses the credentials. Set valid ones in this sink’s environment and restart it; it delivers from where it stands.',
  ],
  [
    /^http_404$|not_?found/i,
    'What it delivers to does not exist. Check the address or name in the settings below, or create it at the vendor.',
  ],
  [
    /bad_tls|cert/i,
    'The vendor’s certificate cannot be trusted. Check the address, the clock of this machine and the certificate authority.',
  ],
  [
    /rejections/i,
    'The vendor rejects so many events that it is not the events that are wrong. Check the settings and the vendor’s status.',
  ],
  [/letters/i, 'Its dead-letter topic takes nothing. Check that the topic exists and the broker has room.'],
  [/^http_429$|throttl|limit/i, 'The vendor is throttling. Nothing to do: it slows down and goes on.'],
  [
    /^http_5|econn|etimedout|timeout|enotfound|eai_again|epipe|unavailable/i,
    'The vendor is not to be reached. Nothing to do: it goes on within 30 seconds after the vendor does.',
  ],
]
