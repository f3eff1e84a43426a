// The dead-letter topics: what could not be delivered, byte for byte, with the story of why.
import { version } from '../platform/version.ts'
import type { KafkaClient } from './client.ts'
import { topicNames } from './names.ts'
import type { TopicProducer } from './produce.ts'
import { Refused } from './produce-errors.ts'
import { readRanges, type TopicRecord } from './read.ts'
import { type DeadLetter, deadLetterRecord, type LetterHeaders } from './records.ts'

/** Refused or not answered within it is a hold: told within 10 s of the first attempt. */
const ACK_MS = 5_000

/** Kafka refuses these dead letters for good; all others of the same call are stored. */
export class DeadLettersRefused extends Error {
  override name = 'DeadLettersRefused'
  readonly letters: DeadLetter[]
  constructor(message: string, letters: DeadLetter[]) {
    super(message)
    this.letters = letters
  }
}

/**
 * Resolves when all are stored. @param service whose: a sink's name or `ingest`
 * @throws DeadLettersRefused, and KafkaAway where no acknowledgement came
 */
export async function sendDeadLetters(
  client: KafkaClient,
  producer: TopicProducer,
  service: string,
  letters: DeadLetter[],
  limitMs = ACK_MS,
): Promise<void> {
  const topic = topicNames.deadLetters(client.settings.prefix, service)
  const records = letters.map((letter) => deadLetterRecord(letter, version))
  try {
    await producer.send(topic, records, limitMs)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const refused = new Set<unknown>(error.records)
    throw new DeadLettersRefused(
      error.message,
      letters.filter((_, i) => refused.has(records[i])),
    )
  }
}

/** A dead letter as it is in its topic. `logId` is empty where it is not known; `receivedAt` is when it was written, milliseconds. */
export type StoredLetter = { offset: number; receivedAt: number; logId: string; headers: Partial<LetterHeaders>; value: Buffer }

/** Dead letters of a service in order, from `from` up to and not including `to`. @param service a sink's name or `ingest` */
export async function readDeadLetters(
  client: KafkaClient,
  service: string,
  range: { from: number; to: number },
  take: (letter: StoredLetter) => 'stop' | void,
  signal?: AbortSignal,
): Promise<void> {
  const topic = topicNames.deadLetters(client.settings.prefix, service)
  const toLetter = ({ offset, timestamp, key, headers, value }: TopicRecord): StoredLetter => {
    const logId = key ?? headers.log_id ?? ''
    return { offset, receivedAt: timestamp, logId, headers: headers as Partial<LetterHeaders>, value: value ?? Buffer.alloc(0) }
  }
  await readRanges(client, 'dead-letters', topic, [{ partition: 0, ...range }], (record) => take(toLetter(record)), signal)
}
