// Writing to topics, acknowledged by all in-sync replicas. @platformatic/kafka here alone: its producer takes a third of kafkajs' CPU.
import { type MessageToProduce, ProduceAcks, Producer } from '@platformatic/kafka'
import { errorText } from '../platform/errors.ts'
import { sleep, within } from '../platform/lifecycle.ts'
import { type KafkaClient, tlsOptions } from './client.ts'
import { hashOf } from './partition.ts'

/** What a request to one partition may hold: under Kafka's max.message.bytes (1,048,588) with the batch's own bytes and headers. */
export const MAX_REQUEST_BYTES_A_PARTITION = 900_000
/** Bytes of a record beside key, value and headers, at most: lengths, deltas and attributes as varints. */
const RECORD_OVERHEAD = 40

export type OutRecord = {
  /** Its hash chooses the partition; 0 without a key. */
  key: Buffer | null
  value: Buffer | null
  /** Few: each costs CPU at both ends. Values are UTF-8. */
  headers?: Map<Buffer, Buffer>
}

export type TopicProducer = {
  /**
   * Resolves when all in-sync replicas have the records. Records for one partition keep their order within one send.
   * @throws KafkaAway when no acknowledgement came; the records may or may not be stored.
   * @throws Refused when Kafka will never take these bytes, with the records that it refused; all others are stored.
   */
  send: (topic: string, records: OutRecord[], limitMs: number) => Promise<void>
  close: () => Promise<void>
}

/** No acknowledgement: Kafka is away, slow or has too few replicas. Trying again is right. */
export class KafkaAway extends Error {
  override name = 'KafkaAway'
}

/** Kafka refuses these records for good. Trying again is useless. */
export class Refused extends Error {
  override name = 'Refused'
  readonly records: OutRecord[]
  constructor(message: string, records: OutRecord[]) {
    super(message)
    this.records = records
  }
}

/** Answers to a produce that the same bytes will get again: Kafka's error codes. */
const FOR_GOOD = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_TIMESTAMP', 'INVALID_RECORD'])

export function openProducer({ settings, log }: KafkaClient, clientId: string): TopicProducer {
  const sasl = settings.saslMechanism
    ? {
        mechanism: settings.saslMechanism.toUpperCase() as 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512',
        username: settings.saslUsername,
        password: settings.saslPassword,
      }
    : undefined
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
    clientId,
    bootstrapBrokers: settings.brokers,
    acks: ProduceAcks.ALL,
    compression: settings.compression,
    autocreateTopics: false,
    timeout: 10_000,
    connectTimeout: 3_000,
    retries: 3,
    retryDelay: 200,
    strict: false, // its schema check walks every message; ours are made here
    ...(tlsOptions(settings) ? { tls: tlsOptions(settings) } : {}),
    ...(sasl ? { sasl } : {}),
  })
  /** From the client's own cache, but for the first time and every five minutes. */
  const partitionsOf = async (topic: string, limitMs: number): Promise<number> => {
    try {
      const { topics } = await within(producer.metadata({ topics: [topic] }), limitMs, 'asking for the partitions')
      return topics.get(topic)?.partitionsCount ?? 1
    } catch (error) {
      throw new KafkaAway(`Kafka does not answer: ${reason(error)}`)
    }
  }
  const produce = async (topic: string, { records, partitions }: Request, limitMs: number) => {
    const timestamp = BigInt(Date.now())
    const messages = records.map(({ key, value, headers }, i) => ({
      topic,
      key,
      value,
      headers,
      partition: partitions[i],
      timestamp,
    }))
    try {
      await within(
        producer.send({ messages: messages as MessageToProduce<Buffer, Buffer, Buffer, Buffer>[], acks: ProduceAcks.ALL }),
        limitMs,
        'waiting for the acknowledgement',
      )
    } catch (error) {
      const code = refusal(error)
      if (code) throw new Refused(code, records)
      throw new KafkaAway(`Kafka did not acknowledge: ${reason(error)}`)
    }
  }
  return {
    async send(topic, records, limitMs) {
      const refused: OutRecord[] = []
      let code = ''
      for (const request of requests(records, await partitionsOf(topic, limitMs))) {
        await produce(topic, request, limitMs).catch(async (error) => {
          if (!(error instanceof Refused)) throw error
          code = error.message
          // Which record is the bad one? Each alone; the sinks' dedupe takes out what is stored twice by this.
          if (request.records.length === 1) return void refused.push(...request.records)
          for (const [i, record] of request.records.entries()) {
            await produce(topic, { records: [record], partitions: [request.partitions[i]] }, limitMs).catch((alone) => {
              if (!(alone instanceof Refused)) throw alone
              refused.push(record)
            })
          }
        })
      }
      if (refused.length > 0) throw new Refused(code, refused)
    },
    async close() {
      await within(producer.close(true), 3_000, 'closing the producer').catch((error) => log.warn(errorText(error)))
    },
  }
}

type Request = { records: OutRecord[]; partitions: number[] }

/** Cuts records into requests whose part for any one partition stays under the limit: one over it is refused as a whole. */
function requests(records: OutRecord[], count: number): Request[] {
  const cut: Request[] = []
  let current: Request = { records: [], partitions: [] }
  let bytes: number[] = Array.from({ length: count }, () => 0)
  for (const record of records) {
    const partition = hashOf(record.key) % count
    const size = recordBytes(record)
    if (bytes[partition] > 0 && bytes[partition] + size > MAX_REQUEST_BYTES_A_PARTITION) {
      cut.push(current)
      current = { records: [], partitions: [] }
      bytes = Array.from({ length: count }, () => 0)
    }
    bytes[partition] += size
    current.records.push(record)
    current.partitions.push(partition)
  }
  cut.push(current)
  return cut
}

/** Bytes that a record takes in a request, rounded up. */
export function recordBytes({ key, value, headers }: OutRecord): number {
  let bytes = RECORD_OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0)
  if (headers) for (const [name, text] of headers) bytes += name.length + text.length + 4
  return bytes
}

/** The error code, where it says that Kafka refuses the bytes for good. */
function refusal(error: unknown): string | undefined {
  for (const nested of errorsOf(error)) {
    const code = (nested as { apiId?: unknown }).apiId
    if (typeof code === 'string' && FOR_GOOD.has(code)) return code
  }
  return undefined
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

/** Waits for Kafka to acknowledge anything again; ends when it does or the signal is aborted. */
export async function untilAcknowledged(probe: () => Promise<unknown>, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      return void (await probe())
    } catch {
      await sleep(everyMs, signal)
    }
  }
}
