// An installation of its own on the tests' broker, by the project's own Kafka client.
import { randomUUID } from 'node:crypto'
import { createLogger } from '../../services/platform/logger.ts'
import { readSettings } from '../../services/platform/settings.ts'
import { connectKafka, type KafkaClient } from '../../services/topics/client.ts'
import { kafkaFields } from '../../services/topics/fields.ts'

/** Two installations share a broker by their prefix. */
export const newPrefix = () => `test-${randomUUID()}`

export function testKafka(brokers: string, prefix: string): KafkaClient {
  const settings = readSettings(kafkaFields, { KAFKA_BROKERS: brokers, TOPIC_PREFIX: prefix })
  return connectKafka(settings, createLogger('test', 'silent'), 'test')
}
