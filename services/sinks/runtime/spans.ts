// What a sink tells of its work as traces. A record's `traceparent` is its parent, so each trace has a `process` span of its own in every
// delivery that it has a part in. The delivery itself is one span below the first of them, and linked with all others.
import { type Traces, traceparentOf, type TraceSpan } from '../../platform/traces.ts'
import type { KafkaMessage } from '../../topics/consume.ts'
import type { Outcome } from './contract.ts'
import type { Batch, TraceContext } from './outbox.ts'

export type SinkSpans = {
  /** Undefined for a record without a trace. */
  contextOf: (message: KafkaMessage) => TraceContext | undefined
  /** One attempt to deliver a batch begins; undefined where no event of it has a trace that is kept. */
  attempt: (batch: Batch) => ((outcome: Outcome) => void) | undefined
}

/** Links of one delivery, as many as OpenTelemetry keeps by default; each `process` span links back anyway. */
const MOST_LINKS = 128

/** Undefined where traces are off. */
export function sinkSpans(
  traces: Traces | undefined,
  { sink, topic, group }: { sink: string; topic: string; group: string },
): SinkSpans | undefined {
  if (!traces) return undefined
  const consumed = {
    'messaging.system': 'kafka',
    'messaging.operation.type': 'process',
    'messaging.destination.name': topic,
    'messaging.consumer.group.name': group,
  }

  /** One for each trace. */
  function processes({ entries, attempts }: Batch): TraceSpan[] {
    const traced = entries.filter((entry) => entry.trace !== undefined)
    return [...Map.groupBy(traced, ({ trace }) => trace!.parent)].map(([parent, own]) => {
      const { lane, event, trace } = own[0]
      const attributes = {
        ...consumed,
        'messaging.batch.message_count': own.length,
        'messaging.destination.partition.id': String(lane.partition),
        'messaging.kafka.offset': event.offset,
      }
      const at = attempts === 1 ? trace!.at : undefined // a later attempt begins now
      return traces!.start(`process ${topic}`, { kind: 'consumer', parent, attributes, at })
    })
  }

  return {
    contextOf({ headers }) {
      const parent = traceparentOf(headers?.traceparent)
      return parent === undefined ? undefined : { parent, at: Date.now() }
    },
    attempt(batch) {
      const [first, ...others] = processes(batch).filter(({ recorded }) => recorded)
      if (!first) return undefined
      const delivery = traces.start(`deliver ${sink}`, {
        kind: 'client',
        parent: first.traceparent,
        links: others.slice(0, MOST_LINKS).map(({ traceparent }) => traceparent!),
        attributes: { 'auth0_logs.sink': sink, 'auth0_logs.events': batch.entries.length, 'auth0_logs.attempt': batch.attempts },
      })
      for (const span of others) span.link(delivery.traceparent!)
      return (outcome) => {
        const failure = outcome.kind === 'delivered' || outcome.kind === 'partial' ? undefined : outcome.reason
        for (const span of [delivery, first, ...others]) span.end({ 'auth0_logs.outcome': outcome.kind }, failure)
      }
    },
  }
}
