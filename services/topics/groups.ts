// What Kafka knows of groups and topics: members, committed offsets with their metadata, the ends of the log.
import kafkajs, { type Admin } from 'kafkajs'
import { errorText } from '../platform/errors.ts'
import { sleep, within } from '../platform/lifecycle.ts'
import { type KafkaClient, withAdmin } from './client.ts'
import { consume } from './consume.ts'
import { isCoordinatorAway } from './kafkajs.ts'
import { groupNames } from './names.ts'

/** A partition's place in a group: `offset` is the next to process, -1 where nothing was ever committed. */
export type Committed = { partition: number; offset: number; metadata: string }
/** The part of a partition that Kafka holds: from `start` up to, not including, `end`. */
export type LogRange = { partition: number; start: number; end: number }

const COORDINATOR_TRIES = 20
const COORDINATOR_AGAIN_MS = 200

/**
 * A new admin of kafkajs learns of the brokers by failing to find a group's coordinator, and waits 200 ms then: here it asks before.
 * A coordinator that moves, or is just starting, is asked for again: 4 s long, each time by a new admin, for kafkajs remembers the old one.
 */
async function withBrokers<T>(client: KafkaClient, work: (admin: Admin) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await withAdmin(client, async (admin) => {
        await admin.describeCluster()
        return work(admin)
      })
    } catch (error) {
      if (attempt === COORDINATOR_TRIES || !isCoordinatorAway(error)) throw error
      await sleep(COORDINATOR_AGAIN_MS)
    }
  }
}

/** A member of a consumer group, and what it reads: partitions by topic. */
export type GroupMember = { id: string; client: string; host: string; assigned: Record<string, number[]> }
/** `state` in Kafka's words: Stable, PreparingRebalance, CompletingRebalance, Empty, Dead (never was, or is gone). */
export type Group = { group: string; state: string; members: GroupMember[] }

/** Groups with their members, in the order asked for. */
export async function describeGroups(client: KafkaClient, groups: readonly string[]): Promise<Group[]> {
  if (groups.length === 0) return []
  const found = await withBrokers(client, (admin) => admin.describeGroups([...groups]))
  return groups.map((group) => {
    const { state = 'Dead', members = [] } = found.groups.find(({ groupId }) => groupId === group) ?? {}
    return {
      group,
      state,
      members: members.map(({ memberId, clientId, clientHost, memberAssignment }) => ({
        id: memberId,
        client: clientId,
        host: clientHost.replace(/^\//, ''),
        assigned: assignmentOf(memberAssignment),
      })),
    }
  })
}

/** While a group rebalances its members have none. */
function assignmentOf(bytes: Buffer): Record<string, number[]> {
  if (bytes.length === 0) return {}
  return kafkajs.AssignerProtocol.MemberAssignment.decode(bytes)?.assignment ?? {}
}

/**
 * What a group has committed, a row for each partition of the topic: the next offset to read and the metadata of the commit.
 * Offset -1 and empty metadata where nothing was ever committed, or the commit has expired. @throws where Kafka does not answer
 */
export async function committedOffsets(client: KafkaClient, group: string, topic: string): Promise<Committed[]> {
  const [found] = await withBrokers(client, (admin) => admin.fetchOffsets({ groupId: group, topics: [topic] }))
  return found.partitions.map(({ partition, offset, metadata }) => ({
    partition,
    offset: Number(offset),
    metadata: metadata ?? '',
  }))
}

/** What the topic holds, a row for each partition: the first offset held, and the next to be written. @throws as kafkajs' admin does */
export async function logRanges(client: KafkaClient, topic: string): Promise<LogRange[]> {
  const ranges = await withAdmin(client, (admin) => admin.fetchTopicOffsets(topic))
  return ranges.map(({ partition, low, high }) => ({ partition, start: Number(low), end: Number(high) }))
}

/** How long a topic keeps a record, milliseconds, Infinity for ever; undefined where Kafka does not tell. */
export async function retentionOf(client: KafkaClient, topic: string): Promise<number | undefined> {
  const names = ['retention.ms']
  const asked = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: names }
  try {
    const { resources } = await withAdmin(client, (admin) =>
      admin.describeConfigs({ includeSynonyms: false, resources: [asked] }),
    )
    const value = resources[0]?.configEntries.find(({ configName }) => configName === names[0])?.configValue
    if (value === undefined) return undefined
    return Number(value) < 0 ? Number.POSITIVE_INFINITY : Number(value)
  } catch (error) {
    client.log.debug({ error: errorText(error), topic }, 'the retention of the topic is not known') // DescribeConfigs may be refused
    return undefined
  }
}

