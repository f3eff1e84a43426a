// The bookkeeping of one partition.
import { describe, expect, it } from 'vitest'
import { type Ending, LogEvent } from '../../../services/events/log-event.ts'
import {
  add,
  advance,
  createLane,
  hasUnsettled,
  lag,
  type Lane,
  next,
  oldestOpen,
  rewind,
  skipTo,
} from '../../../services/sinks/runtime/lane.ts'
import { newAccount } from '../../../services/topics/records.ts'
import { seededRandom } from '../../support/random.ts'

const eventAt = (offset: number) =>
  new LogEvent({ id: `id-${offset}`, type: 's', value: null, receivedAt: offset, partition: 0, offset })

/** Takes the records at these offsets. */
const take = (lane: Lane, ...offsets: number[]) =>
  offsets.map((offset) => {
    const event = eventAt(offset)
    add(lane, event)
    return event
  })
const end = (event: LogEvent, ending: Ending = 'delivered') => {
  event.ending = ending
}
const lane = (base = 0) => createLane(0, newAccount(base), 0)

describe('lane', () => {
  it('lane - counts the contiguous beginning of what has ended, in whatever order it ends', () => {
    const it = lane(10)
    const events = take(it, 10, 11, 12, 13)
    end(events[2])
    end(events[1], 'filtered')
    advance(it)
    expect([next(it), oldestOpen(it), it.account.checkpoint]).toEqual([10, events[0], 'id-10'])
    end(events[0], 'dead_lettered')
    advance(it)
    expect([next(it), oldestOpen(it), it.account.checkpoint]).toEqual([13, events[3], 'id-13'])
    end(events[3], 'duplicates')
    advance(it)
    expect(it.account).toEqual({
      base: 10,
      delivered: 1,
      filtered: 1,
      dead_lettered: 1,
      duplicates: 1,
      expired: 0,
      checkpoint: 'id-13',
    })
    expect([next(it), oldestOpen(it)]).toEqual([14, undefined])
  })

  it('lane - counts nothing twice', () => {
    const it = lane()
    end(take(it, 0)[0])
    advance(it)
    advance(it)
    expect([it.account.delivered, next(it)]).toEqual([1, 1])
  })

  it('lane - offsets without a record are expired, counted in their turn', () => {
    const it = lane(5)
    const [first] = take(it, 5)
    expect([add(it, eventAt(9)), add(it, eventAt(10))]).toEqual([3, 0])
    advance(it)
    expect([next(it), it.account.expired]).toEqual([5, 0])
    end(first)
    advance(it)
    expect([next(it), it.account.expired, it.account.checkpoint]).toEqual([9, 3, 'id-9'])
  })

  it('lane - a gap before the first record', () => {
    const it = lane(5)
    expect(add(it, eventAt(7))).toBe(2)
    advance(it)
    expect([next(it), it.account.expired, it.account.delivered]).toEqual([7, 2, 0])
  })

  it('lane - what expired below the log start is in the account at once', () => {
    const account = { ...newAccount(0), delivered: 10, checkpoint: 'id-9' }
    const it = createLane(3, account, 25)
    expect([next(it), it.position, it.from, it.account.expired, account.expired]).toEqual([25, 25, 25, 15, 0])
    expect(createLane(3, account, 10).account).toEqual(account)
    expect(createLane(3, account, 4).account).toEqual(account)
  })

  it('lane - a rewind forgets what has not settled, and the records come again', () => {
    const it = lane()
    const events = take(it, 0, 1, 2, 3, 4)
    for (const event of events.slice(0, 3)) end(event)
    advance(it)
    it.ready = { ...it.account }
    end(events[3])
    advance(it)
    rewind(it)
    expect([next(it), it.position, it.settlingAt, it.account.delivered, oldestOpen(it)]).toEqual([3, 3, 3, 3, undefined])
    expect(it.ready).toEqual(it.account)
    const again = take(it, 3, 4)
    advance(it)
    expect([next(it), oldestOpen(it)]).toEqual([3, again[0]])
    again.forEach((event) => end(event))
    advance(it)
    expect([next(it), it.account.delivered, it.account.expired]).toEqual([5, 5, 0])
  })

  it('lane - something is unsettled from its delivery on, contiguous or not, until it is ready', () => {
    const it = lane()
    const [first, second] = take(it, 0, 1)
    expect(hasUnsettled(it)).toBe(false)
    end(second)
    expect(hasUnsettled(it)).toBe(true)
    end(first)
    advance(it)
    expect(hasUnsettled(it)).toBe(true)
    it.ready = { ...it.account }
    expect(hasUnsettled(it)).toBe(false)
    end(take(it, 2)[0], 'filtered')
    expect(hasUnsettled(it)).toBe(false)
  })

  it('lane - lag is what Kafka holds and has not ended, also when the end was last heard of long ago', () => {
    const it = lane(5)
    it.end = 20
    expect(lag(it)).toBe(15)
    take(it, ...Array.from({ length: 20 }, (_, n) => 5 + n))
    expect(lag(it)).toBe(20)
    it.end = 0
    expect(lag(it)).toBe(20)
  })

  it('lane - keeps its count over many records ended out of order, without keeping them', () => {
    const random = seededRandom(5)
    const it = lane(1_000)
    const open: LogEvent[] = []
    let offset = 1_000
    for (let round = 0; round < 400; round++) {
      open.push(...take(it, ...Array.from({ length: 50 }, () => offset++)))
      while (open.length > 60) end(open.splice(random.below(open.length), 1)[0], random.pick(['delivered', 'filtered']))
      advance(it)
      expect(next(it)).toBe(Math.min(...open.map((event) => event.offset)))
    }
    for (const event of open) end(event)
    advance(it)
    const { delivered, filtered } = it.account
    expect([delivered + filtered, next(it), it.open.length, it.head]).toEqual([20_000, offset, 0, 0])
  })

  it('lane - a record that waits for ever does not make room for nothing: what ended before it is let go', () => {
    const it = lane()
    const events = take(it, ...Array.from({ length: 5_000 }, (_, n) => n))
    for (const event of events.slice(0, 4_000)) end(event)
    advance(it)
    expect([next(it), it.open.length - it.head]).toEqual([4_000, 1_000])
    expect(it.open.length).toBeLessThan(1_100)
  })

  it('lane - of a job ends where its range does: expired records count up to there, and so do offsets without a record', () => {
    const gone = createLane(0, newAccount(5), 100, 20)
    expect([next(gone), gone.account.expired]).toEqual([20, 15])
    const it = createLane(0, newAccount(5), 0, 10)
    const events = take(it, 5, 6)
    expect(skipTo(it, 10, 0)).toBe(3)
    expect(skipTo(it, 10, 0)).toBe(0)
    events.forEach((event) => end(event))
    advance(it)
    expect([next(it), it.account.delivered, it.account.expired]).toEqual([10, 2, 3])
  })
})
