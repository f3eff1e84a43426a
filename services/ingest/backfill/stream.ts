// The tenant's log stream, as reconcile must know it: what it leaves out is not missing, and what it hides must not come in another way.
import type { Management } from 'auth0'
import type { Rule } from '../../events/redact.ts'
import { typeCategory } from '../../events/types.ts'

export type Stream = {
  name: string
  status: string
  /** Whether the stream delivers logs of this type; a type that no filter names counts as `other`. */
  delivers: (type: string) => boolean
}

/**
 * @param wanted name or id, empty where the tenant has one http stream only
 * @param redacted the rules of INGEST_REDACT
 */
export function describeStream(
  streams: readonly Management.LogStreamResponseSchema[],
  wanted: string,
  redacted: readonly Rule[],
): Stream | { problem: string } {
  const http = streams.filter(({ type }) => type === 'http') as Management.LogStreamHttpResponseSchema[]
  const named = wanted === '' ? http : http.filter(({ id, name }) => id === wanted || name === wanted)
  if (named.length !== 1) {
    const names = http.map(({ name }) => name).join(', ') || 'none'
    const what = wanted === '' ? `the tenant has ${http.length} http log streams` : `the tenant has no http log stream ${wanted}`
    return { problem: `${what} (${names}): set AUTH0_LOG_STREAM to the one that delivers here` }
  }
  const [{ name = '', status = 'active', filters = [], pii_config: pii }] = named
  const open = (pii?.log_fields ?? []).filter((field) => !redacted.some(({ path }) => path.at(-1) === field))
  if (open.length > 0)
    return {
      problem:
        `stream ${name} hides ${open.join(', ')} (pii_config), the Management API does not: ` +
        `name ${open.length === 1 ? 'it' : 'them'} in INGEST_REDACT too, or reconcile would store in clear what the stream hides`,
    }
  const categories = new Set(filters.map((filter) => String(filter.name)))
  return { name, status, delivers: (type) => categories.size === 0 || categories.has(typeCategory(type) ?? 'other') }
}
