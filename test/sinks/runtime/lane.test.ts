// The bookkeeping of one partition.
import { describe, expect, it } from 'vitest'
import { createDedupe } from '../../../services/sinks/runtime/dedupe.ts'
import { Lane, nextOf, type Place } from '../../../services/sinks/runtime/lane.ts'
import { markOf, newAccount } from '../../../services/topics/records.ts'
import { seededRandom } from '../../support/random.ts'

const dedupe = createDedupe(1)
const laneOf = (place: Partial<Place>) =>
  new Lane({ partition: 0, account: newAccount(0), logStart: 0, end: 0, ...place }, dedupe)
const lane = (base = 0) => laneOf({ account: newAccount(base) })

/** Takes the records at these offsets; answers their sequence numbers. */
const take = (it: Lane, ...offsets: number[]) => offsets.map((offset) => it.take(`id-${offset}`, offset, offset))
const range = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n)

describe('lane', () => {
  it('lane - counts the contiguous beginning of what has ended, in whatever order it ends', () => {
    const it = lane(10)
    const [a, b, c, d] = take(it, 10, 11, 12, 13)
    it.ended(c, 'delivered')
    it.ended(b, 'filtered')
    it.advance()
    expect([it.next, it.oldest(), it.account.checkpoint]).toEqual([10, { id: 'id-10', receivedAt: 10 }, ''])
    it.ended(a, 'dead_lettered')
    it.advance()
    expect([it.next, it.oldest()?.id, it.account.checkpoint]).toEqual([13, 'id-13', 'id-13'])
    it.ended(d, 'duplicates')
    it.advance()
    const counts = { delivered: 1, filtered: 1, dead_lettered: 1, duplicates: 1, expired: 0 }
    expect(it.account).toEqual({ base: 10, ...counts, checkpoint: 'id-13', last: markOf('id-13', 13) })
    expect([it.next, it.oldest(), it.openCount]).toEqual([14, undefined, 0])
  })

  it('lane - counts nothing twice', () => {
    const it = lane()
    it.ended(take(it, 0)[0], 'delivered')
    it.advance()
    it.advance()
    expect([it.account.delivered, it.next]).toEqual([1, 1])
  })

  it("lane - offsets without a record are nobody's: in their turn the base moves past them", () => {
    const it = lane(5)
    const [first] = take(it, 5)
    const [later, last] = take(it, 9, 10)
    it.ended(later, 'delivered')
    it.advance()
    expect([it.next, it.account.base]).toEqual([5, 5])
    it.ended(first, 'delivered')
    it.advance()
    expect([it.next, it.account.base, it.account.delivered, it.account.expired]).toEqual([10, 8, 2, 0])
    it.ended(last, 'delivered')
    it.passed(14)
    it.advance()
    expect([it.next, it.account.base, it.account.delivered, it.position]).toEqual([14, 11, 3, 14])
    expect([it.account.checkpoint, it.account.last]).toEqual(['id-10', undefined])
  })

  it('lane - offsets without a record before the first and behind the last one hold nothing up', () => {
    const it = laneOf({ account: newAccount(5), end: 9 })
    it.passed(9)
    it.advance()
    expect([it.next, it.lag, it.openCount, nextOf(it.account)]).toEqual([9, 0, 0, 9])
    it.passed(7)
    expect(it.position).toBe(9)
  })

  it('lane - what expired below the log start is in the account at once', () => {
    const account = { ...newAccount(0), delivered: 10, checkpoint: 'id-9' }
    const it = laneOf({ account, logStart: 25 })
    expect([it.next, it.position, it.from, it.account.expired, account.expired]).toEqual([25, 25, 25, 15, 0])
    expect(laneOf({ account, logStart: 10 }).account).toEqual(account)
    expect(laneOf({ account, logStart: 4 }).account).toEqual(account)
  })

  it('lane - again from what has settled: the rest is forgotten and comes again', () => {
    const it = lane()
    const events = take(it, 0, 1, 2, 3, 4)
    for (const event of events.slice(0, 3)) it.ended(event, 'delivered')
    it.advance()
    it.ready = { ...it.account }
    it.ended(events[3], 'delivered')
    it.advance()
    const again = it.again()
    expect([again.next, again.position, again.settlingAt, again.account.delivered, again.oldest()]).toEqual([
      3,
      3,
      3,
      3,
      undefined,
    ])
    expect([again.ready, again.committed, again.dedupe]).toEqual([it.ready, it.committed, it.dedupe])
    for (const event of take(again, 3, 4)) again.ended(event, 'delivered')
    again.advance()
    expect([again.next, again.account.delivered, again.account.expired]).toEqual([5, 5, 0])
  })

  it('lane - something is unsettled from its delivery on, contiguous or not, until it is ready', () => {
    const it = lane()
    const [first, second] = take(it, 0, 1)
    expect(it.hasUnsettled).toBe(false)
    it.ended(second, 'delivered')
    expect(it.hasUnsettled).toBe(true)
    it.ended(first, 'delivered')
    it.advance()
    expect(it.hasUnsettled).toBe(true)
    it.ready = { ...it.account }
    expect(it.hasUnsettled).toBe(false)
    it.ended(take(it, 2)[0], 'filtered')
    expect(it.hasUnsettled).toBe(false)
  })

  it('lane - lag is what Kafka holds and has not ended, also when the end was last heard of long ago', () => {
    const it = lane(5)
    it.end = 20
    expect(it.lag).toBe(15)
    take(it, ...range(5, 20))
    expect(it.lag).toBe(20)
    it.end = 0
    expect(it.lag).toBe(20)
  })

  it('lane - keeps its count over many records ended out of order, with gaps, without keeping them', () => {
    const random = seededRandom(5)
    const it = lane(1_000)
    const open: { sequence: number; offset: number }[] = []
    let offset = 1_000
    for (let round = 0; round < 400; round++) {
      if (round % 7 === 0) offset += 3
      for (const at of range(offset, 50)) open.push({ sequence: take(it, at)[0], offset: at })
      offset += 50
      while (open.length > 60) {
        const [one] = open.splice(random.below(open.length), 1)
        it.ended(one.sequence, random.pick(['delivered', 'filtered']))
      }
      it.advance()
      const first = Math.min(...open.map((one) => one.offset))
      expect(it.oldest()?.receivedAt).toBe(first)
      expect([first, first - 3]).toContain(it.next) // a gap just below counts with the record before or after it
    }
    for (const { sequence } of open) it.ended(sequence, 'delivered')
    it.advance()
    const { delivered, filtered } = it.account
    expect([delivered + filtered, it.next, it.openCount]).toEqual([20_000, offset, 0])
  })

  it('lane - of a job ends where its range does: expired records count up to there, offsets without a record too', () => {
    const gone = laneOf({ account: newAccount(5), logStart: 100, until: 20 })
    expect([gone.next, gone.account.expired]).toEqual([20, 15])
    const it = laneOf({ account: newAccount(5), until: 10 })
    const events = take(it, 5, 6)
    it.passed(12)
    for (const event of events) it.ended(event, 'delivered')
    it.advance()
    expect([it.next, it.account.delivered, it.position]).toEqual([10, 2, 10])
  })
})
