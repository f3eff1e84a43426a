// The control topic: what services are and what operators wish of them. Compacted; read to its end before anything starts.
import { within } from '../platform/lifecycle.ts'
import type { ShownField } from '../platform/settings.ts'
import type { KafkaClient } from './client.ts'
import { logRanges } from './groups.ts'
import { topicNames } from './names.ts'
import type { TopicProducer } from './produce.ts'
import { followTopic, type TopicRecord } from './read.ts'
import { RECORD_VERSION } from './records.ts'

export type DesiredState = 'running' | 'paused' | 'stopped'

export const isDesiredState = (state: unknown): state is DesiredState =>
  state === 'running' || state === 'paused' || state === 'stopped'

/** Who wished it, and when (ISO 8601). */
type Wish = { v: number; by: string; at: string }

/** `state/<service>`: what an operator wishes. Wins over the environment. */
export type StateRecord = Wish & { state: DesiredState }

/** `settings/<service>`: what an operator changed while it runs, by the settings' first names. Wins over the environment. */
export type SettingsRecord = Wish & { values: Record<string, string> }

/**
 * `job/<service>/<id>`: work beside the live group. `replay`: a range of the main topic once more to one sink; `redrive`: dead letters of
 * a sink; `backfill`: a range of the Management API into the main topic; `reset`: an offset reset under way, see operations/reset.ts.
 * Progress is the job's own group's offsets (a backfill's is in `checkpoint`), so this record says only what is wished and how it ended.
 */
export type JobRecord = Wish & {
  id: string
  service: string
  kind: 'replay' | 'redrive' | 'backfill' | 'reset'
  state: 'wanted' | 'running' | 'done' | 'failed' | 'cancelled'
  /** Offsets by partition, `to` not included; of the dead-letter topic for a redrive. `reached`: the next offset when it ended. */
  ranges: { partition: number; from: number; to: number; reached?: number }[]
  /** As the operator gave them. */
  from: string
  to: string
  /** Redrive: only dead letters with this reason; empty for all. */
  reason: string
  /** Redrive: only dead letters of this event; empty or left out for all. */
  log_id?: string
  /** Events a second, 0 without a limit. */
  rate: number
  /** What it came to, when it has ended. */
  delivered: number
  failed: number
  error: string
  ended_at: string
  /** Backfill: the last log_id acknowledged. Reset: JSON of its plan and step. */
  checkpoint: string
}

/** `service/<service>`: what a service is; console, CLI and Slack learn of sinks from here. */
export type ServiceRecord = {
  v: number
  service: string
  kind: 'ingest' | 'backfill' | 'sink' | 'console' | 'slack'
  version: string
  group: string
  started_at: string
  /** State until an operator sets another. */
  state: DesiredState
  sandbox: boolean
  /** START_FROM of the environment that was applied last: the same value is not applied again. */
  start_from: string
  fields: ShownField[]
  /** What to warn of before logs received longer ago are sent to this sink again. */
  replay_limit?: ReplayLimit
}

/** Logs received more than `hours` ago are not as welcome at the vendor as new ones; `meaning` is a sentence for the operator. */
export type ReplayLimit = { hours: number; meaning: string }

export type ControlRecords = Map<string, unknown>

const ACK_MS = 10_000
/** Of the first reading: asked for again after it. */
const CATCH_UP_MS = 30_000

/** Writes one control record, null deletes it. Resolves after the acknowledgement. */
export async function publishControl(
  client: KafkaClient,
  producer: TopicProducer,
  key: string,
  value: object | null,
): Promise<void> {
  const topic = topicNames.control(client.settings.prefix)
  const bytes = value === null ? null : Buffer.from(JSON.stringify({ v: RECORD_VERSION, ...value }))
  await producer.send(topic, [{ key: Buffer.from(key), value: bytes }], ACK_MS)
}

/**
 * Reads the control topic to its end, then follows it. Resolves with what was found; `records` stays up to date, and `changed` is called
 * for every later record (`undefined` = deleted), `lost` when it can be followed no longer. A record that is no JSON or of a newer
 * major version is left out with a warning.
 */
export async function followControl(
  client: KafkaClient,
  service: string,
  changed: (key: string, value: unknown) => void,
  lost: (error: Error) => void,
): Promise<{ records: ControlRecords; close: () => Promise<void> }> {
  const topic = topicNames.control(client.settings.prefix)
  const [range] = await logRanges(client, topic)
  const records: ControlRecords = new Map()
  const caughtUp = Promise.withResolvers<void>()
  let following = false
  if (range.start >= range.end) caughtUp.resolve()
  const take = ({ key, value, offset }: TopicRecord) => {
    const name = key ?? ''
    const read = value === null ? undefined : parse(value)
    if (value !== null && read === undefined)
      return client.log.warn({ key: name, offset }, 'control record not understood; left out')
    if (read === undefined) records.delete(name)
    else records.set(name, read)
    if (following) changed(name, read)
  }
  const from = new Map([[range.partition, range.start]])
  const onLost = (error: Error) => (following ? lost(error) : caughtUp.reject(error))
  const reading = await followTopic(client, service, topic, from, take, onLost, (_, next) => {
    if (next >= range.end) caughtUp.resolve()
  })
  try {
    await within(caughtUp.promise, CATCH_UP_MS, `reading ${topic} to its end`)
  } catch (error) {
    await reading.close()
    throw error
  }
  following = true
  return { records, close: reading.close }
}

/** What the control topic says now. */
export async function readControl(client: KafkaClient, reader: string): Promise<ControlRecords> {
  const { records, close } = await followControl(
    client,
    reader,
    () => {},
    () => {},
  )
  await close()
  return records
}

function parse(value: Buffer): unknown {
  try {
    const read = JSON.parse(value.toString()) as { v?: number }
    return Number(read.v) > RECORD_VERSION ? undefined : read
  } catch {
    return undefined
  }
}
