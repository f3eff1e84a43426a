// The control topic: what services are and what operators ask of them. Compacted; read to its end before anything starts.
import { within } from '../platform/lifecycle.ts'
import type { KafkaClient } from './client.ts'
import { parseControl } from './control-records.ts'
import { logRanges } from './groups.ts'
import { topicNames } from './names.ts'
import type { TopicProducer } from './produce.ts'
import { followTopic, type TopicRecord } from './read.ts'
import { MOST_NOT_UNDERSTOOD, type NotUnderstood, notUnderstood, RECORD_VERSION } from './not-understood.ts'
import { parseJson } from './shapes.ts'

export {
  type DesiredState,
  isDesiredState,
  type JobRecord,
  type ReplayLimit,
  type ServiceRecord,
  type SettingsRecord,
  type StateRecord,
} from './control-records.ts'

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

/** By the records they are missing from, as a side table: whoever holds the records can tell what is not among them. */
const leftOut = new WeakMap<ControlRecords, Map<string, NotUnderstood>>()

/** Records of the control topic that could not be read, by their keys' last record; a later one that fits, or a deletion, ends it. */
export const leftOutOf = (records: ControlRecords): NotUnderstood[] => [...(leftOut.get(records)?.values() ?? [])]

/**
 * Reads the control topic to its end, then follows it. Resolves with what was found; `records` stays up to date, and `changed` is called
 * for every later record (`undefined` = deleted), `lost` when it can be followed no longer. Every record in `records` fits its schema.
 * One that does not is left out with a warning, once a process, and is in `leftOutOf(records)`; the one before it stays in force.
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
  const strange = new Map<string, NotUnderstood>()
  leftOut.set(records, strange)
  const caughtUp = Promise.withResolvers<void>()
  let following = false
  if (range.start >= range.end) caughtUp.resolve()
  const take = (record: TopicRecord) => {
    const name = record.key ?? ''
    const read = record.value === null ? undefined : readRecord(topic, record)
    if (read && 'why' in read) {
      if (strange.size < MOST_NOT_UNDERSTOOD || strange.has(name)) strange.set(name, read)
      tellOnce(client, read)
    } else {
      strange.delete(name)
      if (read === undefined) records.delete(name)
      else records.set(name, read.value)
      if (following) changed(name, read?.value)
    }
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

/** Records that this process has told of: the topic is read again and again, for each request of a page. */
const told = new Set<string>()
const MOST_TOLD = 1_000

function tellOnce({ log }: KafkaClient, strange: NotUnderstood): void {
  const { topic, partition, offset } = strange
  const place = `${topic} ${partition} ${offset}`
  if (told.has(place) || told.size >= MOST_TOLD) return
  told.add(place)
  log.warn(strange, 'a control record is not understood and skipped')
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

function readRecord(topic: string, record: TopicRecord): { value: unknown } | NotUnderstood {
  const json = parseJson(String(record.value))
  const found = parseControl(record.key ?? '', json)
  return 'value' in found ? found : notUnderstood({ topic, ...record }, found.problem, json)
}
