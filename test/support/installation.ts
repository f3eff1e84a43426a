// One installation on the tests' broker: a prefix of its own, a plain producer in the ingest's place, a sink run in this process,
// and what the other topics say. Reading and writing is kafkajs alone; of services/ only the sink under test is used.
import { randomUUID } from 'node:crypto'
import { type Admin, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs'
import { createLifecycle, within } from '../../services/platform/lifecycle.ts'
import type { Environment } from '../../services/platform/settings.ts'
import { realisticEvent } from '../../services/sandbox/simulate/events.ts'
import { startSink } from '../../services/sinks/runtime/run.ts'
import type { Sink } from '../../services/sinks/runtime/contract.ts'
import { type PartitionAccount, readAccounts, sumOf } from './account.ts'
import { seededRandom } from './random.ts'
import { until } from './wait.ts'

export const PARTITIONS = 3
/** A consumer that closes waits for its last fetch: 5 s unless told otherwise. */
const READING = { allowAutoTopicCreation: false, maxWaitTimeInMs: 100 }

/** An Auth0 log as the ingest would store it. */
export type TestEvent = { id: string; type: string; value: Buffer; data: Record<string, unknown> }
export type TestRecord = { key: string | null; value: Buffer | null; headers?: Record<string, string>; partition?: number }
/** A record as some topic holds it. */
export type Stored = { offset: number; key: string | null; value: Buffer; headers: Record<string, string> }
export type Report = Record<string, unknown> & { service: string; status: string; error: string; delivered: number }

/** What all installations of a test file share: one connection to write, one for groups and topics. */
export type Broker = {
  brokers: string
  kafka: Kafka
  producer: Producer
  /** An admin of its own a call: kafkajs' forgets topics that another caller deletes. */
  admin: <T>(work: (admin: Admin) => Promise<T>) => Promise<T>
  close: () => Promise<void>
}

export async function openBroker(brokers: string): Promise<Broker> {
  const kafka = new Kafka({ clientId: 'test', brokers: brokers.split(','), logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, allowAutoTopicCreation: false })
  await producer.connect()
  return {
    brokers,
    kafka,
    producer,
    async admin(work) {
      const admin = kafka.admin()
      await admin.connect()
      try {
        return await work(admin)
      } finally {
        await admin.disconnect()
      }
    },
    close: () => producer.disconnect(),
  }
}

const random = seededRandom(20_260_304)
let made = 0

/** Realistic events of now; `change` edits `data` before it becomes bytes. Ids ascend over the whole test file. */
export function makeEvents(count: number, change: (data: Record<string, unknown>, n: number) => void = () => {}): TestEvent[] {
  return Array.from({ length: count }, (_, n) => {
    const { log_id: id, data } = realisticEvent(made++, Date.now(), random.next)
    change(data, n)
    return { id, type: String(data.type), value: Buffer.from(JSON.stringify(data)), data }
  })
}

/** @param partition by the key's hash when left out */
export const recordOf = ({ id, type, value }: TestEvent, partition?: number): TestRecord => ({
  key: id,
  value,
  headers: { source: 'webhook', type },
  partition,
})

/** A member of the sink's group, in this process. */
export type Member = {
  /** Status of a health route, e.g. `/readyz`. */
  status: (path: string) => Promise<number>
  /** Sum of a metric's samples whose labels contain this text, e.g. `reason="http_403"`. */
  metric: (name: string, label?: string) => Promise<number>
  /** Ends as after SIGTERM. @throws when anything did not close in time */
  close: () => Promise<void>
}

export type Installation = Awaited<ReturnType<typeof install>>

export const newPrefix = () => `test-${randomUUID()}`

/** @param env what the sink needs beside Kafka; what a member is started with wins */
export function install({ brokers, kafka, producer, admin }: Broker, sink: Sink, env: Environment, prefix = newPrefix()) {
  const topic = prefix
  const group = `${prefix}.${sink.name}`
  const deadLetterTopic = `${prefix}.dead-letter.${sink.name}`
  const closers: (() => Promise<unknown>)[] = []

  async function startMember(more: Environment = {}, as = sink): Promise<Member> {
    const lifecycle = createLifecycle()
    closers.push(lifecycle.close)
    const { port } = await startSink(
      as,
      {
        KAFKA_BROKERS: brokers,
        KAFKA_SESSION_TIMEOUT: '6',
        TOPIC_PREFIX: prefix,
        PARTITIONS: String(PARTITIONS),
        SINK_PORT: '0',
        RUN_WINDOW: '1',
        LOGGER_LEVEL: 'silent',
        ...env,
        ...more,
      },
      lifecycle,
    )
    const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5_000) })
    return {
      status: async (path) => (await get(path)).status,
      metric: async (name, label = '') => sumOfSamples(await (await get('/metrics')).text(), name, label),
      close: async () => {
        const failed = await within(lifecycle.close(), 20_000, 'closing the sink')
        if (failed.length > 0) throw new Error(`not closed cleanly: ${failed.join('; ')}`)
      },
    }
  }

  async function produce(records: TestRecord[], to = topic): Promise<void> {
    await producer.send({
      topic: to,
      messages: records.map((record) => ({ ...record, headers: record.headers ?? {} })),
      acks: -1,
    })
  }

  /** kafkajs' own waiting for leaders gives up where the topic is not known everywhere yet. */
  async function createTopic(name: string, numPartitions: number): Promise<void> {
    await admin(async (it) => {
      await it.createTopics({ topics: [{ topic: name, numPartitions }], waitForLeaders: false })
      await until(
        `leaders of ${name}`,
        () => it.fetchTopicOffsets(name).catch(() => []),
        ({ length }) => length === numPartitions,
      )
    })
  }

  return {
    prefix,
    topic,
    group,
    /** A member that need not become ready. */
    begin: startMember,
    /** A member as soon as it has partitions, or is paused or stopped by wish. @param as the same sink with other limits */
    async start(more?: Environment, as?: Sink): Promise<Member> {
      const member = await startMember(more, as)
      await until(
        'the member to be ready',
        () => member.status('/readyz'),
        (status) => status === 200,
      )
      return member
    },
    /** The main topic, for what must be there before the first member. */
    createTopic: () => createTopic(topic, PARTITIONS),
    /** Retention's work: records below the offset are gone. */
    expire: (partition: number, below: number) =>
      admin(async (it) => {
        await it.fetchTopicOffsets(topic) // kafkajs deletes only where it knows the leaders already
        await it.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(below) }] })
      }),
    /** What an operator's tool does to a group without members. */
    reset: (partition: number, offset: number) =>
      admin((it) => it.setOffsets({ groupId: group, topic, partitions: [{ partition, offset: String(offset) }] })),
    members: () => admin(async (it) => (await it.describeGroups([group])).groups[0].members.length),
    /** What a group without members committed, and how it may look after a newer version. */
    committed: (partition: number) =>
      admin(async (it) => {
        const [{ partitions }] = await it.fetchOffsets({ groupId: group, topics: [topic] })
        const { offset, metadata } = partitions.find((one) => one.partition === partition)!
        return { offset, metadata }
      }),
    async commit(partition: number, offset: number, metadata: string): Promise<void> {
      const consumer = kafka.consumer({ groupId: group, ...READING })
      await consumer.connect()
      await consumer.subscribe({ topic })
      const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve))
      await consumer.run({ autoCommit: false, eachMessage: async () => {} })
      await joined
      await consumer.commitOffsets([{ topic, partition, offset: String(offset), metadata }])
      await consumer.disconnect()
    },
    /** The operator's wish, as console and CLI write it. */
    wish: (state: string) =>
      produce(
        [
          {
            key: `state/${sink.name}`,
            value: Buffer.from(JSON.stringify({ v: 1, state, by: 'test', at: new Date().toISOString() })),
          },
        ],
        `${prefix}.control`,
      ),
    deleteDeadLetters: () => admin((it) => it.deleteTopics({ topics: [deadLetterTopic] })),
    createDeadLetters: () => createTopic(deadLetterTopic, 1),
    produce,
    accounts: (of = group): Promise<PartitionAccount[]> => readAccounts(brokers, of, topic),
    /** The sums of all partitions as soon as nothing lags; every problem of the accounts is among them. */
    async settled(of = group, limitMs = 20_000) {
      const done = await until(
        'no lag',
        () => readAccounts(brokers, of, topic),
        (all) => sumOf(all).lag === 0,
        {
          limitMs,
          everyMs: 100,
        },
      )
      return sumOf(done)
    },
    /** Follows dead letters and reports from their beginning; the topics must be there, and stay. */
    async follow({ onlyReports = false } = {}): Promise<{ letters: Stored[]; reports: Report[] }> {
      const letters: Stored[] = []
      const reports: Report[] = []
      const consumer = kafka.consumer({ groupId: `${prefix}.test.${randomUUID()}`, ...READING })
      closers.push(() => consumer.disconnect())
      await consumer.connect()
      const topics = [`${prefix}.reports`, ...(onlyReports ? [] : [deadLetterTopic])]
      await consumer.subscribe({ topics, fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        eachMessage: async ({ topic: from, message: { offset, key, value, headers = {} } }) => {
          if (from !== deadLetterTopic) return void reports.push(JSON.parse(String(value)) as Report)
          letters.push({
            offset: Number(offset),
            key: key?.toString() ?? null,
            value: value ?? Buffer.alloc(0),
            headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
          })
        },
      })
      return { letters, reports }
    },
    /** What the control topic holds now: the last record of each key. */
    async control(): Promise<Map<string, unknown>> {
      const records = new Map<string, unknown>()
      const topicName = `${prefix}.control`
      const [{ high }] = await admin((it) => it.fetchTopicOffsets(topicName))
      const end = Promise.withResolvers<void>()
      const consumer = kafka.consumer({ groupId: `${prefix}.test.${randomUUID()}`, ...READING })
      await consumer.connect()
      await consumer.subscribe({ topic: topicName, fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        eachMessage: async ({ message: { key, value, offset } }) => {
          records.set(String(key), JSON.parse(String(value)))
          if (Number(offset) + 1 >= Number(high)) end.resolve()
        },
      })
      await within(end.promise, 10_000, 'reading the control topic')
      await consumer.disconnect()
      return records
    },
    async close(): Promise<void> {
      for (const close of closers.toReversed()) await close()
    },
  }
}

function sumOfSamples(text: string, name: string, label: string): number {
  const full = `auth0_logs_${name}`
  const isSample = (line: string) => line.startsWith(`${full}{`) || line.startsWith(`${full} `)
  const samples = text.split('\n').filter((line) => isSample(line) && line.includes(label))
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
