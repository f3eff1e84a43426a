// What a proof of a day is made with.
import type { KeyObject } from 'node:crypto'
import type { KafkaClient } from '../../topics/client.ts'
import type { ControlRecords } from '../../topics/control.ts'
import type { TopicProducer } from '../../topics/produce.ts'
import type { Known } from '../services.ts'
import type { Auth0List } from './auth0-day.ts'
import type { Day } from './days.ts'

export type ProofOptions = {
  client: KafkaClient
  producer: TopicProducer
  control: ControlRecords
  /** Names the proof: who goes on with it gives the same. */
  id: string
  /** When it was asked for, milliseconds: its records in Kafka are not older. */
  since: number
  day: Day
  sinks: readonly Known[]
  /** Undefined where Auth0 is not to be asked. */
  auth0: Auth0List | undefined
  /** Undefined where nobody signs. */
  key: KeyObject | undefined
  by: string
  mostLogs?: number
  progress: (done: number, total: number, what: string) => void
  signal: AbortSignal
}
