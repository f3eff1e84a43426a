// Clusters that are set up differently: codecs, transactions, more partitions, IPv6, long sessions.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { start as startAuth0 } from '../../services/sandbox/auth0/start.ts'
import { backfillEnv, logsInTopic } from '../support/backfill.ts'
import { type Cluster, type ClusterOptions, startCluster } from '../support/cluster.ts'
import { type Deployment, deploy, PARTITIONS } from '../support/deployment.ts'
import { transact } from '../support/plain-kafka.ts'
import { makeEvents, recordOf, type TestEvent } from '../support/test-events.ts'
import { until } from '../support/wait.ts'

const LIMITS = { timeout: 180_000 }

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
}, 90_000)
afterAll(() => cluster?.discard())

test.each(['zstd', 'lz4', 'snappy', 'gzip'])(
  'a topic whose broker compresses with %s - read and delivered',
  LIMITS,
  async (codec) => {
    const deployment = await deploy(cluster.brokers)
    const configEntries = [{ name: 'compression.type', value: codec }]
    await deployment.kafka.admin((it) =>
      it.createTopics({ topics: [{ topic: deployment.prefix, numPartitions: PARTITIONS, configEntries }] }),
    )
    const [, sink] = await deployment.startAll('ingest', 'segment')
    await deployment.post({ count: 200 })
    expect(await deployment.judge('segment')).toMatchObject({ delivered: 200, dead_lettered: 0 })
    const id = [...deployment.answered][0]
    expect(await deployment.cli('explain', id)).toContain(id)
    expect(sink.hasEnded()).toBe(false)
  },
)

describe('a log that ends with the marker of a transaction', () => {
  test('a scheduled sink - each tick ends and the next one runs; a marker is no expired log', LIMITS, async () => {
    const deployment = await deploy(cluster.brokers, { SEGMENT_SCHEDULE: '*/5 * * * * *' })
    await deployment.startAll('ingest', 'segment')
    for (const _ of [1, 2, 3]) {
      await write(deployment, deployment.prefix, makeEvents(21))
      await deployment.judge('segment', { limitMs: 25_000 })
    }
    expect(await deployment.judge('segment')).toMatchObject({ delivered: 63, expired: 0, dead_lettered: 0 })
  })

  test('a replay job ends, `explain` answers, nothing lags or expires', LIMITS, async () => {
    const deployment = await deploy(cluster.brokers)
    await deployment.startAll('ingest', 'segment')
    const events = makeEvents(21)
    await write(deployment, deployment.prefix, events)
    expect(await deployment.judge('segment')).toMatchObject({ delivered: 21, expired: 0 })
    const replay = await deployment.cli('replay', 'segment', '--from', 'earliest', '--to', 'latest', '--apply', '--json')
    const { job } = JSON.parse(replay) as { job: string }
    const show = async () =>
      JSON.parse(await deployment.cli('jobs', 'show', job, '--json')) as { state: string; delivered: number }
    const ended = await until('the end of the job', show, ({ state }) => state === 'done', { limitMs: 30_000, everyMs: 500 })
    expect(ended.delivered).toBe(21)
    expect(await deployment.cli('explain', events[0].id)).toContain(events[0].id)
    // What comes after a marker finds nothing expired either.
    await deployment.post({ count: 30 })
    expect(await deployment.judge('segment')).toMatchObject({ delivered: 51, expired: 0 })
  })

  test('the control topic - a service that starts reads it to its end', LIMITS, async () => {
    const deployment = await deploy(cluster.brokers)
    await deployment.startAll('ingest', 'segment')
    const state = { v: 1, state: 'running', by: 'test', at: new Date().toISOString() }
    await transact(cluster.brokers, `${deployment.prefix}.control`, [
      { key: 'state/segment', value: Buffer.from(JSON.stringify(state)) },
    ])
    await deployment.startAll('segment', 'slack')
    await deployment.post({ count: 30 })
    await deployment.judge('segment')
    expect(await deployment.cli('status')).toContain('segment')
  })
})

test('partitions added under a running sink - read within 30 s', LIMITS, async () => {
  const deployment = await deploy(cluster.brokers)
  const { kafka, prefix, answered } = deployment
  await deployment.startAll('ingest', 'segment')
  await deployment.post({ count: 60 })
  await deployment.judge('segment')
  await kafka.admin((it) => it.createPartitions({ topicPartitions: [{ topic: prefix, count: 2 * PARTITIONS }] }))
  const events = makeEvents(20)
  const send = () =>
    kafka.producer.send({
      topic: prefix,
      messages: events.map((event) => ({ ...recordOf(event, 2 * PARTITIONS - 1), headers: {} })),
      acks: -1,
    })
  await until(
    'the new partitions',
    () =>
      send().then(
        () => true,
        () => false,
      ),
    (sent) => sent,
  )
  for (const { id } of events) answered.add(id)
  await deployment.judge('segment', { limitMs: 30_000 })
})

test('a bootstrap address in IPv6 - ingest, sink and commands reach it', LIMITS, async () => {
  const { brokers } = await clusterWith({ size: 1, host: '[::1]' })
  const deployment = await deploy(`127.0.0.1:${brokers.split(':').at(-1)}`, { KAFKA_BROKERS: brokers })
  await deployment.startAll('ingest', 'segment')
  await deployment.post({ count: 60 })
  await deployment.judge('segment')
  expect(await deployment.cli('status')).toContain('segment')
})

test(
  'a broker that asks for sessions of 15 s - the backfill keeps to KAFKA_SESSION_TIMEOUT, the webhook stays',
  LIMITS,
  async () => {
    const { brokers } = await clusterWith({ size: 1, properties: { 'group.min.session.timeout.ms': 15_000 } })
    const auth0 = await startAuth0()
    onTestFinished(() => auth0.close())
    const ids = auth0.append(300)
    const deployment = await deploy(brokers)
    const ingest = deployment.start('ingest', {
      ...backfillEnv(brokers, deployment.prefix, auth0),
      KAFKA_SESSION_TIMEOUT: '20',
      INGEST_TOKENS: deployment.env.INGEST_TOKENS,
      LOGGER_LEVEL: 'info',
    })
    await ingest.untilReady()
    const topic = await logsInTopic(deployment.kafka, deployment.prefix)
    await until(
      'the polled logs',
      () => ids.filter((id) => !topic.ids().includes(id)).length,
      (missing) => missing === 0,
      { limitMs: 40_000 },
    )
    await deployment.post({ count: 30 })
    expect(ingest.hasEnded()).toBe(false)
  },
)

async function clusterWith(options: ClusterOptions): Promise<Cluster> {
  const own = await startCluster(options)
  onTestFinished(() => own.discard())
  return own
}

/** Events of a mirror that writes exactly once; they count as answered. */
async function write(deployment: Deployment, topic: string, events: TestEvent[]): Promise<void> {
  await transact(
    cluster.brokers,
    topic,
    events.map((event) => recordOf(event)),
  )
  for (const { id } of events) deployment.answered.add(id)
}
