// The metrics of the ingest, a row each.
import { counter, gauge } from '../platform/metrics.ts'

/** Why a body is refused: the `error` of the answer. Auth0 sends each of them again. */
export const REFUSALS = [
  'unauthorized',
  'too_slow',
  'too_large',
  'too_many_events',
  'unsupported_encoding',
  'unavailable',
  'internal',
] as const

export type RefusalReason = (typeof REFUSALS)[number]

export const ingestMetrics = {
  received: counter('received_total', 'Events acknowledged by Kafka', ['source']),
  quarantined: counter('quarantined_total', "Parts of bodies that are no events, kept in the ingest's dead letters", ['reason']),
  refused: counter('refused_total', 'Bodies that were not taken, by the error of the answer; Auth0 sends them again', ['reason']),
  foreignTenant: counter('foreign_tenant_total', 'Events of another tenant than this deployment is for'),
  inFlightBytes: gauge('ingest_in_flight_bytes', 'Bytes received and not yet answered'),
}
