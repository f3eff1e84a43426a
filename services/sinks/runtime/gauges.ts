// What a flow's state is at a scrape of /metrics.
import type { Metrics } from '../../platform/metrics.ts'
import type { Flow } from './flow.ts'
import { lag, oldestOpen } from './lane.ts'

export function gauges(metrics: Metrics, sink: string, flow: Flow): void {
  metrics.gauge('lag_records', 'Records that Kafka holds and this member has not brought to an end', ['sink'], function () {
    this.set(
      { sink },
      flow.lanes().reduce((sum, lane) => sum + lag(lane), 0),
    )
  })
  metrics.gauge(
    'oldest_undelivered_seconds',
    'Age of the oldest record taken and not yet brought to an end',
    ['sink'],
    function () {
      const times = flow.lanes().map((lane) => oldestOpen(lane)?.receivedAt ?? Number.POSITIVE_INFINITY)
      const oldest = Math.min(...times)
      this.set({ sink }, Number.isFinite(oldest) ? (Date.now() - oldest) / 1000 : 0)
    },
  )
  metrics.gauge('hold', 'Whether delivery stands still until a person mends something', ['sink', 'reason'], function () {
    this.reset()
    const trouble = flow.trouble()
    if (trouble?.kind === 'hold') this.set({ sink, reason: trouble.reason }, 1)
  })
}
