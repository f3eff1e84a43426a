// parse > dedupe > filter > redact > encode: what becomes of one record, before anything is sent. May throw: that costs the event.
import type { LogEvent } from '../../events/log-event.ts'
import type { KafkaMessage } from '../../topics/consume.ts'
import type { DeadLetter } from '../../topics/records.ts'
import type { Lane } from './lane.ts'
import type { FlowOptions } from './term.ts'

export type Prepared =
  /** To be delivered: `bytes` as the vendor counts them, `at` its time for the vendor, milliseconds. */
  | { item: unknown; bytes: number; at: number }
  /** Ended here. */
  | { ending: 'filtered' | 'duplicates'; reason: string }
  /** Cannot be delivered. */
  | Pick<DeadLetter, 'stage' | 'reason' | 'error'>

/** @param lane the event's partition, which remembers the ids of earlier records. @throws what redaction or the sink's `encode` throws */
export function prepare(
  { leaveOut, filter, redact, encode, limits }: FlowOptions,
  lane: Lane,
  event: LogEvent,
  message: KafkaMessage,
): Prepared {
  if (!event.isEvent) return { stage: 'parse', reason: 'not_an_event', error: NOT_AN_EVENT }
  const left = leaveOut?.(message)
  if (left) return { ending: 'filtered', reason: left }
  // Repeats of a record before the base are none: a replay from there is complete.
  const first = lane.dedupe.firstOf(event.id, event.offset, event.receivedAt)
  if (first !== undefined && first >= lane.base && !isAskedFor(message))
    return { ending: 'duplicates', reason: 'repeated_record' }
  const rule = filter?.(event.type)
  if (rule) return { ending: 'filtered', reason: rule }
  const value = redact ? redact(event.value) : event.value
  if (value === undefined)
    return { stage: 'encode', reason: 'not_redactable', error: 'REDACT could not be applied: the event stays out of the sink' }
  const encoded = encode(value === event.value ? event : event.withValue(value))
  event.release()
  if ('unsendable' in encoded)
    return { stage: 'encode', reason: encoded.unsendable, error: `the sink cannot take this event: ${encoded.unsendable}` }
  if (encoded.bytes > limits.bytesAnEvent) {
    const error = `${encoded.bytes} bytes, the limit is ${limits.bytesAnEvent}`
    return { stage: 'encode', reason: 'event_too_large', error }
  }
  return encoded
}

const NOT_AN_EVENT = 'the record is not an Auth0 log: its key must be a log_id of 1 to 256 bytes, its value a JSON object'

/** What an operator sent for is delivered, however often it came before. */
const isAskedFor = ({ headers }: KafkaMessage) => headers?.source?.toString() === 'job'
