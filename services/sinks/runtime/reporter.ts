// What a sink tells of its work: counters and gauges for /metrics, and the counts of its runs.
import type { Logger } from '../../platform/logger.ts'
import type { Metrics } from '../../platform/metrics.ts'
import type { Runs } from '../../topics/runs.ts'
import type { Flow } from './flow.ts'
import type { Trouble } from './patience.ts'
import type { Watch } from './term.ts'

/** @param service the sink's name, as the label of its metrics */
export function createReporter({
  service,
  metrics,
  runs,
  log,
}: {
  service: string
  metrics: Metrics
  runs: Runs
  log: Logger
}): Watch {
  const sink = { sink: service }
  const delivered = metrics.counter('delivered_total', 'Events delivered', ['sink'])
  const filtered = metrics.counter('filtered_total', 'Events that a filter left out', ['sink', 'rule'])
  const duplicates = metrics.counter('duplicates_total', 'Repeated records', ['sink'])
  const deadLettered = metrics.counter('dead_lettered_total', 'Events put aside', ['sink', 'reason'])
  const expired = metrics.counter('expired_total', 'Events that retention removed before delivery', ['sink'])
  const retries = metrics.counter('retries_total', 'Delivery attempts that failed', ['sink', 'reason'])
  const durations = metrics.histogram(
    'delivery_duration_seconds',
    'Time of one delivery',
    [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    ['sink'],
  )
  const batchEvents = metrics.histogram(
    'batch_events',
    'Events in one delivery',
    [1, 10, 100, 500, 1000, 2500, 5000, 10_000],
    ['sink'],
  )
  const batchBytes = metrics.histogram('batch_bytes', 'Bytes in one delivery', [1e3, 1e4, 1e5, 5e5, 1e6], ['sink'])
  for (const counter of [delivered, duplicates, expired]) counter.inc(sink, 0)

  return {
    ended(id, ending, reason) {
      runs.count(ending)
      runs.seen(id)
      if (ending === 'filtered') filtered.inc({ ...sink, rule: reason })
      else if (ending === 'duplicates') duplicates.inc(sink)
      else if (ending === 'dead_lettered') deadLettered.inc({ ...sink, reason })
    },
    expired(count) {
      runs.count('expired', count)
      expired.inc(sink, count)
    },
    delivered({ events, bytes, durationMs }) {
      runs.count('bytes', bytes)
      runs.count('deliveries')
      runs.count('delivery_ms', Math.round(durationMs))
      delivered.inc(sink, events)
      durations.observe(sink, durationMs / 1000)
      batchEvents.observe(sink, events)
      batchBytes.observe(sink, bytes)
    },
    retried(reason) {
      runs.count('retries')
      retries.inc({ ...sink, reason })
    },
    troubled: (trouble) => void runs.troubled(trouble.kind === 'hold' ? 'held' : 'failed', wordsOf(trouble)),
    recovered: () => void runs.recovered(),
    broken(places) {
      const partitions = places.map(({ partition }) => partition)
      const why = [...new Set(places.map(({ broken }) => broken))].join('; ')
      log.error({ partitions, why }, `the log is not the one that was read before: ${BEGINS_ANEW}`)
      void runs.alarm(`log_changed: ${why} (partitions ${partitions.join(', ')}): ${BEGINS_ANEW}`)
    },
  }
}

/** What it means for the logs. */
const BEGINS_ANEW =
  'counting begins anew, and everything that the log holds is delivered from its beginning, some of it perhaps again; what was in the old log and not yet delivered is gone, unless Auth0 still holds it (auth0-logs backfill)'

const wordsOf = ({ reason, message }: Trouble) => `${reason}: ${message}`

/** What a flow's state is at a scrape of /metrics. @param oldestMs age of the oldest event that waits, milliseconds */
export function gauges(metrics: Metrics, sink: string, flow: Flow, oldestMs: () => number): void {
  metrics.gauge('lag_records', 'Records that Kafka holds and this member has not brought to an end', ['sink'], function () {
    this.set(
      { sink },
      flow.lanes().reduce((sum, lane) => sum + lane.lag, 0),
    )
  })
  metrics.gauge('oldest_undelivered_seconds', 'Age of the oldest event that waits for its delivery', ['sink'], function () {
    this.set({ sink }, oldestMs() / 1000)
  })
  metrics.gauge('hold', 'Whether delivery is on hold until a person fixes something', ['sink', 'reason'], function () {
    this.reset()
    const trouble = flow.trouble()
    if (trouble?.kind === 'hold') this.set({ sink, reason: trouble.reason }, 1)
  })
}
