// An event without personal data, for whoever looks on: only fields that never hold any are shown, the rest is `***`.
// Fields of a log: https://auth0.com/docs/deploy-monitor/logs/log-event-type-codes

/** Their values name types, applications and settings, never people. Everything else does, or may. */
const SHOWN = new Set(
  `type date log_id _id client_id client_name connection connection_id strategy strategy_type audience scope tenant_name
  environment_name event_schema $event_schema isMobile is_mobile level code statusCode status_code method channel
  grant_type stats loginsCount elapsedTime initiatedAt completedAt security_context ja3 ja4`.split(/\s+/),
)
const MASK = '***'

/** A copy in which every text and number under a name that is not known to be harmless is `***`. */
export function masked(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((entry) => masked(entry, name))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked(inner, key)]))
  if (value === null || typeof value === 'boolean' || value === '') return value
  if (name === 'description' || name === 'error_description') return maskedText(String(value))
  return SHOWN.has(name) ? value : MASK
}

/** Addresses, numbers and ids of people out of a sentence. */
export function maskedText(text: string): string {
  return text
    .replaceAll(/[^\s"'<>(),;]+@[^\s"'<>(),;]+/g, MASK)
    .replaceAll(/\b[a-z0-9-]+\|[\w.|-]+/gi, MASK)
    .replaceAll(/\+?\d[\d ().-]{6,}\d/g, MASK)
    .replaceAll(/\b(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\b/gi, MASK)
}
