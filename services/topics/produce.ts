// Writing to topics, acknowledged by all in-sync replicas. @platformatic/kafka keeps connections, leaders, TLS, SASL and versions; the
// records go from their slices of a body into batches of the wire's format here: its own way over objects takes four times the CPU.
import { Base, type Connection } from '@platformatic/kafka'
import { errorText } from '../platform/errors.ts'
import { sleep, within } from '../platform/lifecycle.ts'
import { type KafkaClient, otherClientOptions } from './client.ts'
import { hashOf } from './partition.ts'
import { KafkaAway, Refused } from './produce-errors.ts'
import { type PartitionAnswer, type ProduceVersion, produceVersion, requestProduce } from './produce-request.ts'
import { HEAD_BYTES, type OutRecord, RecordBatch, recordBytes } from './record-batch.ts'

export { type OutRecord, recordBytes } from './record-batch.ts'
export { KafkaAway, Refused } from './produce-errors.ts'

/** What a request to one partition may hold: under Kafka's max.message.bytes (1,048,588), with room for whoever counts otherwise. */
export const MAX_REQUEST_BYTES_A_PARTITION = 900_000
/** Bytes of a request beside its batches: header, topic, lengths. */
const FRAME_BYTES = 1_024
/** Of a partition's batch beside its records: its head, its number and length in the request. */
const PART_BYTES = HEAD_BYTES + 16
const RETRIES = 3
const RETRY_MS = 200
/** The longest time a broker is given to hear from its replicas. */
const REPLICAS_MS = 10_000
/** Batches kept for reuse, and the largest of them, bytes. */
const BATCHES_KEPT = 32
const BATCH_KEPT_BYTES = 2 * 1024 * 1024

export type TopicProducer = {
  /**
   * Resolves when all in-sync replicas have the records. Records for one partition keep their order within one send.
   * @throws KafkaAway when no acknowledgement came; the records may or may not be stored.
   * @throws Refused when Kafka will never take these bytes, with the records that it refused; all others are stored.
   */
  send: (topic: string, records: OutRecord[], limitMs: number) => Promise<void>
  close: () => Promise<void>
}

/** Answers to a produce that the same bytes will get again: Kafka's error codes. */
const FOR_GOOD = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'])

/** Records of one partition on their way. */
type Part = { partition: number; batch: RecordBatch }

export function openProducer(kafka: KafkaClient, clientId: string): TopicProducer {
  const { settings, log } = kafka
  const client = new Base(otherClientOptions(kafka, clientId))
  const pool: RecordBatch[] = []
  let version: ProduceVersion | undefined

  /** From the client's own cache, but for the first time and every five minutes. */
  async function leadersOf(topic: string, limitMs: number): Promise<number[]> {
    try {
      const { topics } = await within(client.metadata({ topics: [topic] }), limitMs, 'asking for the partitions')
      return topics.get(topic)?.partitions.map(({ leader }) => leader) ?? []
    } catch (error) {
      throw new KafkaAway(`Kafka does not answer: ${reason(error)}`)
    }
  }

  async function connectionTo(topic: string, leader: number): Promise<Connection> {
    const { brokers } = await client.metadata({ topics: [topic] })
    const broker = brokers.get(leader)
    if (!broker) throw new Error('a partition has no leader')
    const connection = await client.connections.get(broker)
    version ??= produceVersion(await client.listApis())
    return connection as Connection
  }

  /** Sends each leader its parts. Answers what each said, or why it said nothing, by partition. */
  async function attempt(topic: string, parts: readonly Part[], leaders: readonly number[], limitMs: number) {
    const time = Date.now()
    const answers = new Map<number, PartitionAnswer | Error>()
    const byLeader = Map.groupBy(parts, ({ partition }) => leaders[partition] ?? -1)
    await Promise.all(
      [...byLeader].map(async ([leader, own]) => {
        try {
          const batches = await Promise.all(
            own.map(async ({ partition, batch }) => ({ partition, bytes: await batch.encode(time, settings.compression) })),
          )
          const connection = await connectionTo(topic, leader)
          const ackMs = Math.min(REPLICAS_MS, limitMs)
          for (const answer of await requestProduce(connection, version as ProduceVersion, topic, batches, ackMs))
            answers.set(answer.partition, answer)
        } catch (error) {
          for (const { partition } of own) answers.set(partition, error as Error)
        }
      }),
    )
    return answers
  }

  /** Until all parts are stored or refused; answers the refused records. @throws KafkaAway */
  async function deliver(topic: string, parts: Part[], limitMs: number): Promise<{ refused: OutRecord[]; code: string }> {
    const refused: OutRecord[] = []
    let code = ''
    for (let left = parts, failures = 0; left.length > 0; ) {
      // One batch a partition in a request: after a refusal there are two, and they keep their order.
      const now = new Map(left.toReversed().map((part) => [part.partition, part]))
      const answers = await attempt(topic, [...now.values()], await leadersOf(topic, limitMs), limitMs)
      let failure: PartitionAnswer | Error | undefined
      left = left.flatMap((part) => {
        if (now.get(part.partition) !== part) return [part]
        const answer = answers.get(part.partition) ?? new Error('Kafka left a partition out of its answer')
        if (!(answer instanceof Error)) {
          if (answer.code === 'NONE') return []
          if (FOR_GOOD.has(answer.code)) {
            code = answer.code
            if (part.batch.records.length > 1) return suspects(part, answer.blamed)
            refused.push(...part.batch.records)
            return []
          }
        }
        failure = answer
        return [part]
      })
      if (!failure) continue
      if (++failures > RETRIES || !canRetry(failure)) throw new KafkaAway(`Kafka did not acknowledge: ${awayText(failure)}`)
      client.clearMetadata()
      await sleep(RETRY_MS)
    }
    return { refused, code }
  }

  async function sendParts(topic: string, parts: Part[], limitMs: number): Promise<{ refused: OutRecord[]; code: string }> {
    const sent = await within(deliver(topic, parts, limitMs), limitMs, 'waiting for the acknowledgement').catch((error) => {
      throw error instanceof KafkaAway ? error : new KafkaAway(`Kafka did not acknowledge: ${reason(error)}`)
    })
    recycle(parts, pool)
    return sent
  }

  return {
    async send(topic, records, limitMs) {
      const refused: OutRecord[] = []
      let code = ''
      const { length: partitions } = await leadersOf(topic, limitMs)
      for (const parts of requests(records, Math.max(1, partitions), settings.maxRequestBytes, pool)) {
        const answer = await sendParts(topic, parts, limitMs)
        refused.push(...answer.refused)
        code ||= answer.code
      }
      if (refused.length === 0) return
      const bad = new Set(refused)
      throw new Refused(
        code,
        records.filter((record) => bad.has(record)),
      )
    },
    async close() {
      await within(client.close(), 3_000, 'closing the producer').catch((error) => log.warn(errorText(error)))
    },
  }
}

