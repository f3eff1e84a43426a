// An Auth0 log as a CloudWatch log event: `data` as it is in the topic, at the event's own time. Pure.
import type { InputLogEvent } from '@aws-sdk/client-cloudwatch-logs'
import { onOneLine, withLogId } from '../../events/compact.ts'
import type { LogEvent } from '../../events/log-event.ts'
import type { Encoded } from '../runtime/contract.ts'
import { PER_EVENT_BYTES } from './limits.ts'

export function encode(event: LogEvent, _?: unknown, now = Date.now()): Encoded<InputLogEvent> {
  if (!event.isObject) return { unsendable: 'not_an_event' }
  const line = onOneLine(event.value)
  const bytes = event.member('log_id') === undefined ? withLogId(line, event.id) : line
  const at = event.happenedAt(now)
  return { item: { timestamp: at, message: bytes.toString() }, bytes: bytes.length + PER_EVENT_BYTES, at }
}
