// A flow with all around it made up: the log, the vendor, the dead letters, the commits; time is the test's.
import type { LogEvent } from '../../../services/events/log-event.ts'
import { createLogger } from '../../../services/platform/logger.ts'
import type { Encoded, Limits, Outcome } from '../../../services/sinks/runtime/contract.ts'
import { createFlow } from '../../../services/sinks/runtime/flow.ts'
import type { CommitOffset, GroupConsumer, KafkaMessage } from '../../../services/topics/consume.ts'
import { type Account, decodeAccount, newAccount } from '../../../services/topics/records.ts'
import { vi } from 'vitest'

export const START = Date.parse('2026-03-04T05:06:07Z')
export const FAKED = ['setTimeout', 'clearTimeout', 'setImmediate', 'performance', 'Date'] as const

/** The record that partition 0 holds at an offset; every event's item is its offset. */
export const message = (offset: number, epoch = 0) =>
  ({
    key: Buffer.from(`id-${offset}`),
    value: Buffer.from('{}'),
    headers: { type: Buffer.from('s') },
    timestamp: String(START),
    offset: String(offset),
    batchContext: { partitionLeaderEpoch: epoch },
  }) as unknown as KafkaMessage
/** A record that is dead-lettered. */
export const stranger = (offset: number): KafkaMessage => ({ ...message(offset), key: null })
export const messages = (count: number, from = 0) => Array.from({ length: count }, (_, n) => message(from + n))

/**
 * A flow of partition 0 from its commit on. The log is read as kafkajs would: from the last seek on, and offered again where it was not
 * taken. `startOver` asks for the places again, as a join does.
 */
export async function startFlow(
  log: KafkaMessage[],
  limits: Partial<Limits> = {},
  more: { inFlight?: number; encode?: (event: LogEvent) => Encoded<unknown>; account?: Account } = {},
) {
  const deliveries: number[][] = []
  const commits: number[] = []
  const troubles: string[] = []
  const letters: number[] = []
  const reasons: string[] = []
  const answers = {
    deliver: async (_items: number[], _signal: AbortSignal): Promise<Outcome> => ({ kind: 'delivered' }),
    commit: async (): Promise<boolean> => true,
    letters: async (): Promise<void> => {},
  }
  let committed = more.account ?? newAccount(0)
  const flow = createFlow({
    limits: { events: 100, bytes: 1e6, bytesAnEvent: 1e6, ...limits },
    inFlight: more.inFlight ?? (limits.settleMs === undefined ? 4 : 1),
    partitions: () => 1,
    filter: undefined,
    redact: undefined,
    encode: more.encode ?? (({ offset }) => ({ item: offset, bytes: 1, at: offset })),
    connection: {
      deliver(items, signal) {
        deliveries.push(items as number[])
        return answers.deliver(items as number[], signal)
      },
      check: async () => {},
      close: async () => {},
    },
    async places(_, broken) {
      const why = broken.get(0)
      const account = why === undefined ? committed : newAccount(0)
      const next = account.base + account.delivered + account.dead_lettered
      const place = { partition: 0, account, end: log.length, logStart: 0, refillFrom: Math.max(0, next - 1) }
      return [why === undefined ? place : { ...place, broken: why }]
    },
    async sendDeadLetters(sent) {
      await answers.letters()
      letters.push(...sent.map(({ from }) => from!.offset))
      reasons.push(...sent.map(({ reason }) => reason))
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
  /** What was read before a seek or a new assignment moves nothing. */
  let epoch = 0
  let reading = false
  async function read(): Promise<void> {
    if (reading) return
    reading = true
    while (!paused && position < log.length) {
      const began = epoch
      const taken = await flow.handlers.records(0, log.slice(position), log.length)
      if (epoch !== began) continue
      position += taken
      if (taken === 0) break
    }
    reading = false
  }
  /** A new assignment, as a join begins it. */
  async function assign(): Promise<void> {
    epoch++
    const starts = await flow.handlers.assigned({ partitions: [0], signal: new AbortController().signal })
    epoch++
    position = starts.get(0) ?? log.length
    void read()
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
      epoch++
      position = offsets.get(0)!
      void Promise.resolve().then(read)
    },
    startOver: () => void assign(),
    async commit([{ offset, metadata }]: CommitOffset[]) {
      const answer = await answers.commit()
      if (answer) committed = decodeAccount(metadata, offset)!
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
    reasons,
    assign,
    attach: () => flow.attach(consumer),
    account: () => committed,
    /** Lets this much time pass, and all that happens meanwhile. */
    async after(ms: number): Promise<void> {
      void read()
      await vi.advanceTimersByTimeAsync(ms)
    },
  }
}
