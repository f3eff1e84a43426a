// What the ingest tells of its work as traces: a webhook's request, and the records that it sends. Kept where they are made.
import type { Traces, TraceSpan } from '../platform/traces.ts'

export type IngestSpans = {
  /** @param parent the sender's `traceparent` */
  request: (parent: string | undefined) => TraceSpan
  /** Its `traceparent` travels with the records. @param parent as `request`'s own */
  send: (parent: string | undefined) => TraceSpan
}

/** Undefined where traces are off. @param topic that records are sent to */
export function ingestSpans(traces: Traces | undefined, topic: string): IngestSpans | undefined {
  if (!traces) return undefined
  const asked = { 'http.request.method': 'POST', 'http.route': '/logs' }
  const sent = { 'messaging.system': 'kafka', 'messaging.operation.type': 'send', 'messaging.destination.name': topic }
  return {
    request: (parent) => traces.start('POST /logs', { kind: 'server', parent, attributes: asked }),
    send: (parent) => traces.start(`send ${topic}`, { kind: 'producer', parent, attributes: sent }),
  }
}
