// The metrics of the backfill, a row each, and how its parts set them. Of several ingests only the one that reads has a checkpoint.
import { counter, gauge, type Metrics } from '../../platform/metrics.ts'

export const backfillRows = {
  checkpointAge: gauge(
    'checkpoint_age_seconds',
    'Age of the moment up to which all logs of the tenant are read; only the instance that reads has it',
  ),
  nearRetention: gauge('checkpoint_near_retention', '1 while the checkpoint comes near the end of what Auth0 keeps'),
  missing: counter('reconcile_missing_total', 'Logs that the stream lost'),
  recovered: counter('reconcile_recovered_total', 'Lost logs that were published'),
  pages: counter('backfill_pages_total', 'Pages read from the Management API'),
  waited: counter('backfill_rate_limit_wait_seconds_total', 'Time spent leaving the rate limit to others'),
  skipped: counter('backfill_ticks_skipped_total', 'Ticks that came due while the last run was under way'),
}

export type BackfillMetrics = ReturnType<typeof backfillMetrics>

/** @param age seconds since everything that Auth0 stored was known to be read; undefined before anything is known, and of one who does not read */
export function backfillMetrics(metrics: Metrics, age: () => number | undefined) {
  let near = false
  metrics.gauge(backfillRows.checkpointAge, function () {
    const seconds = age()
    if (seconds === undefined) this.reset()
    else this.set(seconds)
  })
  metrics.gauge(backfillRows.nearRetention, function () {
    // Who has ceased to be the worker knows no checkpoint, and has no alarm to keep up.
    this.set(near && age() !== undefined ? 1 : 0)
  })
  return {
    missing: metrics.counter(backfillRows.missing),
    recovered: metrics.counter(backfillRows.recovered),
    pages: metrics.counter(backfillRows.pages),
    waited: metrics.counter(backfillRows.waited),
    skipped: metrics.counter(backfillRows.skipped),
    nearRetention: () => near,
    setNearRetention: (value: boolean) => {
      near = value
    },
  }
}
