// A broker of ours, for real: it serves, it is ours, it keeps its port and its data over a kill -9.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Admin } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Broker, startBroker } from '../../../services/local/broker/broker.ts'
import { freePort } from '../../../services/local/ports.ts'
import { createLogger } from '../../../services/platform/logger.ts'
import { readSettings } from '../../../services/platform/settings.ts'
import { connectKafka, withAdmin } from '../../../services/topics/client.ts'
import { kafkaFields } from '../../../services/topics/fields.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'broker-'))
const log: string[] = []
let foreign: Server | undefined
let lastPort = 0
let broker: Broker

beforeAll(async () => {
  // The port of the last start is free when the broker is started, and taken by another process before it listens.
  lastPort = await freePort()
  writeFileSync(join(dataDir, 'broker.json'), JSON.stringify({ port: lastPort }))
  const onStart = () => (foreign ??= createServer().listen(lastPort, '127.0.0.1'))
  broker = await startBroker({ dataDir, log: (line) => log.push(line), onLine: () => {}, env: process.env, onStart })
}, 60_000)

afterAll(async () => {
  foreign?.close()
  await broker?.discard()
  rmSync(dataDir, { recursive: true, force: true })
})

function topics<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
  const settings = readSettings(kafkaFields, { KAFKA_BROKERS: broker.brokers })
  return withAdmin(connectKafka(settings, createLogger('test', 'silent')), work)
}

test('startBroker - a port that another process took meanwhile is noticed, and another one chosen', () => {
  expect(broker.brokers).toMatch(/^127\.0\.0\.1:\d+$/)
  expect(broker.brokers).not.toBe(`127.0.0.1:${lastPort}`)
  expect(log.join('\n')).toContain(`port ${lastPort} was taken by another process`)
})

test('startBroker - the broker is alone, with topics made on request only', async () => {
  const cluster = await topics((admin) => admin.describeCluster())
  expect(cluster.brokers).toEqual([{ nodeId: 1, host: '127.0.0.1', port: Number(broker.brokers.split(':')[1]) }])
  await topics((admin) => admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 3 }], waitForLeaders: true }))
  expect(await topics((admin) => admin.listTopics())).toEqual(['kept'])
})

test('startBroker - killed and restarted it has the same port and the same data', async () => {
  const { brokers, pid } = broker
  broker.kill()
  expect(await broker.ended()).toBeDefined()
  await broker.restart()
  expect(broker.brokers).toBe(brokers)
  expect(broker.pid).not.toBe(pid)
  expect(await topics((admin) => admin.fetchTopicMetadata({ topics: ['kept'] }))).toMatchObject({
    topics: [{ name: 'kept', partitions: [{ leader: 1 }, { leader: 1 }, { leader: 1 }] }],
  })
})

test('startBroker - discarded it has ended and left nothing', async () => {
  const ended = broker.ended()
  await broker.discard()
  await ended
  expect(existsSync(dataDir)).toBe(false)
})
