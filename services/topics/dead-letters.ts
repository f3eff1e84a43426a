// The dead-letter topics: what could not be delivered, byte for byte, with the story of why.
import { version } from '../platform/version.ts'
import type { KafkaClient } from './client.ts'
import { topicNames } from './names.ts'
import type { TopicProducer } from './produce.ts'
import { type DeadLetter, deadLetterRecord } from './records.ts'

const ACK_MS = 10_000

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
