// Events for tests of one sink's code, without Kafka.
import { LogEvent } from '../../services/events/log-event.ts'

export const RECEIVED_AT = Date.parse('2026-03-04T05:06:10.000Z')

/** An event of the topic with these bytes; the `type` header as the ingest writes it unless told otherwise. */
export function logEvent(value: string | object, { id = 'id-1', type }: { id?: string; type?: string } = {}): LogEvent {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return new LogEvent({ id, type, value: Buffer.from(text), receivedAt: RECEIVED_AT, partition: 0, offset: 0 })
}
