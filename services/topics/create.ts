// The project's topics: created when absent, never changed; one that differs from its settings is a warning.
import kafkajs, { type Admin, type ITopicConfig, type KafkaJSProtocolError } from 'kafkajs'
import { sleep } from '../platform/lifecycle.ts'
import { type KafkaClient, withAdmin } from './client.ts'
import type { KafkaSettings } from './fields.ts'
import { topicNames } from './names.ts'

/** Kafka's own default for max.message.bytes: a record batch over it is refused. */
const MAX_MESSAGE_BYTES = 1_048_588
/** A dead letter is an event and the story of its failure. */
const DEAD_LETTER_ALLOWANCE = 64 * 1024
const DAY_MS = 86_400_000

export type TopicKind = 'events' | 'reports' | 'control' | { deadLetters: string }

/**
 * Creates what is absent of the topics that a service uses and answers the partitions of each existing one by name.
 * @throws with the missing topics named where KAFKA_CREATE_TOPICS is false.
 */
export async function ensureTopics(client: KafkaClient, kinds: TopicKind[]): Promise<Map<string, number>> {
  const wanted = kinds.map((kind) => topicConfig(client.settings, kind))
  return withAdmin(client, async (admin) => {
    const existing = new Set(await admin.listTopics())
    const absent = wanted.filter(({ topic }) => !existing.has(topic))
    if (absent.length > 0) {
      const names = absent.map(({ topic }) => topic).join(', ')
      if (!client.settings.createTopics) throw new Error(`topics are missing and KAFKA_CREATE_TOPICS is false: create ${names}`)
      // False where other services of ours were faster: fine. All else goes to the operator.
      const created = await admin.createTopics({ topics: absent, waitForLeaders: false, timeout: 10_000 })
      if (created) client.log.info({ topics: names }, 'topics created')
    }
    const { topics } = await onceElected(() => admin.fetchTopicMetadata({ topics: wanted.map(({ topic }) => topic) }))
    await warnOfDifferences(client, admin, wanted)
    return new Map(topics.map(({ name, partitions }) => [name, partitions.length]))
  })
}

/** A topic that was just created has no leaders for a moment, on a busy cluster for some seconds. */
async function onceElected<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (attempt === 100 || !(error as KafkaJSProtocolError).retriable) throw error
      await sleep(100)
    }
  }
}

function topicConfig(
  settings: KafkaSettings,
  kind: TopicKind,
): ITopicConfig & { configEntries: { name: string; value: string }[] } {
  const { prefix, replicationFactor } = settings
  const retention = { 'retention.ms': String(settings.retentionDays * DAY_MS), 'cleanup.policy': 'delete' }
  const topic = (name: string, partitions: number, config: Record<string, string>) => ({
    topic: name,
    numPartitions: partitions,
    replicationFactor,
    configEntries: Object.entries({ 'min.insync.replicas': String(Math.max(1, replicationFactor - 1)), ...config }).map(
      ([name, value]) => ({ name, value }),
    ),
  })
  if (kind === 'events') return topic(topicNames.events(prefix), settings.partitions, retention)
  if (kind === 'reports') return topic(topicNames.reports(prefix), 1, retention)
  if (kind === 'control') return topic(topicNames.control(prefix), 1, { 'cleanup.policy': 'compact' })
  const size = { 'max.message.bytes': String(MAX_MESSAGE_BYTES + DEAD_LETTER_ALLOWANCE) }
  return topic(topicNames.deadLetters(prefix, kind.deadLetters), 1, { ...retention, ...size })
}

async function warnOfDifferences(client: KafkaClient, admin: Admin, wanted: ReturnType<typeof topicConfig>[]): Promise<void> {
  for (const difference of await differencesOf(admin, wanted))
    client.log.warn(difference, 'an existing topic differs from the settings; it is used as it is')
}

/** A setting of an existing topic that is another than ours would be. */
export type TopicDifference = { topic: string; setting: string; expected: string; found: string }

async function differencesOf(admin: Admin, wanted: ReturnType<typeof topicConfig>[]): Promise<TopicDifference[]> {
  if (wanted.length === 0) return []
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: wanted.map(({ topic, configEntries }) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name: topic,
      configNames: configEntries.map(({ name }) => name),
    })),
  })
  return wanted.flatMap(({ topic, configEntries }) => {
    const actual = resources.find(({ resourceName }) => resourceName === topic)?.configEntries ?? []
    return configEntries.flatMap(({ name, value }) => {
      const found = actual.find((entry) => entry.configName === name)?.configValue
      return found === undefined || found === value ? [] : [{ topic, setting: name, expected: value, found }]
    })
  })
}

/** What there is of the topics that services use, for those who only look: nothing is created. `brokers`: how many answer. */
export async function inspectTopics(
  client: KafkaClient,
  kinds: TopicKind[],
): Promise<{ brokers: number; missing: string[]; differences: TopicDifference[] }> {
  const wanted = kinds.map((kind) => topicConfig(client.settings, kind))
  return withAdmin(client, async (admin) => {
    const { brokers } = await admin.describeCluster()
    const existing = new Set(await admin.listTopics())
    const differences = await differencesOf(
      admin,
      wanted.filter(({ topic }) => existing.has(topic)),
    )
    const missing = wanted.filter(({ topic }) => !existing.has(topic)).map(({ topic }) => topic)
    return { brokers: brokers.length, missing, differences }
  })
}
