// What the backfill counts.
import type { Metrics } from '../../platform/metrics.ts'

export type BackfillMetrics = ReturnType<typeof backfillMetrics>

/** @param age seconds since everything that Auth0 stored was known to be read; undefined before anything is known */
export function backfillMetrics(metrics: Metrics, age: () => number | undefined) {
  let near = false
  metrics.gauge('checkpoint_age_seconds', 'Age of the moment up to which all logs of the tenant are read', [], function () {
    const seconds = age()
    if (seconds === undefined) this.reset()
    else this.set(seconds)
  })
  metrics.gauge('checkpoint_near_retention', 'Whether the checkpoint comes near the end of what Auth0 keeps', [], function () {
    this.set(near ? 1 : 0)
  })
  const missing = metrics.counter('reconcile_missing_total', 'Logs that the stream lost')
  const recovered = metrics.counter('reconcile_recovered_total', 'Lost logs that were published')
  const pages = metrics.counter('backfill_pages_total', 'Pages read from the Management API')
  const waited = metrics.counter('backfill_rate_limit_wait_seconds_total', 'Time spent leaving the rate limit to others')
  const skipped = metrics.counter('backfill_ticks_skipped_total', 'Ticks that came due while the last run was under way')
  return {
    missing,
    recovered,
    pages,
    waited,
    skipped,
    nearRetention: () => near,
    setNearRetention: (value: boolean) => {
      near = value
    },
  }
}
