// Services as the control topic knows them, without the services, and operators who ask.
import type { Context } from '../../services/operations/operation.ts'
import type { KafkaClient } from '../../services/topics/client.ts'
import { publishControl, type ServiceRecord } from '../../services/topics/control.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import { openProducer, type TopicProducer } from '../../services/topics/produce.ts'
import { testKafka } from '../support/kafka.ts'

const field = (name: string, more: Partial<ServiceRecord['fields'][number]> = {}): ServiceRecord['fields'][number] => ({
  name,
  kind: 'text',
  meaning: `meaning of ${name}`,
  default: '',
  unit: '',
  choices: [],
  secret: false,
  required: false,
  live: true,
  value: '',
  ...more,
})

export const sinkFields = [
  field('SEGMENT_KEY', { secret: true, required: true, live: false, value: '***' }),
  field('SEGMENT_LOG_LEVEL', { value: '1' }),
  field('SEGMENT_LOG_TYPES'),
  field('SEGMENT_LOG_FILTER_MODE', { kind: 'choice', choices: ['all', 'any'], default: 'all' }),
  field('SEGMENT_BATCH_SIZE', { kind: 'integer', unit: 'events', default: '0' }),
  field('SEGMENT_SCHEDULE', { default: 'continuous' }),
  field('SCHEDULE_TZ', { default: 'UTC' }),
  field('SEGMENT_IN_FLIGHT', { kind: 'integer', live: false, default: '4' }),
]

export const serviceRecord = (prefix: string, service: string, more: Partial<ServiceRecord> = {}): Omit<ServiceRecord, 'v'> => ({
  service,
  kind: 'sink',
  version: '0.1.0',
  group: `${prefix}.${service}`,
  started_at: '2026-03-04T05:06:07.000Z',
  state: 'running',
  sandbox: false,
  start_from: '',
  fields: sinkFields,
  ...more,
})

/** Control and reports topics, and the main topic of three partitions, with these services announced. */
export async function announce(
  client: KafkaClient,
  producer: TopicProducer,
  services: readonly Omit<ServiceRecord, 'v'>[],
): Promise<void> {
  await ensureTopics({ ...client, settings: { ...client.settings, partitions: 3 } }, ['events', 'control', 'reports'])
  for (const record of services) await publishControl(client, producer, `service/${record.service}`, record)
}

const opened: TopicProducer[] = []

/** An operator of an installation. For tests that run beside each other: closed by `closeOperators` when all have ended. */
export function openOperator(brokers: string, prefix: string): Context {
  const client = testKafka(brokers, prefix)
  const producer = openProducer(client, 'operator')
  opened.push(producer)
  return { client, producer, log: client.log, by: 'test', signal: new AbortController().signal, progress: () => {} }
}

export const closeOperators = () => Promise.all(opened.map((producer) => producer.close()))
