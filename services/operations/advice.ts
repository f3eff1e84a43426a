// What an operator can do about a trouble, by the reason that its report begins with. One home: the page, the CLI and Slack say the same.

/** Reason -> what to do, the first that fits. */
const ADVICE: readonly [reason: RegExp, advice: string][] = [
  [
    /^rejections$/,
    'The vendor rejects so many events that the settings or the vendor are at fault, not single events. Fix the cause; what was refused before the hold is in the dead letters: redrive them afterwards.',
  ],
  [
    /^http_40[13]$|credential|unrecognized|access_?denied|signature|security_?token|expired_?token/i,
    'The vendor refuses the credentials. Set valid ones in the environment of this sink and restart it; delivery resumes where it stopped.',
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
    /letters|dead_letter/i,
    'The dead-letter topic does not accept records. Check that the topic exists and that the broker has room.',
  ],
  [/^http_429$|throttl|limit/i, 'The vendor is throttling. No action needed: delivery continues more slowly.'],
  [
    /^http_5|econn|etimedout|timeout|enotfound|eai_again|epipe|unavailable/i,
    'The vendor is unreachable. No action needed: delivery resumes within 30 s of its recovery.',
  ],
]

/** What to type for it: to look, or to send again what was set aside. Empty where nothing is to be done. */
export function commandOf(service: string, error: string): string {
  const advice = adviceOf(error)
  if (/No action needed/.test(advice)) return ''
  if (/^rejections\b/.test(error)) return `auth0-logs dead-letters list ${service}`
  return /dead-letter topic/.test(advice) ? 'auth0-logs validate' : `auth0-logs settings ${service}`
}

/** A sentence; what to do where nothing is known of the reason too. @param error `reason: message` of a report */
export function adviceOf(error: string): string {
  const reason = error.slice(0, 200).split(':')[0]
  const found = ADVICE.find(([pattern]) => pattern.test(reason))
  return found ? found[1] : 'It is tried again automatically, at least every 30 s.'
}
