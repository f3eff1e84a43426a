// An Auth0 log as a CloudWatch log event: `data` as it is in the topic, at the event's own time. Pure.
import { onOneLine, withLogId } from '../../events/compact.ts'
import type { LogEvent } from '../../events/log-event.ts'
import type { Encoded } from '../runtime/contract.ts'
import { PER_EVENT_BYTES } from './settings.ts'
import { isTemplate, type LogLine, streamOf } from './streams.ts'

/** @param settings the stream's name, where it may be a template @param now for events without a usable date, epoch milliseconds */
export function encode(event: LogEvent, settings?: { stream: string }, now = Date.now()): Encoded<LogLine> {
  if (!event.isObject) return { unsendable: 'not_an_event' }
  const line = onOneLine(event.value)
  const bytes = event.member('log_id') === undefined ? withLogId(line, event.id) : line
  const at = event.happenedAt(now)
  const item: LogLine = { timestamp: at, message: bytes.toString() }
  if (settings && isTemplate(settings.stream)) item.stream = streamOf(settings.stream, event, at)
  return { item, bytes: bytes.length + PER_EVENT_BYTES, at }
}
