// The wire format of records, read back by kafkajs and by Kafka's own console consumer: what any client of the topic sees.
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { crc32c } from '@platformatic/kafka'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { findJava } from '../../services/local/broker/find-java.ts'
import { kafkaArtifacts } from '../../services/local/broker/kafka-artifacts.ts'
import { connectKafka } from '../../services/topics/client.ts'
import { openProducer, type TopicProducer } from '../../services/topics/produce.ts'
import { type Compression, type OutRecord, RecordBatch } from '../../services/topics/record-batch.ts'
import { readSettings } from '../../services/platform/settings.ts'
import { createLogger } from '../../services/platform/logger.ts'
import { kafkaFields } from '../../services/topics/fields.ts'
import { awkwardRecords, SIZES } from '../support/awkward-records.ts'
import { openBroker } from '../support/plain-kafka.ts'
import { until } from '../support/wait.ts'

const LIMIT_MS = 20_000
const brokers = inject('brokers')
const COMPRESSIONS: Compression[] = ['none', 'gzip', 'zstd', 'lz4', 'snappy']

const producers = new Map<Compression, TopicProducer>()
const topic = `test-${randomUUID()}`
let broker: Awaited<ReturnType<typeof openBroker>>

beforeAll(async () => {
  broker = await openBroker(brokers)
  await broker.createTopic(topic, 1)
  for (const compression of COMPRESSIONS) {
    const settings = readSettings(kafkaFields, { KAFKA_BROKERS: brokers, TOPIC_PREFIX: topic, KAFKA_COMPRESSION: compression })
    producers.set(compression, openProducer(connectKafka(settings, createLogger('test', 'silent'), 'test'), 'test'))
  }
})
afterAll(async () => {
  for (const producer of producers.values()) await producer.close()
  await broker?.close()
})

const hex = (bytes: Buffer | null | undefined) => (bytes === null || bytes === undefined ? null : bytes.toString('hex'))

describe('kafkajs', () => {
  // gzip alone is built in; the others are read below by Kafka itself.
  test.each(['none', 'gzip'] as const)('%s - gives every record back as it was', async (compression) => {
    const sent = awkwardRecords(1).map((record, i) => ({
      ...record,
      headers: i % 2 ? new Map([[Buffer.from('h'), Buffer.from([i, 0xff])]]) : undefined,
    }))
    const found: { key: string | null; value: string | null; headers: unknown }[] = []
    const [{ high }] = await broker.admin((admin) => admin.fetchTopicOffsets(topic))
    const reading = await broker.read([topic], ({ message: { offset, key, value, headers } }) => {
      if (Number(offset) < Number(high)) return
      found.push({ key: hex(key), value: hex(value), headers: headers?.h === undefined ? undefined : hex(headers.h as Buffer) })
    })
    await producers.get(compression)?.send(topic, sent, LIMIT_MS)
    await until(
      'the records',
      () => found.length,
      (length) => length >= sent.length,
    )
    await reading.close()
    expect(found).toEqual(
      sent.map(({ key, value, headers }) => ({
        key: hex(key),
        value: hex(value),
        headers: headers ? hex([...headers.values()][0]) : undefined,
      })),
    )
  })

  test('its own decoder of batches - reads numbers, times and headers with any bytes', async () => {
    const require = createRequire(import.meta.url)
    const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object
    const decode = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (decoder: unknown) => Promise<{
      maxTimestamp: string
      lastOffsetDelta: number
      records: { key: Buffer | null; value: Buffer | null; timestamp: string; offset: string; headers: Record<string, Buffer> }[]
    }>
    const sent = awkwardRecords(2)
    const batch = new RecordBatch()
    for (const record of sent) batch.add(record)
    const bytes = await batch.encode(1_790_000_000_123, 'none')
    const read = await decode(new Decoder(bytes))
    expect([read.lastOffsetDelta, read.maxTimestamp, read.records.length]).toEqual([
      sent.length - 1,
      '1790000000123',
      sent.length,
    ])
    for (const [i, record] of read.records.entries()) {
      expect([hex(record.key), hex(record.value), record.timestamp]).toEqual([
        hex(sent[i].key),
        hex(sent[i].value),
        '1790000000123',
      ])
    }
    const given = read.records[20].headers
    expect(Object.entries(given).map(([name, value]) => [name, hex(value)])).toEqual(
      [...(sent[20].headers as ReadonlyMap<Buffer, Buffer>)].map(([name, value]) => [name.toString(), hex(value)]),
    )
    // The checksum is of all that follows it.
    expect(bytes.readUInt32BE(17)).toBe(crc32c(bytes.subarray(21)))
    expect(bytes.readInt32BE(8)).toBe(bytes.length - 12)
  })
})

test("Kafka's console consumer - reads keys, values and headers, whatever they were compressed with", async () => {
  const own = `test-${randomUUID()}`
  await broker.createTopic(own, 1)
  const text = (length: number, i: number) => Buffer.from(`${i} é `.padEnd(length, 'x'))
  const lines: string[] = []
  for (const compression of COMPRESSIONS) {
    const sent: OutRecord[] = SIZES.map((size, i) => ({
      key: i % 5 === 1 ? null : Buffer.from(`${compression}-${i}`),
      value: i % 5 === 2 ? null : text(size, i),
      headers: new Map([
        [Buffer.from('type'), Buffer.from(compression)],
        [Buffer.from('empty'), Buffer.alloc(0)],
      ]),
    }))
    const settings = readSettings(kafkaFields, { KAFKA_BROKERS: brokers, TOPIC_PREFIX: own, KAFKA_COMPRESSION: compression })
    const producer = openProducer(connectKafka(settings, createLogger('test', 'silent'), 'test'), 'test')
    await producer.send(own, sent, LIMIT_MS)
    await producer.close()
    for (const { key, value } of sent) {
      lines.push(`type:${compression},empty:|${key?.toString() ?? 'null'}|${value?.toString() ?? 'null'}`)
    }
  }
  const printed = await consoleConsumer(own, lines.length)
  expect(printed.trimEnd().split('\n')).toEqual(lines)
}, 60_000)

/** What Kafka's own tool prints of a topic from its beginning. */
async function consoleConsumer(name: string, count: number): Promise<string> {
  const java = await findJava(process.env)
  if ('problem' in java) throw new Error(java.problem)
  const artifacts = await kafkaArtifacts(
    process.env,
    () => {},
    AbortSignal.timeout(120_000),
    () => {},
  )
  if ('problem' in artifacts) throw new Error(artifacts.problem)
  const properties = ['print.headers=true', 'print.key=true', 'key.separator=|', 'headers.separator=,'].flatMap((property) => [
    '--property',
    property,
  ])
  const args = ['--bootstrap-server', brokers, '--topic', name, '--from-beginning', '--max-messages', String(count)]
  return execFileSync(
    java.java,
    [
      '-Xmx256m',
      '-Dfile.encoding=UTF-8',
      '-cp',
      join(artifacts.libs, '*'),
      'org.apache.kafka.tools.consumer.ConsoleConsumer',
      ...args,
      '--timeout-ms',
      '20000',
      ...properties,
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 50_000, maxBuffer: 64 * 1024 * 1024 },
  )
}
