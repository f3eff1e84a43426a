// The dead-letter topics: what could not be delivered, byte for byte, with the story of why.
import { version } from '../platform/version.ts'
import type { KafkaClient } from './client.ts'
import { topicNames } from './names.ts'
import type { TopicProducer } from './produce.ts'
import { readRanges, type TopicRecord } from './read.ts'
import { type DeadLetter, deadLetterRecord, type LetterHeaders } from './records.ts'

/** Refused or not answered within it is a hold: told within 10 s of the first attempt. */
const ACK_MS = 5_000

/** Resolves when all are stored. @param service whose: a sink's name or `ingest` */
export async function sendDeadLetters(
  client: KafkaClient,
  producer: TopicProducer,
  service: string,
  letters: DeadLetter[],
  limitMs = ACK_MS,
): Promise<void> {
  const topic = topicNames.deadLetters(client.settings.prefix, service)
  await producer.send(
    topic,
    letters.map((letter) => deadLetterRecord(letter, version)),
    limitMs,
  )
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
