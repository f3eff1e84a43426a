// Writing to topics: where records go, what is cut, and what is said when Kafka refuses or is not there.
import { randomUUID } from 'node:crypto'
import { Connection, ResponseError } from '@platformatic/kafka'
import { Partitioners } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { freePort } from '../../services/local/ports.ts'
import { within } from '../../services/platform/lifecycle.ts'
import { withAdmin } from '../../services/topics/client.ts'
import {
  KafkaAway,
  openProducer,
  type OutRecord,
  recordBytes,
  Refused,
  type TopicProducer,
} from '../../services/topics/produce.ts'
import { Leaders } from '../../services/topics/leaders.ts'
import { topicNames } from '../../services/topics/names.ts'
import { ProducerId, ProducerIds } from '../../services/topics/producer-ids.ts'
import { toHeaders } from '../../services/topics/records.ts'
import { followTopics, type Topics } from '../support/ingest.ts'
import { newPrefix, testKafka } from '../support/kafka.ts'

const LIMIT_MS = 5_000
const PARTITIONS = 5

const prefix = newPrefix()
const client = testKafka(inject('brokers'), prefix)
const topic = prefix
/** Takes no batch over 2,000 bytes. */
const strictTopic = topicNames.deadLetters(prefix, 'ingest')
let producer: TopicProducer
let topics: Topics
beforeAll(async () => {
  producer = openProducer(client, 'test')
  const strict = { topic: strictTopic, configEntries: [{ name: 'max.message.bytes', value: '2000' }] }
  const create = [{ topic, numPartitions: PARTITIONS }, strict]
  await withAdmin(client, (admin) => admin.createTopics({ topics: create, waitForLeaders: true }))
  topics = await followTopics(inject('brokers'), prefix)
})
afterAll(async () => {
  await topics?.close()
  await producer?.close()
})

const record = (key: string | null, value = ''): OutRecord => ({
  key: key === null ? null : Buffer.from(key),
  value: Buffer.from(value),
})
const stored = async () => (await topics.news()).events

describe('send', () => {
  test('partition - is the one that other clients choose for the key; 0 without a key', async () => {
    const keys = Array.from({ length: 60 }, (_, i) => `${'é9'.repeat(i % 5)}${randomUUID().slice(0, i % 36)}`)
    await producer.send(topic, [...keys.map((key) => record(key)), record(null)], LIMIT_MS)
    const partitionMetadata = Array.from({ length: PARTITIONS }, (_, partitionId) => ({ partitionId, leader: 1 })) as never
    const chosen = Partitioners.DefaultPartitioner()
    const expected = keys.map((key) => `${key} ${chosen({ topic, partitionMetadata, message: { key, value: null } })}`)
    const found = (await stored()).map(({ key, partition }) => `${key} ${partition}`)
    expect(found.toSorted()).toEqual([...expected, 'null 0'].toSorted())
  })

  test('records - keep bytes, headers and order, and carry the time of the send', async () => {
    const headers = toHeaders({ source: 'webhook', type: 'é' })
    const sent = Array.from({ length: 100 }, (_, i) => ({ ...record('same', `${i} é\u0000\n`), headers }))
    const from = Date.now()
    await producer.send(topic, sent, LIMIT_MS)
    const found = await stored()
    expect(found.map(({ value }) => value)).toEqual(sent.map(({ value }) => value))
    expect(new Set(found.map((each) => JSON.stringify(each.headers)))).toEqual(new Set(['{"source":"webhook","type":"é"}']))
    for (const { timestamp } of found) expect(timestamp >= from && timestamp <= Date.now()).toBe(true)
  })

  test('nothing - is no error', async () => {
    await producer.send(topic, [], LIMIT_MS)
    expect(await stored()).toEqual([])
  })

  test('KAFKA_COMPRESSION=gzip - is read by anyone', async () => {
    const gzip = openProducer({ ...client, settings: { ...client.settings, compression: 'gzip' } }, 'test')
    onTestFinished(gzip.close)
    await gzip.send(topic, [record('a', 'x'.repeat(10_000))], LIMIT_MS)
    expect((await stored()).map(({ value }) => value.toString())).toEqual(['x'.repeat(10_000)])
  })

  test('more than a request to one partition may hold - is cut, in order', async () => {
    const sent = Array.from({ length: 1_100 }, (_, i) => record('same', `${i}`.padEnd(1_024)))
    await producer.send(topic, sent, LIMIT_MS)
    const found = await stored()
    expect(found.map(({ value }) => Number(value))).toEqual(sent.map((_, i) => i))
    // One time a request: refused as a whole they would have been stored one by one.
    expect(new Set(found.map(({ timestamp }) => timestamp)).size).toBeLessThanOrEqual(2)
  })
})

/** Kafka's numbers of the requests. */
const [PRODUCE, INIT_PRODUCER_ID] = [0, 22]
type Answered = (error: Error | null, response?: unknown) => void

/** From now on the next answer to this kind of request is another one: `instead` is handed it. */
function loseNextAnswer(apiKey: number, instead: (answered: Answered) => Answered): void {
  const { send } = Connection.prototype
  let isLost = false
  const spy = vi.spyOn(Connection.prototype, 'send').mockImplementation(function (this: Connection, ...args: unknown[]) {
    if (args[0] === apiKey && !isLost) {
      isLost = true
      args.push(instead(args.pop() as Answered))
    }
    return (send as (...all: unknown[]) => void).apply(this, args)
  } as typeof send)
  onTestFinished(() => spy.mockRestore())
}
const lost =
  (answered: Answered): Answered =>
  () =>
    answered(new Error('the connection was reset'))
