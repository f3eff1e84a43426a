// An Auth0 log as a Segment `track` call: its values as JSON, for the form that Segment's library writes. No field of `data` is
// dropped, no number changed. Pure.
import { hash } from 'node:crypto'
import { onOneLine } from '../../events/compact.ts'
import { isoTime } from '../../events/iso-time.ts'
import type { LogEvent } from '../../events/log-event.ts'
import { isKnownType, typeName } from '../../events/types.ts'
import type { Encoded } from '../runtime/contract.ts'
import { shapeOf, type TrackCall } from './form.ts'
import { FORM_BYTES, MAX_PROPERTIES } from './settings.ts'

/**
 * event = the type's name, messageId = log_id (Segment drops repeats by it), timestamp = the event's time, properties = all of
 * `data`. Without a user_id the anonymousId is made of client and address, the same for the same two.
 */
export function encode(event: LogEvent, _?: unknown, now = Date.now()): Encoded<TrackCall> {
  if (!event.isObject) return { unsendable: 'not_an_event' }
  // Repeated names are one property: only where there are this many is it worth a parse to know.
  if (event.memberCount > MAX_PROPERTIES && Object.keys(event.data ?? {}).length > MAX_PROPERTIES)
    return { unsendable: 'too_many_properties' }
  const userId = filled(event.memberJson('user_id'))
  const ip = filled(event.memberJson('ip'))
  const userAgent = filled(event.memberJson('user_agent'))
  const at = event.happenedAt(now)
  const who = userId === '' ? `"${anonymousId(event)}"` : userId
  const values = [nameOf(event.type), JSON.stringify(event.id), `"${isoTime(at)}"`, who, ip, userAgent]
  const properties = onOneLine(event.value)
  const bytes = FORM_BYTES + Buffer.byteLength(values.join('')) + properties.length
  return { item: { shape: shapeOf(userId !== '', ip !== '', userAgent !== ''), values, properties, bytes }, bytes, at }
}

/** A string of JSON, or nothing where it would say nothing. */
const filled = (json: string) => (json === '""' ? '' : json)

const names = new Map<string, string>()

/** JSON of the name of a type; made once for those that Auth0 documents. */
function nameOf(type: string): string {
  const known = names.get(type)
  if (known !== undefined) return known
  const name = JSON.stringify(typeName(type))
  if (isKnownType(type)) names.set(type, name)
  return name
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '')

function anonymousId(event: LogEvent): string {
  const client = textOf(event.member('client_id'))
  const ip = textOf(event.member('ip'))
  const known = client === '' && ip === '' ? event.id : `${client} ${ip}`
  return hash('sha256', known, 'hex').slice(0, 32)
}
