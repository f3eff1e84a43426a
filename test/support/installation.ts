// One installation on the tests' broker: a prefix of its own, a plain producer in the ingest's place, a sink run in this process,
// and what the other topics say. Of services/ only the sink under test is used.
import { randomUUID } from 'node:crypto'
import { createLifecycle, within } from '../../services/platform/lifecycle.ts'
import type { Environment } from '../../services/platform/settings.ts'
import type { Sink } from '../../services/sinks/runtime/contract.ts'
import { startSink } from '../../services/sinks/runtime/run.ts'
import { type PartitionAccount, readAccounts, sumOf } from './account.ts'
import type { Broker } from './plain-kafka.ts'
import type { TestRecord } from './test-events.ts'
import { until } from './wait.ts'

export const PARTITIONS = 3

/** A dead letter. */
export type Letter = { key: string | null; value: Buffer; headers: Record<string, string> }
export type Report = Record<string, unknown> & { service: string; status: string; error: string; delivered: number }

/** A member of the sink's group, in this process. */
export type Member = {
  /** Status of a health route, e.g. `/readyz`. */
  status: (path: string) => Promise<number>
  /** Sum of a metric's samples whose labels contain this text, e.g. `reason="http_403"`. */
  metric: (name: string, label?: string) => Promise<number>
  /** Ends as after SIGTERM. @throws when anything did not close in time */
  close: () => Promise<void>
}

export type Installation = ReturnType<typeof install>

export const newPrefix = () => `test-${randomUUID()}`

/** @param env what the sink needs beside Kafka; what a member is started with wins */
export function install(broker: Broker, sink: Sink, env: Environment, prefix = newPrefix()) {
  const { brokers, producer, admin } = broker
  const topic = prefix
  const group = `${prefix}.${sink.name}`
  const deadLetterTopic = `${prefix}.dead-letter.${sink.name}`
  const closers: (() => Promise<unknown>)[] = []

  async function begin(more: Environment = {}, as = sink): Promise<Member> {
    const lifecycle = createLifecycle()
    closers.push(lifecycle.close)
    const own = {
      KAFKA_BROKERS: brokers,
      KAFKA_SESSION_TIMEOUT: '6',
      TOPIC_PREFIX: prefix,
      PARTITIONS: String(PARTITIONS),
      SINK_PORT: '0',
      RUN_WINDOW: '1',
      LOGGER_LEVEL: process.env.DBG ?? 'silent',
    }
    const { port } = await startSink(as, { ...own, ...env, ...more }, lifecycle)
    const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5_000) })
    return {
      status: async (path) => (await get(path)).status,
      metric: async (name, label = '') => sumOfSamples(await (await get('/metrics')).text(), name, label),
      async close() {
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

  return {
    prefix,
    topic,
    group,
    /** A member that need not become ready. */
    begin,
    /** A member as soon as it has partitions, or is paused or stopped by an operator. @param as the same sink with other limits */
    async start(more?: Environment, as?: Sink): Promise<Member> {
      const member = await begin(more, as)
      await until(
        'the member to be ready',
        () => member.status('/readyz'),
        (status) => status === 200,
      )
      return member
    },
    members: () => admin(async (it) => (await it.describeGroups([group])).groups[0].members.length),

    /** The main topic, for what must be there before the first member. */
    createTopic: () => broker.createTopic(topic, PARTITIONS),
    produce,
    expire: (partition: number, below: number) => broker.expire(topic, partition, below),
    deleteDeadLetters: () => admin((it) => it.deleteTopics({ topics: [deadLetterTopic] })),
    createDeadLetters: () => broker.createTopic(deadLetterTopic, 1),

    accounts: (of = group): Promise<PartitionAccount[]> => readAccounts(brokers, of, topic),
    /** The sums of all partitions as soon as nothing lags; every problem of the accounts is among them. */
    async settled(of = group, limitMs = 20_000) {
      const read = () => readAccounts(brokers, of, topic)
      return sumOf(await until('no lag', read, (all) => sumOf(all).lag === 0, { limitMs, everyMs: 100 }))
    },
    /** What an operator's tool does to a group without members. */
    reset: (partition: number, offset: number) =>
      admin((it) => it.setOffsets({ groupId: group, topic, partitions: [{ partition, offset: String(offset) }] })),
    /** Commits for partition 0 in the group's name. */
    async commit(offset: number, metadata: string): Promise<void> {
      await (await broker.commit(group, topic, String(offset), metadata)).leave()
    },
    /** What is committed for partition 0. */
    committed: () =>
      admin(async (it) => {
        const [{ partitions }] = await it.fetchOffsets({ groupId: group, topics: [topic] })
        const { offset, metadata } = partitions.find(({ partition }) => partition === 0)!
        return { offset, metadata }
      }),

    /** The state that an operator asks for, as console and CLI write it. */
    setState(state: string): Promise<void> {
      const value = Buffer.from(JSON.stringify({ v: 1, state, by: 'test', at: new Date().toISOString() }))
      return produce([{ key: `state/${sink.name}`, value }], `${prefix}.control`)
    },
    /** Follows dead letters and reports from their beginning; the topics must be there, and stay. */
    async follow({ onlyReports = false } = {}): Promise<{ letters: Letter[]; reports: Report[] }> {
      const letters: Letter[] = []
      const reports: Report[] = []
      const topics = [`${prefix}.reports`, ...(onlyReports ? [] : [deadLetterTopic])]
      const { close } = await broker.read(topics, ({ topic: from, message: { key, value, headers = {} } }) => {
        if (from !== deadLetterTopic) return void reports.push(JSON.parse(String(value)) as Report)
        const texts = Object.entries(headers).map(([name, text]) => [name, String(text)])
        letters.push({ key: key?.toString() ?? null, value: value ?? Buffer.alloc(0), headers: Object.fromEntries(texts) })
      })
      closers.push(close)
      return { letters, reports }
    },
    /** What the control topic holds now: the last record of each key. */
    async control(): Promise<Map<string, unknown>> {
      const records = new Map<string, unknown>()
      const [{ high }] = await admin((it) => it.fetchTopicOffsets(`${prefix}.control`))
      let next = 0
      const { close } = await broker.read([`${prefix}.control`], ({ message: { key, value, offset } }) => {
        records.set(String(key), JSON.parse(String(value)))
        next = Number(offset) + 1
      })
      await until(
        'the end of the control topic',
        () => next,
        () => next >= Number(high),
      )
      await close()
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
