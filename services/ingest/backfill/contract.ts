// What all parts of a backfill work with, and what it counts.
import type { Auth0 } from '../../auth0/client.ts'
import type { Rule } from '../../events/redact.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Metrics } from '../../platform/metrics.ts'
import type { KafkaClient } from '../../topics/client.ts'
import type { ControlRecords, DesiredState } from '../../topics/control.ts'
import type { Runs } from '../../topics/runs.ts'
import type { Store } from '../store.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { BackfillSettings } from './fields.ts'

export type Backfill = {
  client: KafkaClient
  auth0: Auth0
  store: Store
  /** As they are now: the operator may change the live ones. */
  settings: () => BackfillSettings
  state: () => DesiredState
  /** The control topic's, as they are now. */
  records: ControlRecords
  /** @throws when Kafka does not acknowledge it */
  writeJob: (key: string, value: object) => Promise<void>
  /** The rules of INGEST_REDACT. */
  redacted: readonly Rule[]
  runs: Runs
  metrics: BackfillMetrics
  log: Logger
  /** Told of each checkpoint, committed or seen; undefined when this instance is the worker no longer. */
  onCheckpoint: (checkpoint: Checkpoint | undefined) => void
}

/** `poll` or `reconcile`. */
export type Mode = {
  /** One pass, from the checkpoint up to the newest log; `tick` where it belongs to a schedule. */
  pass: (tick: Date | undefined) => Promise<void>
  /** A continuous backfill begins its next pass so much later. */
  againMs: () => number
  close: () => Promise<void>
}

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
