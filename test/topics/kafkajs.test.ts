// What kafkajs does here that it does not do by itself: codecs of other producers, addresses of IPv6.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { connectKafka } from '../../services/topics/client.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import { kafkaFields } from '../../services/topics/fields.ts'
import { seedBroker, socketFactory } from '../../services/topics/kafkajs.ts'
import { readRanges } from '../../services/topics/read.ts'
import { createLogger } from '../../services/platform/logger.ts'
import { readSettings } from '../../services/platform/settings.ts'
import { testKafka } from '../support/kafka.ts'
import { type Broker, openBroker } from '../support/plain-kafka.ts'
import { until } from '../support/wait.ts'

let broker: Broker
beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
})
afterAll(() => broker.close())

describe('codecs', { concurrent: true }, () => {
  test.each(['gzip', 'zstd', 'lz4', 'snappy'])('%s on the topic - every record is read as it was written', async (codec) => {
    const topic = `test-${randomUUID()}`
    const configEntries = [{ name: 'compression.type', value: codec }]
    await broker.admin((admin) =>
      admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }], waitForLeaders: false }),
    )
    const values = Array.from({ length: 300 }, (_, n) => `${n} ${'x'.repeat(n * 7)} Зоя`)
    const send = () => broker.producer.send({ topic, messages: values.map((value) => ({ partition: 0, value })) })
    await until(
      'the records taken',
      () =>
        send().then(
          () => true,
          () => false,
        ),
      (taken) => taken,
    )
    const read: string[] = []
    const range = [{ partition: 0, from: 0, to: values.length }]
    await readRanges(testKafka(inject('brokers'), topic), 'test', topic, range, ({ value }) => void read.push(String(value)))
    expect(read).toEqual(values)
  })
})

describe('brokers of IPv6', () => {
  test.each([
    ['[::1]:9092', '::1'],
    ['[fe80::1%eth0]:9092', 'fe80::1%eth0'],
    ['broker-1.example.com:9092', 'broker-1.example.com'],
    ['127.0.0.1:9092', '127.0.0.1'],
  ])('%s - goes through kafkajs, which splits at the first colon, and is dialled as %s', (broker, host) => {
    const [name, port] = seedBroker(broker).split(':')
    expect([name === host || name.endsWith('.ipv6-literal'), port]).toEqual([true, '9092'])
  })

  test('a connection to [::1] - is made', async () => {
    const server = createServer((socket) => socket.end('here')).listen(0, '::1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const [host] = seedBroker(`[::1]:${port}`).split(':')
    const socket = socketFactory({ host, port, ssl: undefined as never, onConnect: () => {} })
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    expect(String(bytes)).toBe('here')
    socket.destroy()
  })

  test('KAFKA_BROKERS with such an address - the other addresses are asked where nobody answers there', async () => {
    const prefix = `test-${randomUUID()}`
    const env = { KAFKA_BROKERS: `[::1]:1,${inject('brokers')}`, TOPIC_PREFIX: prefix }
    const client = connectKafka(readSettings(kafkaFields, env), createLogger('test', 'silent'), 'test')
    expect([...(await ensureTopics(client, ['reports'])).keys()]).toEqual([`${prefix}.reports`])
  })
})

test('a stop while brokers change - the fetchers that kafkajs begins then end', async () => {
  const load = createRequire(import.meta.url)
  const Runner = load('kafkajs/src/consumer/runner.js')
  const createFetchManager = load('kafkajs/src/consumer/fetchManager.js')
  const logger = { debug() {}, info() {}, namespace: () => logger }
  const runner = Object.assign(Object.create(Runner.prototype), { running: false, logger, consumerGroup: {} })
  let asked = 0
  const fetch = (nodeId: number) => {
    // Without the repair they never end and let nothing else run: the test has to stop them.
    if (++asked > 1_000) throw new Error('they never end')
    return runner.fetch(nodeId)
  }
  const manager = createFetchManager({ logger, getNodeIds: () => [1], fetch, handler: async () => {} })
  await expect(manager.start()).rejects.toThrow('the consumer has stopped')
})
