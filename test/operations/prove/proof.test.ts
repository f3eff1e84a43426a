// The proof itself, with a made-up list of Auth0's: resumed after a break, in windows of hours, a list that Auth0 has begun to forget.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Auth0List, NotTaken } from '../../../services/operations/prove/auth0-day.ts'
import type { ProofOptions } from '../../../services/operations/prove/contract.ts'
import { dayIn } from '../../../services/operations/prove/days.ts'
import { proofSoFar, proveDay } from '../../../services/operations/prove/proof.ts'
import { knownServices } from '../../../services/operations/services.ts'
import { readControl } from '../../../services/topics/control.ts'
import type { Certificate } from '../../../services/topics/proof-records.ts'
import { newPrefix } from '../../support/kafka.ts'
import { type Broker, openBroker } from '../../support/plain-kafka.ts'
import { announce, closeOperators, openOperator, serviceRecord } from '../announced.ts'
import { timedEvents, type TimedEvent } from '../asking.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

let broker: Broker
beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
})
afterAll(async () => {
  await closeOperators()
  await broker.close()
})

const yesterday = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10)
const day = dayIn(yesterday, 'UTC')

/** Twenty logs an hour, all of them in the topic unless left out, and a sink that has delivered nothing yet. */
async function scene(leftOut: (event: TimedEvent, n: number) => boolean = () => false) {
  const prefix = newPrefix()
  const context = openOperator(broker.brokers, prefix)
  await announce(context.client, context.producer, [serviceRecord(prefix, 'segment')])
  const events = timedEvents(480, day.from, 180_000)
  const received = events.filter((event, n) => !leftOut(event, n))
  await broker.producer.send({ topic: prefix, messages: received.map(({ record }) => record) })
  const control = await readControl(context.client, 'test')
  const asked: string[] = []
  const list = (more: Partial<Auth0List> & { failAt?: number } = {}): Auth0List => ({
    asked: { tenant: 't', retention_days: 30, stream: null, stream_problem: '' },
    delivers: () => true,
    oldest: async () => day.from - HOUR_MS,
    async *pages(fromMs, toMs) {
      asked.push(new Date(fromMs).toISOString().slice(11, 13))
      if (more.failAt !== undefined && asked.length > more.failAt) throw new Error('killed')
      yield events.filter(({ time }) => time >= fromMs && time < toMs).map(({ id }) => ({ id, type: 's' }))
    },
    ...more,
  })
  const options = (auth0: Auth0List | undefined): ProofOptions => ({
    client: context.client,
    producer: context.producer,
    control,
    id: 'proof-1',
    since: Date.now() - HOUR_MS,
    day,
    sinks: knownServices(control),
    auth0,
    key: undefined,
    by: 'test',
    progress: () => {},
    signal: new AbortController().signal,
  })
  return { events, asked, list, options }
}

