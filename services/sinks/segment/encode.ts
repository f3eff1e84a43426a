// An Auth0 log as a Segment `track` call, written around the bytes of `data`: no field is dropped, no number changed. Pure.
import { hash } from 'node:crypto'
import { onOneLine } from '../../events/compact.ts'
import type { LogEvent } from '../../events/log-event.ts'
import { typeName } from '../../events/types.ts'
import type { Encoded } from '../runtime/contract.ts'
import { MAX_PROPERTIES } from './limits.ts'

/** A call up to the value of its last field, `properties`, and that value; the body is put together when it is sent. */
export type TrackCall = { head: string; properties: Buffer }

/** The closing brace and the comma. */
const BETWEEN_BYTES = 2

/** As the official library names itself; Segment's debugger shows it. */
const LIBRARY = '"library":{"name":"auth0-log-pipeline","version":"1"}'

/**
 * One element of the batch: event = the type's name, messageId = log_id (Segment drops repeats by it), timestamp = the event's
 * time, properties = all of `data`. Without a user_id the anonymousId is made of client and address, the same for the same two.
 */
export function encode(event: LogEvent, _?: unknown, now = Date.now()): Encoded<TrackCall> {
  if (!event.isObject) return { unsendable: 'not_an_event' }
  // Repeated names are one property: only where there are this many is it worth a parse to know.
  if (event.memberCount > MAX_PROPERTIES && Object.keys(event.data ?? {}).length > MAX_PROPERTIES)
    return { unsendable: 'too_many_properties' }
  const userId = event.member('user_id')
  const ip = event.member('ip')
  const userAgent = event.member('user_agent')
  const at = event.happenedAt(now)
  const who = isText(userId) ? `"userId":${JSON.stringify(userId)}` : `"anonymousId":"${anonymousId(event)}"`
  const context = `${isText(ip) ? `"ip":${JSON.stringify(ip)},` : ''}${isText(userAgent) ? `"userAgent":${JSON.stringify(userAgent)},` : ''}`
  const head =
    `{"type":"track","event":${JSON.stringify(typeName(event.type))},"messageId":${JSON.stringify(event.id)},` +
    `"timestamp":"${new Date(at).toISOString()}",${who},"context":{${context}${LIBRARY}},"properties":`
  const properties = onOneLine(event.value)
  return { item: { head, properties }, bytes: Buffer.byteLength(head) + properties.length + BETWEEN_BYTES, at }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

function anonymousId(event: LogEvent): string {
  const client = event.member('client_id')
  const ip = event.member('ip')
  const known = isText(client) || isText(ip) ? `${isText(client) ? client : ''} ${isText(ip) ? ip : ''}` : event.id
  return hash('sha256', known, 'hex').slice(0, 32)
}
