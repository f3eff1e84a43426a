// Clusters that are set up otherwise: logins by token, and no room for what offset commits carry.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { checkKafka } from '../../services/cli/validate/network.ts'
import { createLogger } from '../../services/platform/logger.ts'
import { readSettings } from '../../services/platform/settings.ts'
import { connectKafka } from '../../services/topics/client.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import { kafkaFields } from '../../services/topics/fields.ts'
import { openProducer } from '../../services/topics/produce.ts'
import { readRanges } from '../../services/topics/read.ts'
import { testKafka } from '../support/kafka.ts'
import { brokerWithTokens, ownBroker } from '../support/own-broker.ts'

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('oauthbearer - topics are made, records written and read, with tokens of an authorization server', {
  timeout: 90_000,
}, async () => {
  const { broker, secure } = await brokerWithTokens()
  onTestFinished(() => broker.discard())
  let asked = 0
  const server = createServer((_, response) => {
    asked++
    const now = Math.floor(Date.now() / 1_000)
    const token = `${part({ alg: 'none' })}.${part({ sub: 'pipeline', iat: now, exp: now + 600 })}.`
    response.end(JSON.stringify({ access_token: token, expires_in: 600 }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const env = {
    KAFKA_BROKERS: secure,
    KAFKA_SASL_MECHANISM: 'oauthbearer',
    KAFKA_SASL_USERNAME: 'client',
    KAFKA_SASL_PASSWORD: 'secret',
    KAFKA_SASL_TOKEN_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    TOPIC_PREFIX: 'by-token',
  }
  const client = connectKafka(readSettings(kafkaFields, env), createLogger('test', 'silent'), 'test')
  await ensureTopics(client, ['reports'])
  const producer = openProducer(client, 'test')
  onTestFinished(producer.close)
  await producer.send('by-token.reports', [{ key: Buffer.from('a'), value: Buffer.from('1') }], 10_000)
  const read: string[] = []
  await readRanges(
    client,
    'test',
    'by-token.reports',
    [{ partition: 0, from: 0, to: 1 }],
    ({ value }) => void read.push(String(value)),
  )
  expect(read).toEqual(['1'])
  expect(asked).toBeLessThanOrEqual(2)
})

test('a cluster without room for metadata - is found by validate before the first event', { timeout: 90_000 }, async () => {
  const broker = await ownBroker({ 'offset.metadata.max.bytes': 100 })
  onTestFinished(() => broker.discard())
  await ensureTopics(testKafka(broker.brokers, 'small'), ['events', 'reports', 'control', { deadLetters: 'ingest' }])
  const { problems } = await checkKafka({ KAFKA_BROKERS: broker.brokers, TOPIC_PREFIX: 'small' }, ['ingest'])
  expect(problems).toEqual([
    {
      setting: 'KAFKA_BROKERS',
      problem: expect.stringMatching(/metadata could not be committed .*offset\.metadata\.max\.bytes/),
    },
  ])
})
