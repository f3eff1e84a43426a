// What the backfill keeps in memory: exact, and bounded.
import { describe, expect, test } from 'vitest'
import { logIdAt } from '../../../services/events/log-id.ts'
import { decodeCheckpoint, NO_CHECKPOINT } from '../../../services/ingest/backfill/checkpoint.ts'
import { createPublished } from '../../../services/ingest/backfill/poll.ts'
import { IdTable } from '../../../services/ingest/backfill/topic-ids.ts'

const id = (ms: number, n = 0) => `${logIdAt(ms).slice(0, 44)}${String(n).padStart(12, '0')}`

describe('published', () => {
  test('ids that tell no time - stay below a bound, the youngest are known', () => {
    const published = createPublished()
    const hex = (n: number) => n.toString(16).padStart(24, '0')
    for (let n = 0; n < 300_000; n++) published.isNew(hex(n), n)
    published.prune(hex(299_999))
    expect(published.size()).toBeLessThanOrEqual(200_000)
    expect(published.isNew(hex(299_998), 1)).toBe(false)
  })

  test('since - when the first of those was published that the overlap reaches', () => {
    const published = createPublished()
    published.isNew(id(1_000_000), 5)
    published.isNew(id(1_050_000), 7)
    expect(published.sinceMs()).toBe(5)
    published.prune(id(1_100_000))
    expect(published.sinceMs()).toBe(7)
    published.prune(id(9_000_000))
    expect(Date.now() - published.sinceMs()).toBeLessThan(1_000)
  })
})

test('a table of ids - knows each that was added and no other', () => {
  const table = new IdTable()
  const of = (n: number) => Buffer.from(id(1_700_000_000_000 + (n % 1_000), n))
  for (let n = 0; n < 200_000; n++) expect(table.add(of(n))).toBe(true)
  expect(table.add(of(77))).toBe(false)
  expect(table.size).toBe(200_000)
  let [known, unknown] = [0, 0]
  for (let n = 0; n < 200_000; n++) known += Number(table.has(of(n)))
  for (let n = 200_000; n < 1_000_000; n++) unknown += Number(table.has(of(n)))
  expect([known, unknown]).toEqual([200_000, 0])
})

describe('the committed checkpoint', () => {
  test.each(['', '{oops', '[]', 'null', '1', '"text"'])('%j - is none', (metadata) => {
    expect(decodeCheckpoint(metadata)).toBeUndefined()
  })
  test('fields of another kind - are empty; a newer major version is refused in words', () => {
    const odd = '{"v":1,"checkpoint":7,"term":"x","at":"soon","tick":{},"start_from":null}'
    expect(decodeCheckpoint(odd)).toEqual(NO_CHECKPOINT)
    expect(() => decodeCheckpoint('{"v":2}')).toThrow('newer version')
  })
})
