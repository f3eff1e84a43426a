// The flow alone, in made-up time: what comes between two steps, which no test against a real broker meets twice.
import { afterEach, beforeEach, describe, expect, it, vi, onTestFinished } from 'vitest'
import { FAKED, message, messages, START, startFlow, stranger } from './made-up-flow.ts'

const SETTLE_MS = 5_000

beforeEach(() => {
  vi.useFakeTimers({ now: START, toFake: [...FAKED] })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const refused = async (): Promise<never> => {
  throw new Error('no such topic')
}

describe('flow', () => {
  it('flow - delivers, then commits what follows the last record', async () => {
    const { after, deliveries, commits } = await startFlow(messages(3))
    await after(10)
    expect([deliveries, commits]).toEqual([[[0, 1, 2]], [3]])
  })

  it('flow - a failed delivery is tried again also where the timer comes a millisecond early', async () => {
    const { after, answers, deliveries } = await startFlow(messages(1))
    answers.deliver = async () => ({ kind: 'retry', reason: 'http_500', message: '' })
    await after(99)
    answers.deliver = async () => ({ kind: 'delivered' })
    const now = vi.spyOn(Date, 'now')
    now.mockReturnValueOnce(START + 99) // due at 100: what the timer sees first
    await after(1)
    await after(1_000)
    expect(deliveries).toEqual([[0], [0]])
  })

  it('flow - where nothing is acknowledged, a commit comes after the settling time', async () => {
    const { after, commits } = await startFlow(messages(2), { settleMs: SETTLE_MS })
    await after(SETTLE_MS - 1)
    expect(commits).toEqual([])
    await after(300)
    expect(commits).toEqual([2])
  })

  it('flow - a break within the settling time: sent again, committed a settling time after that', async () => {
    const { flow, after, commits, deliveries, troubles } = await startFlow(messages(2), { settleMs: SETTLE_MS })
    await after(4_000)
    flow.broke('reset by peer')
    await after(SETTLE_MS)
    expect([deliveries, commits]).toEqual([
      [
        [0, 1],
        [0, 1],
      ],
      [],
    ])
    await after(500)
    expect([commits, troubles]).toEqual([[2], ['connection_reset', 'end of connection_reset']])
  })

  it('flow - a break long after all had settled is nothing', async () => {
    const { flow, after, deliveries, troubles } = await startFlow(messages(2), { settleMs: SETTLE_MS })
    await after(2 * SETTLE_MS)
    flow.broke('idle')
    await after(1_000)
    expect([deliveries.length, troubles]).toEqual([1, []])
  })

  it('flow - a break while a commit is under way: what was delivered meanwhile is sent again', async () => {
    const log = messages(1)
    const { flow, after, answers, commits, deliveries } = await startFlow(log, { settleMs: SETTLE_MS })
    const slow = Promise.withResolvers<boolean>()
    answers.commit = () => slow.promise // Kafka is slow to take the commit of the first event
    await after(SETTLE_MS + 300)
    log.push(message(1))
    await after(10)
    flow.broke('reset by peer') // the second event was delivered 10 ms ago
    await after(10)
    slow.resolve(true)
    await after(2 * SETTLE_MS)
    expect(deliveries).toEqual([[0], [1], [1]])
    expect(commits).toEqual([1, 2])
  })

  it('flow - a break while the service is closing: what had not settled is not committed', async () => {
    const { flow, after, commits } = await startFlow(messages(2), { settleMs: SETTLE_MS })
    await after(1_000)
    const home = flow.bringHome()
    await after(1_000)
    flow.broke('reset by peer')
    await after(2 * SETTLE_MS)
    await home
    expect(commits).toEqual([])
  })

  it('flow - closing where timers come early: what was delivered settles and is committed all the same', async () => {
    const { flow, after, commits } = await startFlow(messages(2), { settleMs: SETTLE_MS })
    await after(1_000)
    const { setTimeout } = globalThis
    vi.stubGlobal('setTimeout', (work: () => void, ms = 0) => setTimeout(work, ms - 5))
    onTestFinished(() => void vi.unstubAllGlobals())
    const home = flow.bringHome()
    await after(SETTLE_MS)
    await home
    expect(commits).toEqual([2])
  })

  it.each([
    ['flow', {}],
    ['flow, nothing acknowledged', { settleMs: SETTLE_MS }],
  ])('%s - a refused dead letter holds the commit; what was delivered is not sent again', async (_, limits) => {
    const log = [message(0), stranger(1), message(2)]
    const { after, answers, commits, deliveries, troubles, letters } = await startFlow(log, limits)
    answers.letters = refused
    await after(120_000)
    expect(commits.at(-1)).toBe(1)
    answers.letters = async () => {}
    await after(60_000)
    expect([commits.at(-1), letters]).toEqual([3, [1]])
    expect(troubles).toEqual(['dead_letter_refused', 'end of dead_letter_refused'])
    expect(deliveries).toEqual([[0, 2]])
  })
})
