// The flow in other people's world: records, answers, clocks, commits and rebalances that are not as one would like.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Outcome } from '../../../services/sinks/runtime/contract.ts'
import { markOf, newAccount } from '../../../services/topics/records.ts'
import { FAKED, message, messages, START, startFlow, stranger } from './made-up-flow.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: START, toFake: [...FAKED] })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const failing = async (): Promise<Outcome> => ({ kind: 'retry', reason: 'http_500', message: 'down' })
const hanging = (_: number[], signal: AbortSignal) =>
  new Promise<Outcome>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

describe('one record costs one record', () => {
  it.each([new TypeError('x is undefined'), new RangeError('Invalid time value'), new Error('whatever')])(
    'encode throws %s - that event is dead-lettered as unexpected, all others are delivered',
    async (error) => {
      const encode = ({ offset }: { offset: number }) => {
        if (offset === 2) throw error
        return { item: offset, bytes: 1, at: offset }
      }
      const { after, deliveries, letters, reasons, commits } = await startFlow(messages(5), {}, { encode })
      await after(100)
      expect([deliveries.flat(), letters, reasons, commits.at(-1)]).toEqual([[0, 1, 3, 4], [2], ['unexpected'], 5])
    },
  )

  it('a key of more than 256 bytes - is no log_id: dead-lettered, and neither commits nor headers carry it', async () => {
    const long = { ...message(0), key: Buffer.alloc(120_000, '1') }
    const { after, deliveries, reasons, commits, account } = await startFlow([long, ...messages(2, 1)])
    await after(100)
    expect([deliveries.flat(), reasons, commits.at(-1)]).toEqual([[1, 2], ['not_an_event'], 3])
    expect(account().checkpoint).toBe('id-2')
  })

  it.each(['-9000000000000000', '9000000000000000', '-1'])(
    'a record of the time %s - is delivered like any other',
    async (timestamp) => {
      const { after, deliveries, commits } = await startFlow([{ ...message(0), timestamp }, message(1)])
      await after(100)
      expect([deliveries.flat(), commits.at(-1)]).toEqual([[0, 1], 2])
    },
  )

  it('a rejected event while dead letters are refused - one trouble, told once, and one recovery', async () => {
    const { after, answers, troubles } = await startFlow([stranger(0), ...messages(6, 1)], { events: 1 })
    answers.letters = async () => {
      throw new Error('no such topic')
    }
    answers.deliver = async ([item]) =>
      item % 2 === 0 ? { kind: 'rejected', reason: 'http_400', message: 'bad' } : { kind: 'delivered' }
    await after(60_000)
    answers.letters = async () => {}
    await after(60_000)
    expect(troubles).toEqual(['dead_letter_refused', 'end of dead_letter_refused'])
  })
})

describe('trouble and assignments', () => {
  it('a rebalance while an attempt is under way - the next assignment tries again', async () => {
    const { after, answers, assign, deliveries, commits } = await startFlow(messages(3))
    answers.deliver = failing
    await after(50)
    answers.deliver = hanging
    await after(500)
    await assign()
    answers.deliver = async () => ({ kind: 'delivered' })
    await after(1_000)
    expect([deliveries.at(-1), commits.at(-1)]).toEqual([[0, 1, 2], 3])
  })

  it('stopped and started while the vendor is in trouble - tries again on a quiet topic, when the vendor asked for it', async () => {
    const { flow, after, answers, assign, attach, deliveries, commits } = await startFlow(messages(3))
    answers.deliver = async () => ({ kind: 'retry', reason: 'http_503', message: '', afterMs: 20_000 })
    await after(1_000)
    await Promise.all([flow.bringHome(), vi.advanceTimersByTimeAsync(5_000)])
    answers.deliver = async () => ({ kind: 'delivered' })
    attach()
    await assign()
    await after(13_000)
    expect(deliveries.length).toBe(1)
    await after(2_000)
    expect([deliveries.length, commits.at(-1)]).toEqual([2, 3])
  })

  it('an operator does not want to wait - the next attempt is made at once', async () => {
    const { flow, after, answers, deliveries, commits } = await startFlow(messages(2))
    answers.deliver = async () => ({ kind: 'hold', reason: 'http_401', message: '', afterMs: 600_000 })
    await after(60_000)
    expect([deliveries.length, flow.trouble()?.nextTry]).toEqual([1, expect.closeTo(START + 600_000, -4)])
    answers.deliver = async () => ({ kind: 'delivered' })
    flow.tryNow()
    await after(100)
    expect([deliveries.length, commits.at(-1), flow.trouble()]).toEqual([2, 2, undefined])
  })

  it('a vendor that asks for 31 years - is tried again after 15 minutes', async () => {
    const { after, answers, deliveries } = await startFlow(messages(1))
    answers.deliver = async () => ({ kind: 'retry', reason: 'http_429', message: '', afterMs: 1e12 })
    await after(14 * 60_000)
    expect(deliveries.length).toBe(1)
    await after(2 * 60_000)
    expect(deliveries.length).toBe(2)
  })

  it('commits that fail for ten seconds - are told, deliveries wait, and both go on with the first that is taken', async () => {
    const log = messages(1)
    const { after, answers, deliveries, troubles, commits } = await startFlow(log)
    answers.commit = async () => {
      throw new Error('Broker 3 not found in the cached metadata')
    }
    await after(9_000)
    expect(troubles).toEqual([])
    await after(3_000)
    expect(troubles).toEqual(['commit_failed'])
    log.push(message(1))
    await after(5_000)
    expect(deliveries).toEqual([[0]])
    answers.commit = async () => true
    await after(2_000)
    expect([troubles, deliveries, commits.at(-1)]).toEqual([['commit_failed', 'end of commit_failed'], [[0], [1]], 2])
  })
})

