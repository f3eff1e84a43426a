// The topics of an installation: made when absent, left alone when there.
import { describe, expect, inject, test } from 'vitest'
import type { Logger } from '../../services/platform/logger.ts'
import { withAdmin } from '../../services/topics/client.ts'
import { ensureTopics, type TopicKind } from '../../services/topics/create.ts'
import { newPrefix, testKafka } from '../support/kafka.ts'

const ALL: TopicKind[] = ['events', 'reports', 'control', { deadLetters: 'segment' }]

/** A client for an installation of its own, and what it warned of. */
function open(settings: object = {}) {
  const prefix = newPrefix()
  const client = testKafka(inject('brokers'), prefix)
  const warnings: Record<string, string>[] = []
  const log = { info() {}, debug() {}, warn: (facts: Record<string, string>) => void warnings.push(facts) } as unknown as Logger
  return { prefix, warnings, client: { ...client, log, settings: { ...client.settings, ...settings } } }
}

async function configOf({ client }: ReturnType<typeof open>, name: string): Promise<Record<string, string>> {
  const { resources } = await withAdmin(client, (admin) =>
    admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name }] }),
  )
  return Object.fromEntries(resources[0].configEntries.map(({ configName, configValue }) => [configName, configValue]))
}

describe('ensureTopics', () => {
  test('absent topics - are made as the settings say', async () => {
    const installation = open({ partitions: 4, retentionDays: 2 })
    const { prefix, client, warnings } = installation
    const names = { [prefix]: 4, [`${prefix}.reports`]: 1, [`${prefix}.control`]: 1, [`${prefix}.dead-letter.segment`]: 1 }
    expect(Object.fromEntries(await ensureTopics(client, ALL))).toEqual(names)
    const days2 = { 'retention.ms': String(2 * 86_400_000), 'cleanup.policy': 'delete', 'min.insync.replicas': '1' }
    expect(await configOf(installation, prefix)).toMatchObject({ ...days2, 'max.message.bytes': '1048588' })
    expect(await configOf(installation, `${prefix}.reports`)).toMatchObject(days2)
    expect(await configOf(installation, `${prefix}.dead-letter.segment`)).toMatchObject({
      ...days2,
      'max.message.bytes': String(1_048_588 + 65_536),
    })
    expect(await configOf(installation, `${prefix}.control`)).toMatchObject({ 'cleanup.policy': 'compact' })
    expect(Object.fromEntries(await ensureTopics(client, ALL)), 'a second time').toEqual(names)
    expect(warnings).toEqual([])
  })

  test('services that start together - do not stumble over each other', async () => {
    const { prefix, client } = open()
    const found = await Promise.all(Array.from({ length: 5 }, () => ensureTopics(client, ['events', 'control'])))
    expect(found.map((topics) => Object.fromEntries(topics))).toEqual(
      found.map(() => ({ [prefix]: 12, [`${prefix}.control`]: 1 })),
    )
  })

  test('a topic that differs from the settings - is used as it is, with a warning', async () => {
    const installation = open({ partitions: 4 })
    const { prefix, client, warnings } = installation
    const configEntries = [{ name: 'retention.ms', value: '1000' }]
    await withAdmin(client, (admin) =>
      admin.createTopics({ topics: [{ topic: prefix, numPartitions: 3, configEntries }], waitForLeaders: false }),
    )
    expect((await ensureTopics(client, ['events'])).get(prefix)).toBe(3)
    expect(warnings).toMatchObject([{ topic: prefix, setting: 'retention.ms', expected: String(35 * 86_400_000), found: '1000' }])
    expect(await configOf(installation, prefix)).toMatchObject({ 'retention.ms': '1000' })
  })

  test('KAFKA_CREATE_TOPICS=false - names what is missing, makes nothing, and takes what is there', async () => {
    const { prefix, client } = open({ createTopics: false })
    await expect(ensureTopics(client, ['events', 'reports'])).rejects.toThrow(
      `topics are missing and KAFKA_CREATE_TOPICS is false: create ${prefix}, ${prefix}.reports`,
    )
    expect(await withAdmin(client, (admin) => admin.listTopics())).not.toContain(prefix)
    await ensureTopics({ ...client, settings: { ...client.settings, createTopics: true } }, ['events', 'reports'])
    expect((await ensureTopics(client, ['events', 'reports'])).size).toBe(2)
  })

  test('more replicas than brokers - is the error of Kafka, not silence', async () => {
    const { client } = open({ replicationFactor: 3 })
    await expect(ensureTopics(client, ['events'])).rejects.toMatchObject({ errors: [{ type: 'INVALID_REPLICATION_FACTOR' }] })
  })
})
