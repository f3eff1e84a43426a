// Writing to topics, acknowledged by all in-sync replicas. @platformatic/kafka keeps connections, leaders, TLS, SASL and versions; the
// records go from their slices of a body into batches of the wire's format here: its own way over objects takes four times the CPU.
import { sleep, within } from '../platform/lifecycle.ts'
import { HEAD_BYTES } from './batch-format.ts'
import type { KafkaClient } from './client.ts'
import { Leaders } from './leaders.ts'
import { hashOf } from './partition.ts'
import { awayText, errorsOf, KafkaAway, reasonOf, Refused } from './produce-errors.ts'
import { type PartitionAnswer, requestProduce } from './produce-request.ts'
import { ID_OF_NO_USE, type ProducerId, ProducerIds } from './producer-ids.ts'
import { type OutRecord, RecordBatch, recordBytes } from './record-batch.ts'

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

/** Answers to a produce after which the batch is stored: the second to one that was stored before, by its sequence. */
const STORED = new Set(['NONE', 'DUPLICATE_SEQUENCE_NUMBER'])

/** Records of one partition on their way. */
type Part = { partition: number; batch: RecordBatch }
/** What all requests of one send share. */
type Send = { topic: string; limitMs: number; producer: ProducerId | undefined }

/**
 * A producer of its own connections, connected at the first send. Each send has a producer id of its own where the cluster gives one, so
 * that a batch whose acknowledgement was lost is stored once. `send` of its result says what it rejects with.
 */
export function openProducer(kafka: KafkaClient, clientId: string): TopicProducer {
  const { settings, log } = kafka
  const leaders = new Leaders(kafka, clientId)
  const ids = new ProducerIds(log)
  const pool: RecordBatch[] = []

  /** Sends each leader its parts. Answers what each said, or why it said nothing, by partition. */
  async function attempt({ topic, limitMs, producer }: Send, parts: readonly Part[], brokers: readonly number[]) {
    const time = Date.now()
    const answers = new Map<number, PartitionAnswer | Error>()
    const byLeader = Map.groupBy(parts, ({ partition }) => brokers[partition] ?? -1)
    await Promise.all(
      [...byLeader].map(async ([leader, own]) => {
        try {
          const batches = await Promise.all(
            own.map(async ({ partition, batch }) => ({
              partition,
              bytes: await batch.encode(time, settings.compression, producer?.next(topic, partition)),
            })),
          )
          const { connection, version } = await leaders.connectionTo(topic, leader)
          const ackMs = Math.min(REPLICAS_MS, limitMs)
          for (const answer of await requestProduce(connection, version, topic, batches, ackMs))
            answers.set(answer.partition, answer)
        } catch (error) {
          for (const { partition } of own) answers.set(partition, error as Error)
        }
      }),
    )
    return answers
  }

  /** Until all parts are stored or refused; answers the refused records. @throws KafkaAway */
  async function deliver(send: Send, parts: Part[]): Promise<{ refused: OutRecord[]; code: string }> {
    const { topic, limitMs } = send
    const refused: OutRecord[] = []
    let code = ''
    for (let left = parts, failures = 0; left.length > 0; ) {
      // One batch a partition in a request: after a refusal there are two, and they keep their order.
      const now = new Map(left.toReversed().map((part) => [part.partition, part]))
      const answers = await attempt(send, [...now.values()], await leaders.of(topic, limitMs))
      let failure: PartitionAnswer | Error | undefined
      left = left.flatMap((part) => {
        const { partition, batch } = part
        if (now.get(partition) !== part) return [part]
        const answer = answers.get(partition) ?? new Error('Kafka left a partition out of its answer')
        if (!(answer instanceof Error)) {
          if (STORED.has(answer.code)) {
            send.producer?.stored(topic, partition, batch.records.length)
            return []
          }
          if (FOR_GOOD.has(answer.code)) {
            code = answer.code
            if (batch.records.length > 1) return suspects(part, answer.blamed)
            refused.push(...batch.records)
            return []
          }
          if (ID_OF_NO_USE.has(answer.code)) send.producer = undefined
        }
        failure = answer
        return [part]
      })
      if (!failure) continue
      if (++failures > RETRIES || !canRetry(failure)) throw new KafkaAway(`Kafka did not acknowledge: ${awayText(failure)}`)
      leaders.forget()
      await sleep(RETRY_MS)
    }
    return { refused, code }
  }

  async function sendParts(send: Send, parts: Part[]): Promise<{ refused: OutRecord[]; code: string }> {
    const sent = await within(deliver(send, parts), send.limitMs, 'waiting for the acknowledgement').catch((error) => {
      throw error instanceof KafkaAway ? error : new KafkaAway(`Kafka did not acknowledge: ${reasonOf(error)}`)
    })
    recycle(parts, pool)
    return sent
  }

  return {
    async send(topic, records, limitMs) {
      const refused: OutRecord[] = []
      let code = ''
      const brokers = await leaders.of(topic, limitMs)
      const send: Send = { topic, limitMs, producer: await ids.take(() => leaders.connectionTo(topic, brokers[0]), limitMs) }
      for (const parts of requests(records, Math.max(1, brokers.length), settings.maxRequestBytes, pool)) {
        const answer = await sendParts(send, parts)
        refused.push(...answer.refused)
        code ||= answer.code
      }
      ids.giveBack(send.producer)
      if (refused.length === 0) return
      const bad = new Set(refused)
      throw new Refused(
        code,
        records.filter((record) => bad.has(record)),
      )
    },
    close: () => leaders.close(),
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
    : failure.canRetry || ID_OF_NO_USE.has(failure.code)
