// The connection of a command to Kafka: all that an operator's verb needs. Bounded: without Kafka a command ends within 10 s.
import { errorText } from '../platform/errors.ts'
import { within } from '../platform/lifecycle.ts'
import { createLogger, type Logger } from '../platform/logger.ts'
import { type Environment, readSettings } from '../platform/settings.ts'
import { Refusal } from '../operations/operation.ts'
import { connectKafka, type KafkaClient, withAdmin } from '../topics/client.ts'
import { kafkaFields } from '../topics/fields.ts'
import { topicNames } from '../topics/names.ts'
import type { TopicProducer } from '../topics/produce.ts'

export type OpenKafka = { client: KafkaClient; producer: TopicProducer; log: Logger; close: () => Promise<void> }

/** Of the first contact. */
const CONTACT_MS = 7_000

/**
 * @throws SettingsError for settings that are missing or wrong; Refusal where Kafka does not answer, or where no service of this
 * installation ever started
 */
export async function openKafka(env: Environment): Promise<OpenKafka> {
  const settings = readSettings(kafkaFields, env)
  // Output is for people or programs, not a log; what goes wrong is told by the command itself.
  const log = createLogger('cli', 'silent')
  const client = connectKafka(settings, log, 'auth0-logs-cli')
  await firstContact(client)
  const producer = producerWhenNeeded(client)
  return { client, producer, log, close: producer.close }
}

/** The producer's client costs more to load than all the rest, and most commands only look. */
function producerWhenNeeded(client: KafkaClient): TopicProducer {
  let opening: Promise<TopicProducer> | undefined
  const opened = () =>
    (opening ??= import('../topics/produce.ts').then(({ openProducer }) => openProducer(client, 'auth0-logs-cli')))
  return {
    send: async (...args) => (await opened()).send(...args),
    close: async () => {
      if (opening) await (await opening).close()
    },
  }
}

async function firstContact(client: KafkaClient): Promise<void> {
  const { brokers, prefix } = client.settings
  const topics = await within(
    withAdmin(client, (admin) => admin.listTopics()),
    CONTACT_MS,
    'waiting for an answer',
  ).catch((error) => {
    throw new Refusal(
      `Kafka does not answer at ${brokers.join(', ')} (KAFKA_BROKERS): ${errorText(error)}\n` +
        'Nothing was read or changed. Logs that are in the topic are safe; services deliver again as soon as Kafka answers.',
    )
  })
  const control = topicNames.control(prefix)
  if (!topics.includes(control))
    throw new Refusal(
      `The topic ${control} does not exist at ${brokers.join(', ')}: no service with TOPIC_PREFIX=${prefix} has started there yet.\n` +
        'Start the services first, or set TOPIC_PREFIX or KAFKA_BROKERS to where they are.',
    )
  // The ingest alone has none yet; audit records need it.
  if (topics.includes(topicNames.reports(prefix))) return
  const { ensureTopics } = await import('../topics/create.ts')
  await ensureTopics(client, ['reports'])
}
