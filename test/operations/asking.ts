// An operator's side of a test: operations done as console and CLI do them, and events whose ids and times are known.
import { logIdAt } from '../../services/events/log-id.ts'
import { type Context, type Operation, readInput } from '../../services/operations/operation.ts'
import { openProducer } from '../../services/topics/produce.ts'
import { testKafka } from '../support/kafka.ts'
import type { TestRecord } from '../support/test-events.ts'

export type Operator = ReturnType<typeof operator>

/** @param more e.g. a signal that gives up */
export function operator(brokers: string, prefix: string, more: Partial<Context> = {}) {
  const client = testKafka(brokers, prefix)
  const producer = openProducer(client, 'operator')
  const context: Context = {
    client,
    producer,
    log: client.log,
    by: 'test',
    signal: new AbortController().signal,
    progress: () => {},
    ...more,
  }
  return {
    context,
    close: producer.close,
    do: <R = Record<string, unknown>>(operation: Operation, given: Record<string, unknown>) =>
      operation.run(context, readInput(operation.inputs, given)) as Promise<R>,
  }
}

export type TimedEvent = { id: string; time: number; record: TestRecord & { timestamp: string } }

/** Events `apartMs` apart, received when Auth0 stored them; the first at `begin`. */
export function timedEvents(count: number, begin: number, apartMs: number, data: Record<string, unknown> = {}): TimedEvent[] {
  return Array.from({ length: count }, (_, n) => {
    const time = begin + n * apartMs
    const id = `${logIdAt(time).slice(0, 20)}${String(n).padStart(36, '0')}`
    const value = Buffer.from(
      JSON.stringify({ log_id: id, type: 's', date: new Date(time).toISOString(), user_id: 'u|1', ...data }),
    )
    return { id, time, record: { key: id, value, headers: { source: 'webhook', type: 's' }, timestamp: String(time) } }
  })
}
