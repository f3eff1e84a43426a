// Record batches of a fetch, against kafkajs' own reader, which everything was read with before.
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { AT } from '../../services/topics/batch-format.ts'
import { readBatches } from '../../services/topics/fetched-records.ts'
import { type Compression, encodeHeaders, type OutRecord, RecordBatch } from '../../services/topics/record-batch.ts'
import { awkwardRecords } from '../support/awkward-records.ts'

type Read = (decoder: unknown) => Promise<unknown[]>
const load = createRequire(import.meta.url)
const kafkajsReads = load('kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js') as Read
const Decoder = load('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => unknown

/** What kafkajs makes of the same bytes. */
const byKafkajs = (bytes: Buffer) => {
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes.length)
  return kafkajsReads(new Decoder(Buffer.concat([size, bytes])))
}

/** As a broker stores it: with the offset that it gave, and what else `change` sets in the head. */
async function stored(
  records: OutRecord[],
  {
    offset = 0n,
    time = 1_790_000_000_123,
    compression = 'none',
    change,
  }: { offset?: bigint; time?: number; compression?: Compression; change?: (head: Buffer) => void } = {},
): Promise<Buffer> {
  const batch = new RecordBatch()
  for (const record of records) batch.add(record)
  const bytes = Buffer.from(await batch.encode(time, compression, { id: 7n, epoch: 1, sequence: 42 }))
  bytes.writeBigInt64BE(offset)
  change?.(bytes)
  return bytes
}

const some = (text: string, headers?: OutRecord['headers']): OutRecord => ({
  key: Buffer.from(text),
  value: Buffer.from(`v ${text}`),
  headers,
})

describe('batches', () => {
  test.each([1, 2, 3])('of any records - are read as kafkajs reads them (seed %i)', async (seed) => {
    const offsets = [0n, 5_000_000_000n, 2n ** 52n]
    const bytes = Buffer.concat(await Promise.all(offsets.map((offset, i) => stored(awkwardRecords(seed * 10 + i), { offset }))))
    const found = await readBatches(bytes)
    expect(found.length).toBeGreaterThan(900)
    expect(found).toEqual(await byKafkajs(bytes))
  })

  test('flags, the time of the broker, a time before 1970 - as kafkajs reads them', async () => {
    for (const attributes of [0x08, 0x10, 0x30])
      for (const time of [-5, 0, 1_790_000_000_123]) {
        const bytes = await stored([some('a'), some('b')], {
          time,
          change: (head) => void head.writeInt16BE(attributes, AT.attributes),
        })
        expect(await readBatches(bytes)).toEqual(await byKafkajs(bytes))
      }
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('%s - is unpacked', async (compression) => {
    const records = awkwardRecords(7)
    const [packed, plain] = [await stored(records, { compression }), await stored(records)]
    expect(await readBatches(packed)).toEqual(await readBatches(plain))
  })

  test('a codec that nobody knows - is said, not read as something else', async () => {
    const bytes = await stored([some('a')], { change: (head) => void head.writeInt16BE(5, AT.attributes) })
    await expect(readBatches(bytes)).rejects.toThrow('codec 5')
  })

  test('a header that comes twice - has both values', async () => {
    const twice = encodeHeaders(
      new Map([
        [Buffer.from('a'), Buffer.from('1')],
        [Buffer.from('a'), Buffer.from('2')],
      ]),
    )
    const bytes = await stored([some('x', twice), some('y', twice)])
    expect((await readBatches(bytes)).map(({ headers }) => String(headers.a))).toEqual(['1,2', '1,2'])
    expect(await readBatches(bytes)).toEqual(await byKafkajs(bytes))
  })

  test('cut anywhere - the whole ones before are read, the rest is left for the next fetch', async () => {
    const [first, second] = [await stored([some('a')]), await stored([some('b')], { offset: 1n })]
    const both = Buffer.concat([first, second])
    for (let length = 0; length < both.length; length++) {
      const keys = (await readBatches(both.subarray(0, length))).map(({ key }) => String(key))
      expect([length, keys]).toEqual([length, length < first.length ? [] : ['a']])
    }
  })

  test('offsets that compaction emptied - are passed, at the end of a batch and as a whole batch', async () => {
    const lastIs = (delta: number, count?: number) => (head: Buffer) => {
      head.writeInt32BE(delta, AT.lastOffsetDelta)
      if (count !== undefined) head.writeInt32BE(count, AT.count)
    }
    const bytes = Buffer.concat([
      await stored([some('a')], { offset: 10n, change: lastIs(4) }),
      await stored([], { offset: 15n, change: lastIs(2, 0) }),
      await stored([some('b')], { offset: 18n }),
    ])
    const found = (await readBatches(bytes)).map(({ offset, key, isControlRecord }) => [offset, String(key), isControlRecord])
    expect(found).toEqual([
      ['10', 'a', false],
      ['14', 'null', true],
      ['17', 'null', true],
      ['18', 'b', false],
    ])
  })

  test('bytes that end within a record - are an error, not half a record', async () => {
    const bytes = await stored([some('a'), some('b')], { change: (head) => void head.writeInt32BE(9, AT.count) })
    await expect(readBatches(bytes)).rejects.toThrow('ends within')
  })
})
