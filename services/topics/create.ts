// The project's topics: created when absent, never changed; one that differs from its settings is a warning.
import kafkajs, { type Admin, type ITopicConfig, type KafkaJSProtocolError } from 'kafkajs'
import { errorText } from '../platform/errors.ts'
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
      const created = await admin.createTopics({ topics: absent, waitForLeaders: false, timeout: 10_000 }).catch((error) => {
        throw notCreated(client.settings, error)
      })
      if (created) client.log.info({ topics: names }, 'topics created')
    }
    const { topics } = await onceElected(() => admin.fetchTopicMetadata({ topics: wanted.map(({ topic }) => topic) })).catch(
      async (error) => {
        throw await notDescribed(admin, wanted, error)
      },
    )
    // A leader that metadata names may not know of it yet: who reads or writes next would meet a refusal.
    for (const { topic } of absent) await onceElected(() => admin.fetchTopicOffsets(topic))
    await warnOfDifferences(client, admin, wanted)
    return new Map(topics.map(({ name, partitions }) => [name, partitions.length]))
  })
}

/** kafkajs gathers what Kafka said of each topic in one error that says nothing. */
function notCreated(settings: KafkaSettings, error: unknown): Error {
  const { errors } = error as { errors?: (KafkaJSProtocolError & { topic?: string })[] }
  if (!errors?.length) return error as Error
  const all = errors.filter(({ type }) => type !== 'TOPIC_ALREADY_EXISTS')
  const words = all.map(({ topic = '', type = '', message }) => `${topic}: ${message} (${hintFor(settings, topic, type)})`)
  return new AggregateError(all, `Kafka does not create ${words.join('; ')}`)
}

/** Which setting or right is the one to change. */
function hintFor({ replicationFactor, partitions }: KafkaSettings, topic: string, type: string): string {
  if (type === 'INVALID_REPLICATION_FACTOR') return `KAFKA_REPLICATION_FACTOR=${replicationFactor}`
  if (type === 'INVALID_PARTITIONS') return `PARTITIONS=${partitions}`
  if (/AUTHORIZATION_FAILED/.test(type))
    return `grant Create on topic ${topic}, or where it exists Describe; KAFKA_CREATE_TOPICS=false where an administrator creates topics`
  return 'create it yourself and set KAFKA_CREATE_TOPICS=false'
}

/** kafkajs does not say of which topic it speaks: each is asked for alone. */
async function notDescribed(admin: Admin, wanted: readonly { topic: string }[], error: unknown): Promise<unknown> {
  if (!isUnauthorised(error)) return error
  const refused: string[] = []
  for (const { topic } of wanted)
    await admin.fetchTopicMetadata({ topics: [topic] }).catch((one) => isUnauthorised(one) && refused.push(topic))
  return new Error(`Kafka refuses to describe ${refused.join(', ')}: grant Describe (Read and Write bring it with them)`)
}

const isUnauthorised = (error: unknown) => /AUTHORIZATION_FAILED/.test((error as { type?: string }).type ?? '')

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

/** Never stands in the way: comparing takes a right, DescribeConfigs, that nothing else needs. */
async function warnOfDifferences(client: KafkaClient, admin: Admin, wanted: ReturnType<typeof topicConfig>[]): Promise<void> {
  try {
    for (const difference of await differencesOf(admin, wanted))
      client.log.warn(difference, 'an existing topic differs from the settings; it is used as it is')
  } catch (error) {
    const text = 'whether existing topics differ from the settings is not known: DescribeConfigs on them would tell'
    client.log.warn({ error: errorText(error) }, text)
  }
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
    const here = wanted.filter(({ topic }) => existing.has(topic))
    const differences = await differencesOf(admin, here).catch((error) => {
      if (isUnauthorised(error)) return []
      throw error
    })
    const missing = wanted.filter(({ topic }) => !existing.has(topic)).map(({ topic }) => topic)
    return { brokers: brokers.length, missing, differences }
  })
}