describe('a proof', { concurrent: true, timeout: 90_000 }, () => {
  it('broken off - goes on with the hour that was under way, and asks Auth0 for no hour twice', async () => {
    const { asked, list, options, events } = await scene((_, n) => n === 3 || n === 200)
    await expect(proveDay(options(list({ failAt: 6 })))).rejects.toThrow('killed')
    const before = await proofSoFar(options(undefined))
    expect(before).toMatchObject({ certificate: undefined, leftOut: 0 })
    expect(before.rows).toHaveLength(6)
    asked.length = 0
    const certificate = await proveDay(options(list()))
    expect(asked).toHaveLength(18)
    expect(asked[0]).toBe('06')
    expect(certificate.totals).toMatchObject({ auth0: 480, topic: 478, missing: 2 })
    expect(certificate.list.filter(({ kind }) => kind === 'missing').map(({ log_id }) => log_id)).toEqual([
      events[3].id,
      events[200].id,
    ])
    expect(certificate.hours.map(({ at }) => at)).toEqual(day.hours.map(({ at }) => at))
    expect(certificate.as_of).toBe(before.frozen?.as_of)
  })

  it('more logs than fit - is made in windows of hours, with the same result', async () => {
    const { list, options } = await scene((_, n) => n % 100 === 7)
    const whole = await proveDay(options(list()))
    const parts = await proveDay({ ...options(list()), id: 'proof-2', mostLogs: 50 })
    const untimed = ({ hours }: Certificate) => hours.map((hour) => ({ ...hour, checked_at: '' }))
    expect(untimed(parts)).toEqual(untimed(whole))
    expect(parts.hashes).toEqual(whole.hashes)
    expect(parts.list).toEqual(whole.list)
    expect(whole.totals.missing).toBe(5)
    expect(whole.reasons.map(({ reason, logs }) => [reason, logs])).toEqual([
      ['missing', 5],
      ['waiting', 475],
    ])
  })

  it('a log that Auth0 does not list - is named, and no gap', async () => {
    const { events, list, options } = await scene()
    const own = list()
    const without = new Set([events[40].id, events[41].id])
    const pages: Auth0List['pages'] = async function* (from, to, signal) {
      for await (const page of own.pages(from, to, signal)) yield page.filter(({ id }) => !without.has(id))
    }
    const certificate = await proveDay(options(list({ pages })))
    expect(certificate.list.filter(({ kind }) => kind === 'not_listed').map(({ log_id }) => log_id)).toEqual([...without])
    expect(certificate.hours[2]).toMatchObject({ topic: { logs: 20, not_listed: 2, missing: 0 }, auth0: { logs: 18 } })
    expect(certificate.reasons.map(({ reason }) => reason)).toEqual(['waiting'])
  })

  it('hours that Auth0 no longer holds - are not decidable, the others are', async () => {
    const { events, list, options } = await scene()
    // It keeps a day and forgets from the front.
    const kept = day.from + 5 * HOUR_MS
    const own = list()
    const pages: Auth0List['pages'] = async function* (from, to, signal) {
      for await (const page of own.pages(from, to, signal)) yield page.filter(({ id }) => id >= events[100].id)
    }
    const forgets = { pages, oldest: async () => kept, asked: { ...own.asked, retention_days: 30 } }
    const certificate = await proveDay(options(list(forgets)))
    expect(certificate.hours.slice(0, 5).every(({ auth0, reasons }) => auth0 === null && reasons.includes('auth0_expired'))).toBe(
      true,
    )
    expect(certificate.hours.slice(5).every(({ auth0 }) => auth0?.logs === 20)).toBe(true)
    expect(certificate.hashes.auth0).toBe('')
    expect(certificate.totals.missing).toBe(0)
  })

  it('a beginning that Auth0 does not take - is an hour that it no longer holds, and no failure; where it holds it, it is one', async () => {
    const { list, options } = await scene()
    const refuses: Auth0List['pages'] = async function* () {
      yield []
      throw new NotTaken('Auth0 answered 400: The log event is not found.')
    }
    const gone = await proveDay(options(list({ pages: refuses, oldest: async () => day.to })))
    expect(gone.hours.every(({ auth0, reasons }) => auth0 === null && reasons.includes('auth0_expired'))).toBe(true)
    await expect(proveDay({ ...options(list({ pages: refuses })), id: 'proof-2' })).rejects.toThrow('Auth0 answered 400')
  })

  it("what the stream's filter leaves out - is not missing, unless the stream delivered that type the same day", async () => {
    const { list, options } = await scene((_, n) => n % 10 === 0)
    const own = list()
    const typed: Auth0List['pages'] = async function* (from, to, signal) {
      for await (const page of own.pages(from, to, signal))
        yield page.map(({ id }, n) => ({ id, type: n % 10 === 0 ? 'slo' : 's' }))
    }
    const certificate = await proveDay(options(list({ pages: typed, delivers: (type) => type !== 'slo' })))
    expect(certificate.totals).toMatchObject({ missing: 0, excluded: 48 })
    expect(certificate.hours[0].auth0?.excluded).toEqual({ slo: 2 })
    const other = await proveDay({ ...options(list({ pages: own.pages, delivers: () => false })), id: 'proof-2' })
    expect(other.totals).toMatchObject({ missing: 48, excluded: 0 })
    expect(other.list[0].why).toMatch(/filter leaves this type out now, but delivered some that day/)
  })

  it('a day that is not over - compares the hours that are, and is not decidable', async () => {
    const { list, options } = await scene()
    const now = new Date()
    const today = dayIn(now.toISOString().slice(0, 10), 'UTC')
    const certificate = await proveDay({ ...options(list({ oldest: async () => today.from - 1 })), day: today, sinks: [] })
    const over = Math.floor((now.getTime() - 60_000 - today.from) / HOUR_MS)
    expect(certificate.hours.map(({ reasons }) => reasons.join())).toEqual(
      today.hours.map((_, n) => (n < over ? '' : 'not_over')),
    )
    expect(certificate.verdict).toBe('not_decidable')
  })

  it('given up - leaves no certificate', async () => {
    const { list, options } = await scene()
    const gone = new AbortController()
    const own = options(list({ oldest: async () => (gone.abort(new Error('gone')), day.from - 1) }))
    await expect(proveDay({ ...own, signal: gone.signal })).rejects.toThrow('gone')
    expect((await proofSoFar(options(undefined))).certificate).toBeUndefined()
  })
})