/** Which of these topics are there. */
export async function existingTopics(client: KafkaClient, topics: readonly string[]): Promise<string[]> {
  const all = new Set(await withAdmin(client, (admin) => admin.listTopics()))
  return topics.filter((topic) => all.has(topic))
}

/** The first offset at or after the time in each partition; the log's end where there is none. */
export async function offsetsAt(client: KafkaClient, topic: string, timeMs: number): Promise<Map<number, number>> {
  const found = await withAdmin(client, (admin) => admin.fetchTopicOffsetsByTimestamp(topic, timeMs))
  return new Map(found.map(({ partition, offset }) => [partition, Number(offset)]))
}

/** Joining a group whose members have left takes a moment, one whose members were killed the rest of their session. */
const JOIN_MS = 20_000

/**
 * Sets a group's offsets; their metadata is cleared. As its only member for a moment: kafkajs' own admin.setOffsets does the same and
 * waits 5 s for an empty fetch besides. @throws when the group has members: stop them first
 */
export async function setOffsets(client: KafkaClient, group: string, topic: string, offsets: Map<number, number>): Promise<void> {
  const [{ members, state }] = await describeGroups(client, [group])
  if (members.length > 0) throw new Error(`The consumer group must have no running instances, current state: ${state}`)
  const consumer = client.kafka.consumer({ groupId: group, maxWaitTimeInMs: 100, allowAutoTopicCreation: false })
  const joined = Promise.withResolvers<void>()
  consumer.on('consumer.group_join', () => joined.resolve())
  consumer.on('consumer.crash', ({ payload }) => joined.reject(payload.error))
  await consumer.connect()
  try {
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ autoCommit: false, eachBatch: async () => {} })
    consumer.pause([{ topic }])
    await within(joined.promise, JOIN_MS, `joining group ${group} to set its offsets`)
    await consumer.commitOffsets([...offsets].map(([partition, offset]) => ({ topic, partition, offset: String(offset) })))
  } finally {
    await consumer.disconnect()
  }
}

/**
 * Commits metadata as a member of a throw-away group and reads it back: where accounts and checkpoints live. Answers whether it came
 * back as it was. @param metadata as long as an account may be @throws where the group cannot be joined, or the commit is refused
 */
export async function keepsMetadata(client: KafkaClient, topic: string, metadata: string): Promise<boolean> {
  const group = groupNames.throwAway(client.settings.prefix, 'validate')
  const joined = Promise.withResolvers<void>()
  const consumer = await consume(client, {
    group,
    topic,
    handlers: {
      async assigned({ partitions }) {
        if (partitions.length > 0) joined.resolve()
        return new Map() // nothing is read
      },
      records: async () => 0,
      rebalancing: async () => {},
      crashed: joined.reject,
    },
  })
  try {
    await within(joined.promise, JOIN_MS, `joining group ${group}`)
    await consumer.commit([{ partition: 0, offset: 0, metadata }])
    const committed = await committedOffsets(client, group, topic)
    return committed.some(({ partition, metadata: kept }) => partition === 0 && kept === metadata)
  } finally {
    await consumer.close()
    await deleteGroup(client, group).catch(() => {}) // goes by itself, without members
  }
}

/** Answers whether the group is gone: false where it has members. */
export async function deleteGroup(client: KafkaClient, group: string): Promise<boolean> {
  try {
    await withAdmin(client, (admin) => admin.deleteGroups([group]))
    return true
  } catch (error) {
    const { groups = [] } = error as { groups?: { error: { type?: string } }[] }
    if (groups.length === 0) throw error
    return groups.every(({ error: { type } }) => type === 'GROUP_ID_NOT_FOUND')
  }
}
