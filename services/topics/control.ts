// The control topic: what services are and what operators wish of them. Compacted; read to its end before anything starts.
import { type KafkaClient, withAdmin } from './client.ts'
import { consume, type GroupConsumer } from './consume.ts'
import { within } from '../platform/lifecycle.ts'
import { logRanges } from './groups.ts'
import { groupNames, topicNames } from './names.ts'
import type { TopicProducer } from './produce.ts'
import { RECORD_VERSION } from './records.ts'

export type DesiredState = 'running' | 'paused' | 'stopped'

export const isDesiredState = (state: unknown): state is DesiredState =>
  state === 'running' || state === 'paused' || state === 'stopped'

/** `state/<service>`: what an operator wishes. Wins over the environment. */
export type StateRecord = { v: number; state: DesiredState; by: string; at: string }
/** `service/<service>`: what a service is; console, CLI and Slack learn of sinks from here. */
export type ServiceRecord = {
  v: number
  service: string
  kind: 'ingest' | 'sink' | 'console' | 'slack'
  version: string
  group: string
  started_at: string
  /** Settings given, secrets masked. */
  settings: Record<string, string>
}

export type ControlRecords = Map<string, unknown>

const ACK_MS = 10_000

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
 * Reads the control topic to its end, then follows it. Resolves with what was found; `changed` is called for every later record
 * (`undefined` = deleted), `lost` when it can be followed no longer. A record that is no JSON or of a newer major version is left out with a warning.
 */
export async function followControl(
  client: KafkaClient,
  service: string,
  changed: (key: string, value: unknown) => void,
  lost: (error: Error) => void,
): Promise<{ records: ControlRecords; close: () => Promise<void> }> {
  const topic = topicNames.control(client.settings.prefix)
  const group = groupNames.throwAway(client.settings.prefix, service)
  const [range] = await logRanges(client, topic)
  const records: ControlRecords = new Map()
  const caughtUp = Promise.withResolvers<void>()
  let following = false
  let next = range.start
  if (next >= range.end) caughtUp.resolve()
  const consumer: GroupConsumer = await consume(client, {
    group,
    topic,
    handlers: {
      assigned: async ({ partitions }) => new Map(partitions.map((partition) => [partition, next])),
      async records(_, messages) {
        for (const { key, value, offset } of messages) {
          next = Number(offset) + 1
          const name = key?.toString() ?? ''
          const read = value === null ? undefined : parse(value)
          if (value !== null && read === undefined)
            client.log.warn({ key: name, offset }, 'control record not understood; left out')
          else if (following) changed(name, read)
          else if (read === undefined) records.delete(name)
          else records.set(name, read)
        }
        if (next >= range.end) caughtUp.resolve()
        return messages.length
      },
      rebalancing: async () => {},
      crashed: (error) => (following ? lost(error) : caughtUp.reject(error)),
    },
  })
  await caughtUp.promise
  following = true
  return {
    records,
    async close() {
      await consumer.close()
      await within(
        withAdmin(client, (admin) => admin.deleteGroups([group])),
        1_000,
        'deleting the reader',
      ).catch(() => {}) // empty and without offsets: gone by itself
    },
  }
}

function parse(value: Buffer): unknown {
  try {
    const read = JSON.parse(value.toString()) as { v?: number }
    return Number(read.v) > RECORD_VERSION ? undefined : read
  } catch {
    return undefined
  }
}