describe('clocks', () => {
  it.each([-3_600_000, 3_600_000])('the wall clock jumps by %i ms - deliveries and commits go on at once', async (step) => {
    const log = messages(2)
    const { after, deliveries, commits } = await startFlow(log)
    await after(100)
    vi.setSystemTime(Date.now() + step)
    log.push(message(2), message(3))
    await after(200)
    expect([deliveries.flat(), commits.at(-1)]).toEqual([[0, 1, 2, 3], 4])
  })

  it('the wall clock jumps ahead where nothing is acknowledged - settles nothing', async () => {
    const { after, commits } = await startFlow(messages(2), { settleMs: 5_000 })
    await after(100)
    vi.setSystemTime(Date.now() + 3_600_000)
    await after(1_000)
    expect(commits).toEqual([])
    await after(4_500)
    expect(commits).toEqual([2])
  })
})

describe('behind a delivery that hangs', () => {
  it('no more than 100,000 events are taken', async () => {
    const { flow, after, answers } = await startFlow(messages(150_000), { events: 1_000 })
    let first = true
    answers.deliver = async (items, signal) => {
      if (!first) return { kind: 'delivered' }
      first = false
      return hanging(items, signal)
    }
    await after(5_000)
    const [lane] = flow.lanes()
    expect(lane.openCount).toBeGreaterThan(90_000)
    expect(lane.openCount).toBeLessThanOrEqual(100_000)
  })

  it('a delivery that is not full goes within half a second, in another slot', async () => {
    const log = messages(1)
    const { after, answers, deliveries } = await startFlow(log)
    answers.deliver = hanging
    await after(50)
    answers.deliver = async () => ({ kind: 'delivered' })
    log.push(message(1))
    await after(500)
    expect(deliveries).toEqual([[0], [1]])
  })
})

describe('a log that is not the one that was read', () => {
  const account = (last: string) => ({ ...newAccount(0), delivered: 3, checkpoint: 'id-2', last })

  it('the record below the commit is the one that was read - goes on there', async () => {
    const { after, deliveries, troubles } = await startFlow(messages(5), {}, { account: account(markOf('id-2', START)) })
    await after(100)
    expect([deliveries.flat(), troubles]).toEqual([[3, 4], []])
  })

  it('it is another one - everything is delivered from the beginning, and it is told', async () => {
    const {
      after,
      deliveries,
      troubles,
      commits,
      account: now,
    } = await startFlow(messages(5), {}, { account: account(markOf('id-2', START - 1)) })
    await after(100)
    expect([deliveries.flat(), troubles, commits.at(-1)]).toEqual([[0, 1, 2, 3, 4], ['broken'], 5])
    expect(now()).toMatchObject({ base: 0, delivered: 5 })
  })

  it('a new leader holds the same records - nothing is read twice', async () => {
    const log = messages(3)
    const { after, deliveries, troubles } = await startFlow(log)
    await after(100)
    log.push(message(3, 1), message(4, 1))
    await after(1_000)
    expect([deliveries.flat(), troubles]).toEqual([[0, 1, 2, 3, 4], []])
  })

  it('a new leader has cut the log, which has grown again - what it holds is delivered', async () => {
    const log = messages(3)
    const { after, deliveries, commits } = await startFlow(log)
    await after(100)
    const other = (offset: number) => ({ ...message(offset, 1), key: Buffer.from(`other-${offset}`) })
    log.splice(1, 2, other(1), other(2), other(3), other(4))
    await after(2_000)
    expect(commits.at(-1)).toBe(5)
    expect(new Set(deliveries.flat().slice(3))).toEqual(new Set([0, 1, 2, 3, 4]))
  })
})

describe('offsets that hold no record', () => {
  it('at the end of the log - are committed, nothing lags, nothing expired', async () => {
    const { flow, after, commits, account, troubles } = await startFlow(messages(3))
    await after(100)
    flow.heard(new Map([[0, 5]]))
    expect(flow.lanes()[0].lag).toBe(2)
    flow.handlers.passed?.(0, 5)
    await after(100)
    expect([commits.at(-1), flow.lanes()[0].lag, account().expired, troubles]).toEqual([5, 0, 0, []])
    expect([account().base, account().delivered]).toEqual([2, 3])
  })
})
