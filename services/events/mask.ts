// An event without personal data, for whoever looks on: only fields that never hold any are shown, the rest is `***`.
// Fields of a log: https://auth0.com/docs/deploy-monitor/logs/log-event-type-codes

/** Their values name types, applications and settings, never people. Everything else does, or may. */
const SHOWN = new Set(
  `type date log_id _id client_id client_name connection connection_id strategy strategy_type audience scope tenant_name
  environment_name event_schema $event_schema isMobile is_mobile level code statusCode status_code method channel
  grant_type stats loginsCount elapsedTime initiatedAt completedAt security_context ja3 ja4`.split(/\s+/),
)
const MASK = '***'
/** Levels of an event that are shown: Auth0's own have fewer than ten, and a sender may choose any number. */
const MOST_DEPTH = 50
const TOO_DEEP = '…'
/** Characters of a sentence that are read and shown. */
const MOST_READ = 4_000
const MOST_SHOWN = 500

/**
 * A copy in which every text and number under a name that is not known to be harmless is `***`. What is nested more than 50 levels deep
 * is `…`, so the copy can always be written as JSON.
 */
export function masked(value: unknown, name = ''): unknown {
  return copied(value, name, maskedValue, 0)
}

/** A copy as it is, with `…` for what is nested more than 50 levels deep: V8 reads deeper JSON than it can write. */
export function shallow(value: unknown): unknown {
  return copied(value, '', (inner) => inner, 0)
}

function copied(value: unknown, name: string, shown: (value: unknown, name: string) => unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return shown(value, name)
  if (depth >= MOST_DEPTH) return TOO_DEEP
  if (Array.isArray(value)) return value.map((entry) => copied(entry, name, shown, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copied(inner, key, shown, depth + 1)]))
}

function maskedValue(value: unknown, name: string): unknown {
  if (value === null || typeof value === 'boolean' || value === '') return value
  if (name === 'description' || name === 'error_description') return maskedText(String(value))
  return SHOWN.has(name) ? value : MASK
}

/**
 * Who an event is about, in so few characters that nobody is recognised: the first letter of the name (`e***`), or the identity provider
 * of the id (`auth0|***`). Empty where the event names nobody.
 */
export function maskedUser({ user_name: name, user_id: id }: Readonly<Record<string, unknown>>): string {
  if (typeof name === 'string' && name !== '') return String.fromCodePoint(name.codePointAt(0)!) + MASK
  if (typeof id !== 'string' || id === '') return ''
  const provider = /^[\w.-]{1,40}\|/.exec(id)?.[0] ?? ''
  return provider + MASK
}

/**
 * A sentence without addresses, numbers and ids of people, at most 500 characters. Each expression takes a run of characters whole, or
 * a bounded number of them, and never goes back: the time is linear whatever the text is.
 */
export function maskedText(text: string): string {
  const shown = withoutCutWord(text)
    .replaceAll(/\+?\d[\d ().-]*/g, maskedNumber)
    .replaceAll(/[^\s"'<>(),;]+/g, (word) => (/@|\|/.test(word) ? MASK : word))
    .replaceAll(/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g, MASK)
    .replaceAll(/(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])/gi, MASK)
  return shown.length > MOST_SHOWN ? `${shown.slice(0, MOST_SHOWN - 1)}…` : shown
}

/** Telephone numbers, dates, IPv4 addresses: eight characters or more from the first digit to the last. */
function maskedNumber(run: string): string {
  let end = run.length
  while (/\D/.test(run[end - 1])) end--
  const length = run.startsWith('+') ? end - 1 : end
  return length >= 8 ? MASK + run.slice(end) : run
}

/** At most what is read. Half an address must not look like a word, so a word that is cut goes, and a number that may be. */
function withoutCutWord(text: string): string {
  if (text.length <= MOST_READ) return text
  let end = MOST_READ
  while (end > 0 && /[^\s"'<>,;]/.test(text[end])) end--
  while (end > 0 && /[\d\s().-]/.test(text[end - 1])) end--
  return `${text.slice(0, end)} …`
}
