// How a search goes through a topic: parts, what is left, what is kept.
import { describe, expect, it } from 'vitest'
import { countOf, createHits, newestPart, parseRest, restText, withoutPart } from '../../services/operations/search-plan.ts'
import type { ReadRange, TopicRecord } from '../../services/topics/read.ts'

const record = (partition: number, offset: number, timestamp: number, bytes = 10): TopicRecord => ({
  partition,
  offset,
  key: `${partition}:${offset}`,
  value: Buffer.alloc(bytes),
  headers: {},
  timestamp,
})

describe('search plan', () => {
  it('parts - together are everything, each once, newest first, whatever their size', () => {
    const all: ReadRange[] = [
      { partition: 0, from: 7, to: 107 },
      { partition: 1, from: 0, to: 3 },
      { partition: 5, from: 0, to: 1_000 },
    ]
    const read: string[] = []
    let rest = all
    for (let size = 1; rest.length > 0; size *= 3) {
      const part = newestPart(rest, size)
      for (const { partition, from, to } of part)
        for (let offset = from; offset < to; offset++) read.push(`${partition}:${offset}`)
      rest = withoutPart(rest, part, new Map())
    }
    expect(read).toHaveLength(countOf(all))
    expect(new Set(read).size).toBe(read.length)
    expect(read.indexOf('5:999')).toBeLessThan(read.indexOf('5:0'))
  })

  it('rest - goes into an answer and comes back; what no answer has said is refused', () => {
    const rest = [
      { partition: 0, from: 17, to: 4_711 },
      { partition: 2, from: 0, to: 99 },
    ]
    expect(parseRest(restText(rest))).toEqual(rest)
    for (const wrong of ['x', '0', '0:1', '0:5-1', '0:1-2,0:3-4', '0:1-2,', '-1:0-2', '0:1-9999999999999999'])
      expect(() => parseRest(wrong), wrong).toThrow(/rest/)
  })

  it('hits - the newest are kept; what has no room is left for the next search, and nothing is lost or found twice', () => {
    const hits = createHits(3, 1_000_000)
    for (let offset = 0; offset < 10; offset++)
      for (const partition of [0, 1]) hits.add(record(partition, offset, offset * 10 + partition))
    const { records, leftOut } = hits.take()
    expect(records.map(({ key }) => key)).toEqual(['1:9', '0:9', '1:8'])
    expect([...leftOut].map(([partition, { offset }]) => [partition, offset])).toEqual([
      [0, 8],
      [1, 7],
    ])
    const ranges = [0, 1].map((partition) => ({ partition, from: 0, to: 10 }))
    const again = new Map([...leftOut].map(([partition, { offset }]) => [partition, offset]))
    expect(withoutPart(ranges, ranges, again)).toEqual([
      { partition: 0, from: 0, to: 9 },
      { partition: 1, from: 0, to: 8 },
    ])
  })

  it('timestamps that run backwards - the kept ones of a partition are its last', () => {
    const hits = createHits(1, 1_000_000)
    hits.add(record(0, 10, 100))
    hits.add(record(0, 11, 50))
    const { records, leftOut } = hits.take()
    expect([records[0].offset, leftOut.get(0)?.offset]).toEqual([11, 10])
  })

  it('large events - are bounded together; one is kept however large it is', () => {
    const hits = createHits(100, 1_000)
    for (let offset = 0; offset < 50; offset++) hits.add(record(0, offset, offset, 400))
    expect(hits.take().records.map(({ offset }) => offset)).toEqual([49, 48])
    const one = createHits(100, 1_000)
    one.add(record(0, 0, 0, 5_000))
    expect(one.take().records).toHaveLength(1)
  })
})