/** Keeps the memory of batches that are done with for the next ones. */
function recycle(parts: readonly Part[], pool: RecordBatch[]): void {
  for (const { batch } of parts) {
    if (pool.length >= BATCHES_KEPT || batch.capacity > BATCH_KEPT_BYTES) continue
    batch.clear()
    pool.push(batch)
  }
}

/** Cuts records into requests: no batch over a partition's limit (one over it is refused as a whole), no request over its own. */
function* requests(records: readonly OutRecord[], partitions: number, maxBytes: number, pool: RecordBatch[]): Generator<Part[]> {
  const limit = Math.min(MAX_REQUEST_BYTES_A_PARTITION, maxBytes - FRAME_BYTES)
  let parts: (Part | undefined)[] = []
  let bytes = FRAME_BYTES
  for (const record of records) {
    const partition = hashOf(record.key) % partitions
    const size = recordBytes(record)
    const own = parts[partition]
    if ((own && own.batch.bytes + size > limit) || (bytes > FRAME_BYTES && bytes + size + PART_BYTES > maxBytes)) {
      yield parts.filter((part) => part !== undefined)
      parts = []
      bytes = FRAME_BYTES
    }
    let part = parts[partition]
    if (!part) {
      part = parts[partition] = { partition, batch: pool.pop() ?? new RecordBatch() }
      bytes += PART_BYTES
    }
    part.batch.add(record)
    bytes += size
  }
  if (bytes > FRAME_BYTES) yield parts.filter((part) => part !== undefined)
}

/** Of a batch that was refused as a whole: the records that Kafka blames apart from the others, else its halves. Nothing of it is stored. */
function suspects({ partition, batch: { records } }: Part, blamed: readonly number[]): Part[] {
  const accused = new Set(blamed)
  const groups =
    accused.size > 0 && accused.size < records.length
      ? Object.values(Object.groupBy(records, (_, place) => (accused.has(place) ? `bad ${place}` : 'good')))
      : [records.slice(0, records.length / 2), records.slice(records.length / 2)]
  return groups.map((group) => {
    const batch = new RecordBatch()
    for (const record of group as OutRecord[]) batch.add(record)
    return { partition, batch }
  })
}

const canRetry = (failure: PartitionAnswer | Error): boolean =>
  failure instanceof Error
    ? errorsOf(failure).every((error) => (error as { canRetry?: unknown }).canRetry !== false)
    : failure.canRetry

/** Why there is no acknowledgement, in words for the operator and the sender. */
function awayText(failure: PartitionAnswer | Error): string {
  if (failure instanceof Error) return reason(failure)
  const { code, words } = failure
  if (code !== 'INVALID_TIMESTAMP') return words === '' ? code : `${code}, ${words}`
  return `its clock and this host's are too far apart (here it is ${new Date().toISOString()}): set the clock right. ${code}, ${words}`
}

function reason(error: unknown): string {
  const last = errorsOf(error).findLast((nested) => nested.message)
  return last ? last.message : errorText(error)
}

function errorsOf(error: unknown): Error[] {
  if (!(error instanceof Error)) return []
  const inner = error instanceof AggregateError ? error.errors.flatMap(errorsOf) : []
  return [error, ...inner, ...errorsOf(error.cause)]
}
