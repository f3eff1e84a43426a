// The flow alone, in made-up time: what comes between two steps, which no test against a real broker meets twice.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLogger } from '../../../services/platform/logger.ts'
import type { Limits, Outcome } from '../../../services/sinks/runtime/contract.ts'
import { createFlow } from '../../../services/sinks/runtime/flow.ts'
import type { CommitOffset, GroupConsumer, KafkaMessage } from '../../../services/topics/consume.ts'
import { newAccount } from '../../../services/topics/records.ts'

const START = Date.parse('2026-03-04T05:06:07Z')
const SETTLE_MS = 5_000

beforeEach(() => {
  vi.useFakeTimers({ now: START, toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance', 'Date'] })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** The record that partition 0 holds at an offset; every event's item is its offset. */
const message = (offset: number) =>
  ({
    key: Buffer.from(`id-${offset}`),
    value: Buffer.from('{}'),
    headers: { type: Buffer.from('s') },
    timestamp: String(START),
    offset: String(offset),
  }) as unknown as KafkaMessage
/** A record that is dead-lettered. */
const stranger = (offset: number): KafkaMessage => ({ ...message(offset), key: null })

/** A flow of partition 0 from offset 0 on, with all around it made up. The log is read as kafkajs would: from the last seek on. */
async function startFlow(log: KafkaMessage[], limits: Partial<Limits> = {}) {
  const deliveries: number[][] = []
  const commits: number[] = []
  const troubles: string[] = []
  const letters: number[] = []
  const answers = {
    deliver: async (): Promise<Outcome> => ({ kind: 'delivered' }),
    commit: async (): Promise<boolean> => true,
    letters: async (): Promise<void> => {},
  }
  const flow = createFlow({
    limits: { events: 100, bytes: 1e6, bytesAnEvent: 1e6, ...limits },
    inFlight: limits.settleMs === undefined ? 4 : 1,
    partitions: () => 1,
    filter: undefined,
    redact: undefined,
    encode: ({ offset }) => ({ item: offset, bytes: 1, at: offset }),
    connection: {
      deliver(items) {
        deliveries.push(items as number[])
        return answers.deliver()
      },
      check: async () => {},
      close: async () => {},
    },
    places: async () => [{ partition: 0, account: newAccount(0), end: log.length, logStart: 0, refillFrom: 0 }],
    async sendDeadLetters(sent) {
      await answers.letters()
      letters.push(...sent.map(({ from }) => from!.offset))
    },
    crashed: (error) => troubles.push(`crashed: ${error.message}`),
    topic: 'topic',
    log: createLogger('test', 'silent'),
    watch: {
      ended: () => {},
      expired: (count) => troubles.push(`expired ${count}`),
      delivered: () => {},
      retried: () => {},
      troubled: ({ reason }) => troubles.push(reason),
      recovered: ({ reason }) => troubles.push(`end of ${reason}`),
      broken: () => troubles.push('broken'),
    },
    random: () => 0.5,
  })

  let paused = false
  let position = 0
  let reading = false
  async function read(): Promise<void> {
    if (reading) return
    reading = true
    while (!paused && position < log.length) {
      const from = position
      const taken = await flow.handlers.records(0, log.slice(from), log.length)
      if (position === from) position += taken
      if (taken === 0) break
    }
    reading = false
  }
  const consumer: GroupConsumer = {
    pause: () => (paused = true),
    resume() {
      paused = false
      void Promise.resolve().then(read)
    },
    paused: () => paused,
    leaveOut: () => {},
    seek(offsets) {
      position = offsets.get(0)!
      void Promise.resolve().then(read)
    },
    startOver: () => {},
    async commit([{ offset }]: CommitOffset[]) {
      const answer = await answers.commit()
      commits.push(offset)
      return answer
    },
    silentForMs: () => 0,
    close: async () => {},
  }
  await flow.handlers.assigned({ partitions: [0], signal: new AbortController().signal })
  flow.attach(consumer)
  return {
    flow,
    answers,
    deliveries,
    commits,
    troubles,
    letters,
    /** Lets this much time pass, and all that happens meanwhile. */
    async after(ms: number): Promise<void> {
      await read()
      await vi.advanceTimersByTimeAsync(ms)
    },
  }
}

const refused = async (): Promise<never> => {
  throw new Error('no such topic')
}
const messages = (count: number) => Array.from({ length: count }, (_, offset) => message(offset))

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
