// Kafka by kafkajs alone, for tests that must not trust services/topics.
import { randomUUID } from 'node:crypto'
import { type Admin, type EachMessagePayload, Kafka, logLevel, type Message, Partitioners, type Producer } from 'kafkajs'
import { until } from './wait.ts'

/** A consumer that closes waits for its last fetch: 5 s unless told otherwise. */
const READING = { allowAutoTopicCreation: false, maxWaitTimeInMs: 100 }

/** What all tests of a file share. */
export type Broker = {
  brokers: string
  producer: Producer
  /** An admin of its own a call: kafkajs' forgets topics that another caller deletes. */
  admin: <T>(work: (admin: Admin) => Promise<T>) => Promise<T>
  createTopic: (topic: string, partitions: number) => Promise<void>
  /** Records below the offset are gone, as by retention. */
  expire: (topic: string, partition: number, below: number) => Promise<void>
  /** Reads topics from their beginning until it is closed; they must be there, and stay. */
  read: (topics: string[], take: (record: EachMessagePayload) => void) => Promise<{ close: () => Promise<void> }>
  /** The broker that leads a partition; -1 where none does. */
  leaderOf: (topic: string, partition: number) => Promise<number>
  /** The broker that coordinates a group. */
  coordinatorOf: (group: string) => Promise<number>
  /** Commits an offset of partition 0 as a member of the group, which stays until it is told to leave. */
  commit: (group: string, topic: string, offset: string, metadata: string) => Promise<{ leave: () => Promise<void> }>
  close: () => Promise<void>
}

export async function openBroker(brokers: string): Promise<Broker> {
  const kafka = new Kafka({ clientId: 'test', brokers: brokers.split(','), logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, allowAutoTopicCreation: false })
  await producer.connect()
  const admin: Broker['admin'] = async (work) => {
    const own = kafka.admin()
    await own.connect()
    try {
      return await work(own)
    } finally {
      await own.disconnect()
    }
  }
  const leaders = (topic: string) =>
    admin(async (it) => {
      const { topics } = await it.fetchTopicMetadata({ topics: [topic] })
      return new Map(topics[0].partitions.map(({ partitionId, leader }) => [partitionId, leader]))
    })
  return {
    brokers,
    producer,
    admin,
    leaderOf: async (topic, partition) => (await leaders(topic)).get(partition) ?? -1,
    async coordinatorOf(group) {
      const found = await leaders('__consumer_offsets')
      return found.get(groupPartition(group, found.size)) ?? -1
    },
    /** kafkajs' own waiting for leaders gives up where the topic is not known everywhere yet. */
    createTopic: (topic, numPartitions) =>
      admin(async (it) => {
        await it.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: false })
        const leaders = () => it.fetchTopicOffsets(topic).catch(() => [])
        await until(`leaders of ${topic}`, leaders, ({ length }) => length === numPartitions)
      }),
    expire: (topic, partition, below) =>
      admin(async (it) => {
        await it.fetchTopicOffsets(topic) // kafkajs deletes only where it knows the leaders already
        await it.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(below) }] })
      }),
    async read(topics, take) {
      const consumer = kafka.consumer({ groupId: `${topics[0]}.test.${randomUUID()}`, ...READING })
      await consumer.connect()
      await consumer.subscribe({ topics, fromBeginning: true })
      await consumer.run({ autoCommit: false, eachMessage: async (record) => take(record) })
      return { close: () => consumer.disconnect() }
    },
    async commit(groupId, topic, offset, metadata) {
      const consumer = kafka.consumer({ groupId, ...READING })
      await consumer.connect()
      await consumer.subscribe({ topic })
      const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve))
      await consumer.run({ autoCommit: false, eachMessage: async () => {} })
      await joined
      consumer.pause([{ topic }]) // it would go on from the commit and, where that is past the end, commit another one by itself
      // kafkajs says nothing where it is not ready yet, as after a first join that failed at a broker just started.
      const commit = async () => {
        await consumer.commitOffsets([{ topic, partition: 0, offset, metadata }])
        const [{ partitions }] = await admin((it) => it.fetchOffsets({ groupId, topics: [topic] }))
        return partitions.find(({ partition }) => partition === 0)?.offset
      }
      await until('the commit', commit, (committed) => committed === offset)
      return { leave: () => consumer.disconnect() }
    },
    close: () => producer.disconnect(),
  }
}

/** Where `__consumer_offsets` holds a group, whose coordinator leads that partition: Java's String.hashCode without its sign. */
function groupPartition(group: string, partitions: number): number {
  let hash = 0
  for (const char of group) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) | 0
  return (hash & 0x7f_ff_ff_ff) % partitions
}

/** One transaction of its own producer: each partition ends with a marker then, which is an offset without a record. */
export async function transact(brokers: string, topic: string, messages: Message[]): Promise<void> {
  const kafka = new Kafka({ clientId: 'mirror', brokers: brokers.split(','), logLevel: logLevel.NOTHING })
  const producer = kafka.producer({
    transactionalId: `${topic}.mirror`,
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  try {
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: messages.map((one) => ({ ...one, headers: one.headers ?? {} })), acks: -1 })
    await transaction.commit()
  } finally {
    await producer.disconnect()
  }
}
