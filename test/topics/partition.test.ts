// The partition of a key, held against Kafka's own test vectors and kafkajs' Java-compatible partitioner.
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { hashOf, murmur2 } from '../../services/topics/partition.ts'

const theirs = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2.js') as (key: Buffer) => number

describe('partition', () => {
  // UtilsTest.testMurmur2 of Apache Kafka
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('murmur2 - of %s is %d, as in Java', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash)
  })

  it('murmur2 - agrees with kafkajs for every length and for bytes over 127', () => {
    for (let length = 0; length < 200; length++) {
      const key = Buffer.from(Array.from({ length }, (_, i) => (i * 37 + length * 11) & 0xff))
      expect(murmur2(key)).toBe(theirs(key))
    }
  })

  it('hashOf - is never negative, and 0 without a key', () => {
    expect(hashOf(Buffer.from('21'))).toBe(-973932308 & 0x7fffffff)
    expect(hashOf(null)).toBe(0)
  })
})
