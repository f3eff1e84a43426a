// What a flow's state is at a scrape of /metrics.
import type { Metrics } from '../../platform/metrics.ts'
import type { Flow } from './flow.ts'

/** @param oldestMs age of the oldest event that waits, milliseconds */
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
