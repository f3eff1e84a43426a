// What all parts of a backfill work with.
import type { Auth0 } from '../../auth0/client.ts'
import type { Rule } from '../../events/redact.ts'
import type { Logger } from '../../platform/logger.ts'
import type { KafkaClient } from '../../topics/client.ts'
import type { ControlRecords, DesiredState } from '../../topics/control.ts'
import type { TopicProducer } from '../../topics/produce.ts'
import type { Runs } from '../../topics/runs.ts'
import type { Store } from '../store.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { BackfillSettings } from './fields.ts'
import type { BackfillMetrics } from './metrics.ts'

export type Backfill = {
  client: KafkaClient
  producer: TopicProducer
  auth0: Auth0
  store: Store
  /** As they are now: the operator may change the live ones. */
  settings: () => BackfillSettings
  state: () => DesiredState
  /** When an operator last asked for a run at once, between its ticks. */
  runAt: () => Date | undefined
  /** The control topic's, as they are now. */
  records: ControlRecords
  /** Null deletes it. @throws when Kafka does not acknowledge it */
  writeJob: (key: string, value: object | null) => Promise<void>
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
