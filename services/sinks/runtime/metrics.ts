// The metrics of every sink, a row each. A member reports its own partitions: sum over the members for the whole sink.
import { counter, gauge, histogram } from '../../platform/metrics.ts'

export const sinkMetrics = {
  delivered: counter('delivered_total', 'Events delivered', ['sink']),
  filtered: counter('filtered_total', 'Events that a filter left out', ['sink', 'rule']),
  duplicates: counter('duplicates_total', 'Repeated records, not delivered again', ['sink']),
  deadLettered: counter('dead_lettered_total', 'Events put aside in the dead letters', ['sink', 'reason']),
  expired: counter('expired_total', 'Events that retention removed before delivery: lost to this sink', ['sink']),
  retries: counter('retries_total', 'Delivery attempts that failed', ['sink', 'reason']),
  deliveryDuration: histogram(
    'delivery_duration_seconds',
    'Time of one delivery',
    [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    ['sink'],
  ),
  batchEvents: histogram('batch_events', 'Events in one delivery', [1, 10, 100, 500, 1000, 2500, 5000, 10_000], ['sink']),
  batchBytes: histogram('batch_bytes', 'Bytes in one delivery', [1e3, 1e4, 1e5, 5e5, 1e6], ['sink']),
  lag: gauge('lag_records', 'Records that Kafka holds and this member has not brought to an end', ['sink']),
  oldestUndelivered: gauge('oldest_undelivered_seconds', 'Age of the oldest event that waits for its delivery', ['sink']),
  nearRetention: gauge(
    'undelivered_near_retention',
    '1 while Kafka is about to delete events that wait: within 48 h, or within half of the retention where that is shorter',
    ['sink'],
  ),
  hold: gauge('hold', '1 while delivery is on hold until a person fixes something', ['sink', 'reason']),
  trouble: gauge('trouble_seconds', 'For how long delivery has stood still or failed, and why; absent while all is well', [
    'sink',
    'reason',
  ]),
  ticksSkipped: counter('ticks_skipped_total', 'Ticks that came due while the last run was under way', ['sink']),
}
