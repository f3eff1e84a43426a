// What all parts of a backfill work with.
import type { Rule } from '../../events/redact.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Settings } from '../../platform/settings.ts'
import type { KafkaClient } from '../../topics/client.ts'
import type { ControlRecords, DesiredState } from '../../topics/control.ts'
import type { Runs } from '../../topics/runs.ts'
import type { Store } from '../store.ts'
import type { Auth0 } from './auth0.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { backfillFields } from './fields.ts'
import type { BackfillMetrics } from './metrics.ts'

export type BackfillSettings = Settings<ReturnType<typeof backfillFields>>

export type Backfill = {
  client: KafkaClient
  auth0: Auth0
  store: Store
  /** As they are now: the operator may change the live ones. */
  settings: () => BackfillSettings
  state: () => DesiredState
  records: ControlRecords
  writeJob: (key: string, value: object) => Promise<void>
  /** The rules of INGEST_REDACT. */
  redacted: readonly Rule[]
  runs: Runs
  metrics: BackfillMetrics
  log: Logger
  /** Told of each checkpoint. */
  reached: (checkpoint: Checkpoint) => void
}
