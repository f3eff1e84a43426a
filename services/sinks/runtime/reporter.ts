// What a sink tells of its work: counters and gauges for /metrics, and the counts of its runs.
import type { Logger } from '../../platform/logger.ts'
import type { Metrics } from '../../platform/metrics.ts'
import type { Runs } from '../../topics/runs.ts'
import type { Ages } from './ages.ts'
import type { Flow } from './flow.ts'
import { sinkMetrics } from './metrics.ts'
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
  const delivered = metrics.counter(sinkMetrics.delivered)
  const filtered = metrics.counter(sinkMetrics.filtered)
  const duplicates = metrics.counter(sinkMetrics.duplicates)
  const deadLettered = metrics.counter(sinkMetrics.deadLettered)
  const expired = metrics.counter(sinkMetrics.expired)
  const retries = metrics.counter(sinkMetrics.retries)
  const durations = metrics.histogram(sinkMetrics.deliveryDuration)
  const batchEvents = metrics.histogram(sinkMetrics.batchEvents)
  const batchBytes = metrics.histogram(sinkMetrics.batchBytes)
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
  'a new ledger begins, and everything in the log is delivered from its start, some of it perhaps again; what was in the old log and not yet delivered is gone, unless Auth0 still has it (auth0-logs backfill)'

const wordsOf = ({ reason, message }: Trouble) => `${reason}: ${message}`

/** What a flow's state is at a scrape of /metrics. */
export function gauges(metrics: Metrics, sink: string, flow: Flow, ages: Ages): void {
  metrics.gauge(sinkMetrics.lag, function () {
    this.set(
      { sink },
      flow.lanes().reduce((sum, lane) => sum + lane.lag, 0),
    )
  })
  metrics.gauge(sinkMetrics.oldestUndelivered, function () {
    this.set({ sink }, ages.oldestMs() / 1000)
  })
  metrics.gauge(sinkMetrics.nearRetention, function () {
    this.set({ sink }, ages.isNearRetention() ? 1 : 0)
  })
  metrics.gauge(sinkMetrics.hold, function () {
    this.reset()
    const trouble = flow.trouble()
    if (trouble?.kind === 'hold') this.set({ sink, reason: trouble.reason }, 1)
  })
  metrics.gauge(sinkMetrics.trouble, function () {
    this.reset()
    const trouble = flow.trouble()
    if (trouble) this.set({ sink, reason: trouble.reason }, Math.max(0, Date.now() - trouble.since) / 1000)
  })
}
