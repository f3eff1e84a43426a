// The tenant's log stream, as reconcile must know it: what it leaves out is not missing, and what it hides must not come in another way. Pure.
import type { HttpStream } from '../../auth0/client.ts'
import { createRedactor, redactBytes, type Rule } from '../../events/redact.ts'
import { typeCategory } from '../../events/types.ts'

export type Stream = {
  name: string
  status: string
  /** Whether the stream delivers logs of this type; a type that no filter names counts as `other`. */
  delivers: (type: string) => boolean
  /** A log without what the stream hides: the very same bytes where nothing of it is in them. */
  hide: (log: Buffer) => Buffer
}

/** All that a prioritised stream delivers. https://auth0.com/docs/secure/security-center/prioritized-log-streams */
const PRIORITY_TYPES = new Set([
  'limit_mu',
  'limit_sul',
  'limit_wc',
  'pwd_leak',
  'ublkdu',
  'signup_pwd_leak',
  'reset_pwd_leak',
  'gd_send_sms',
])

/** The fields that each kind of pii_config hides, wherever in a log they are. https://auth0.com/docs/customize/log-streams */
const HIDDEN_FIELDS: Record<string, readonly string[]> = {
  first_name: ['first_name', 'given_name', 'name'],
  last_name: ['last_name', 'family_name', 'name'],
  username: ['username', 'user_name'],
  email: ['email'],
  phone: ['phone', 'phone_number', 'old_phone_number', 'new_phone_number'],
  address: ['address'],
}

/** A kind that Auth0 adds is a field of its name. */
const fieldsOf = (kind: string): readonly string[] => (Object.hasOwn(HIDDEN_FIELDS, kind) ? HIDDEN_FIELDS[kind] : [kind])

/** The stream that delivers here. @param wanted name or id, empty where the tenant has one webhook stream only */
export function streamNamed(streams: readonly HttpStream[], wanted: string): { stream: HttpStream } | { problem: string } {
  const named = wanted === '' ? streams : streams.filter(({ id, name }) => id === wanted || name === wanted)
  if (named.length === 1) return { stream: named[0] }
  const names = streams.map(({ name }) => name).join(', ') || 'none'
  const what = wanted === '' ? `the tenant has ${streams.length} http log streams` : `the tenant has no http log stream ${wanted}`
  return { problem: `${what} (${names}): set AUTH0_LOG_STREAM to the one that delivers here` }
}

/** Whether a stream delivers logs of a type, by its filters as they are. */
export function deliveryOf({ filters, isPriority }: Pick<HttpStream, 'filters' | 'isPriority'>): (type: string) => boolean {
  const categories = new Set((filters ?? []).map((filter) => String(filter.name)))
  const isWanted = (type: string) => categories.size === 0 || categories.has(typeCategory(type) ?? 'other')
  return (type) => isWanted(type) && (isPriority !== true || PRIORITY_TYPES.has(type))
}

/**
 * @param streams the tenant's webhook streams
 * @param wanted as for `streamNamed`
 * @param redacted the rules of INGEST_REDACT
 */
export function describeStream(
  streams: readonly HttpStream[],
  wanted: string,
  redacted: readonly Rule[],
): Stream | { problem: string } {
  const found = streamNamed(streams, wanted)
  if ('problem' in found) return found
  const { stream } = found
  const { name = '', status = 'active', pii_config: pii } = stream
  const kinds = (pii?.log_fields ?? []).map(String)
  const isOpen = (field: string) => !redacted.some(({ path }) => path.at(-1) === field)
  const open = [...new Set(kinds.flatMap(fieldsOf))].filter(isOpen)
  if (open.length > 0) {
    const hidden = kinds.filter((kind) => fieldsOf(kind).some(isOpen)).map((kind) => `${kind} (pii_config)`)
    return {
      problem:
        `stream ${name} hides ${hidden.join(', ')}, the Management API does not: add ` +
        `${open.map((field) => `${field}:mask`).join(',')} to INGEST_REDACT, or reconcile would store in clear what the stream hides`,
    }
  }
  const hidden = new Set(kinds.flatMap(fieldsOf))
  return {
    name,
    status,
    delivers: deliveryOf(stream),
    hide: hidden.size === 0 ? (log) => log : (log) => hideFields(log, hidden, redacted),
  }
}

/** Deeper than any log of Auth0: what lies there is hidden as a whole. */
const DEEPEST = 50

/**
 * Masks every value under one of these names, at any depth; names that a rule of INGEST_REDACT covers there are left to that rule, which may
 * hash. An object that is no JSON comes back as it is: the ingest sets it aside by itself.
 */
export function hideFields(log: Buffer, names: ReadonlySet<string>, redacted: readonly Rule[]): Buffer {
  const paths = new Map<string, string[]>()
  const isCovered = (path: readonly string[]) =>
    redacted.some(({ path: rule }) => rule.length <= path.length && rule.every((name, i) => name === path[i]))
  const waiting: { value: unknown; path: string[] }[] = []
  try {
    waiting.push({ value: JSON.parse(log.toString()), path: [] })
  } catch {
    return log
  }
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, path } = next
    if (typeof value !== 'object' || value === null) continue
    // Redaction enters arrays by every element: they are no part of a path.
    if (Array.isArray(value)) for (const element of value) waiting.push({ value: element, path })
    else
      for (const [name, inner] of Object.entries(value)) {
        const own = [...path, name]
        if (isCovered(own)) continue
        if (names.has(name) || own.length >= DEEPEST) paths.set(JSON.stringify(own), own)
        else waiting.push({ value: inner, path: own })
      }
  }
  if (paths.size === 0) return log
  const rules = [...paths.values()].map((path): Rule => ({ path, way: 'mask' }))
  return redactBytes(log, createRedactor(rules, '')) ?? log
}