const withCode =
  (errorCode: number) =>
  (answered: Answered): Answered =>
  () =>
    answered(null, { responses: [0, 1, 2, 3, 4].map((index) => ({ partitionResponses: [{ index, errorCode }] })) })

describe('acknowledgement', () => {
  test('lost on its way - the batch is sent again, and stored once', async () => {
    const keys = Array.from({ length: 50 }, (_, i) => `lost ${i}`)
    await producer.send(topic, [record('before')], LIMIT_MS)
    loseNextAnswer(PRODUCE, lost)
    await producer.send(
      topic,
      [...keys, ...keys].map((key) => record(key)),
      LIMIT_MS,
    )
    await producer.send(topic, [record('after')], LIMIT_MS)
    const found = (await stored()).map(({ key }) => key)
    expect(found.toSorted()).toEqual(['after', 'before', ...keys, ...keys].toSorted())
  })

  test('sends side by side - each record once, whichever acknowledgement is lost', async () => {
    loseNextAnswer(PRODUCE, lost)
    const sends = Array.from({ length: 20 }, (_, i) => Array.from({ length: 20 }, (_, n) => record(`${i} ${n}`)))
    await Promise.all(sends.map((records) => producer.send(topic, records, LIMIT_MS)))
    const found = (await stored()).map(({ key }) => key)
    expect(found.toSorted()).toEqual(
      sends
        .flat()
        .map(({ key }) => `${key}`)
        .toSorted(),
    )
  })

  test.each([
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', 45],
    ['UNKNOWN_PRODUCER_ID', 59],
  ])('%s - the producer id is of no use there: sent again without it, nothing is missing', async (_, code) => {
    loseNextAnswer(PRODUCE, withCode(code))
    await producer.send(topic, [record('a'), record('b')], LIMIT_MS)
    expect(new Set((await stored()).map(({ key }) => key))).toEqual(new Set(['a', 'b']))
  })

  test('a broker that was away for a moment - has a producer id to give at the next send', async () => {
    const leaders = new Leaders(client, 'test')
    onTestFinished(() => leaders.close())
    const ids = new ProducerIds(client.log)
    const [leader] = await leaders.of(topic, LIMIT_MS)
    expect(await ids.take(() => Promise.reject(new Error('refused')), LIMIT_MS)).toBeUndefined()
    expect(await ids.take(() => leaders.connectionTo(topic, leader), LIMIT_MS)).toBeInstanceOf(ProducerId)
  })

  test('a cluster that gives no producer id - is written to without, as before', async () => {
    const refused = openProducer(client, 'test')
    onTestFinished(refused.close)
    const error = new ResponseError(INIT_PRODUCER_ID, 2, { '/': [31, null] }, {})
    loseNextAnswer(INIT_PRODUCER_ID, (answered) => () => answered(error))
    await refused.send(topic, [record('a')], LIMIT_MS)
    expect((await stored()).map(({ key }) => key)).toEqual(['a'])
  })
})

describe('recordBytes', () => {
  test('is never less than the record takes: requests of it stay under the limit', () => {
    // Lengths and deltas as varints of at most 5 bytes, the count of headers, attributes: what a record has beside its own bytes.
    const headers = toHeaders({ source: 'webhook', type: 'seacft' })
    expect(recordBytes({ ...record('key', 'value'), headers })).toBeGreaterThanOrEqual(
      3 + 5 + 'sourcewebhooktypeseacft'.length + 2 * 4 + 20,
    )
    expect(recordBytes(record(null))).toBeGreaterThanOrEqual(20)
  })
})

describe('failure', () => {
  test('a record that Kafka refuses for good - is named, and all others are stored', async () => {
    const [bad, worse] = [record('bad', 'x'.repeat(2_000)), record('worse', 'y'.repeat(1_000_000))]
    const records = [record('good', 'x'), bad, record('good', 'y'), worse, record('good', 'z')]
    const failure = await producer.send(strictTopic, records, LIMIT_MS).catch((error: Error) => error)
    expect(failure).toBeInstanceOf(Refused)
    expect((failure as Refused).records).toEqual([bad, worse])
    expect((failure as Refused).message).toMatch(/TOO_LARGE/)
    const { letters } = await topics.news()
    expect(letters.map(({ key, value }) => `${key} ${value.toString()}`)).toEqual(['good x', 'good y', 'good z'])
  })

  test('a topic that is not there - is KafkaAway: it may come', async () => {
    await expect(producer.send(`${prefix}.none`, [record('a')], LIMIT_MS)).rejects.toBeInstanceOf(KafkaAway)
    await producer.send(topic, [record('after')], LIMIT_MS)
    expect((await stored()).map(({ key }) => key)).toEqual(['after'])
  })

  test('no broker - is KafkaAway within the limit, in words; closing ends too', async () => {
    const settings = { ...client.settings, brokers: [`127.0.0.1:${await freePort()}`] }
    const away = openProducer({ ...client, settings }, 'test')
    const before = performance.now()
    const failure = await away.send(topic, [record('a')], 300).catch((error: Error) => error)
    expect(performance.now() - before).toBeLessThan(1_000)
    expect(failure).toBeInstanceOf(KafkaAway)
    expect((failure as Error).message).toMatch(/^Kafka (did not acknowledge|does not answer): \S/)
    await within(away.close(), 5_000, 'closing')
  })
})
