// What a sink does by the clock and by an operator's settings: ticks, live filters, START_FROM.
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { segment } from '../../../services/sinks/segment/sink.ts'
import { start as startSegment } from '../../../services/sinks/segment/stand-in/start.ts'
import { readControl } from '../../../services/topics/control.ts'
import { ensureTopics } from '../../../services/topics/create.ts'
import { testKafka } from '../../support/kafka.ts'
import { install, type Installation } from '../../support/installation.ts'
import { type Broker, openBroker } from '../../support/plain-kafka.ts'
import { makeEvents, recordOf } from '../../support/test-events.ts'
import { until } from '../../support/wait.ts'
import { sleep } from '../../../services/platform/lifecycle.ts'
import type { Sink } from '../../../services/sinks/runtime/contract.ts'

let broker: Broker
beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
})
afterAll(() => broker.close())

async function open(env: Record<string, string> = {}) {
  const vendor = await startSegment()
  /** Deliveries, those that Segment drops as repeats too. */
  const times = () => vendor.received.total + (vendor.received.counts.deduplicated ?? 0)
  const place = install(broker, segment as unknown as Sink, { SEGMENT_KEY: 'key', SEGMENT_HOST: vendor.origin, ...env })
  onTestFinished(async () => {
    await place.close()
    await vendor.close()
  })
  return { vendor, place, times }
}

const settings = (place: Installation, values: Record<string, string>) =>
  place.produce(
    [{ key: 'settings/segment', value: Buffer.from(JSON.stringify({ v: 1, values, by: 'test', at: new Date().toISOString() })) }],
    `${place.prefix}.control`,
  )

describe('schedule', { timeout: 40_000 }, () => {
  test('tick - delivers what is there when it comes due, one run a tick; nothing in between', async () => {
    const { vendor, place } = await open({ SEGMENT_SCHEDULE: '*/4 * * * * *' })
    await place.createTopic()
    await place.produce(makeEvents(20).map((event) => recordOf(event)))
    await place.start()
    await until(
      'the first tick',
      () => vendor.received.total,
      (total) => total === 20,
    )
    const { reports } = await place.follow({ onlyReports: true })
    const done = () => reports.filter(({ status }) => status === 'success')
    await until(
      'the report',
      () => done().length,
      (count) => count > 0,
    )
    const [first] = done()
    expect(first).toMatchObject({ delivered: 20, processed: 20 })
    const [, tick] = /^segment-(.*Z)$/.exec(String(first.run)) ?? []
    expect(Date.parse(tick) % 4_000).toBe(0)
    expect(Date.parse(String(first.next_run))).toBeGreaterThan(Date.parse(String(first.ended_at)))
    const second = Date.now() % 4_000
    await new Promise((resolve) => setTimeout(resolve, (second < 1_500 ? 1_500 : 5_500) - second))
    await place.produce(makeEvents(5).map((event) => recordOf(event)))
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(vendor.received.total, 'between two ticks').toBe(20)
    await until(
      'the next tick',
      () => vendor.received.total,
      (total) => total === 25,
    )
  })

  test('asked to run at once - delivers what is there, once, and waits for its tick again', async () => {
    const { vendor, place } = await open({ SEGMENT_SCHEDULE: '0 0 1 1 *' })
    await place.createTopic()
    await place.produce(makeEvents(5).map((event) => recordOf(event)))
    await place.start()
    const at = new Date().toISOString()
    const asked = { v: 1, state: 'running', by: 'ann', at, run_at: at }
    await place.produce([{ key: 'state/segment', value: Buffer.from(JSON.stringify(asked)) }], `${place.prefix}.control`)
    await until(
      'the run',
      () => vendor.received.total,
      (total) => total === 5,
    )
    const { reports } = await place.follow({ onlyReports: true })
    await until(
      'its report',
      () => reports.filter(({ status }) => status === 'success').length,
      (count) => count === 1,
    )
    expect(reports.at(-1)).toMatchObject({ run: `segment-${at}`, delivered: 5, lag: 0 })
    await place.produce(makeEvents(5).map((event) => recordOf(event)))
    await sleep(1_500)
    expect(vendor.received.total).toBe(5)
  })

  test('missed tick - runs once at the next start', async () => {
    const yearly = { SEGMENT_SCHEDULE: '0 0 1 1 *' }
    const { vendor, place } = await open(yearly)
    await place.createTopic()
    const first = await place.start()
    await until(
      'the reports topic',
      () => broker.admin((it) => it.listTopics()),
      (topics) => topics.includes(`${place.prefix}.reports`),
    )
    await first.close()
    const tick = new Date(Date.UTC(new Date().getUTCFullYear() - 1, 0, 1)).toISOString()
    const report = { v: 1, service: 'segment', run: `segment-${tick}`, status: 'success', checkpoint: '' }
    // Others have reported each minute for days since.
    const others = Array.from({ length: 6_000 }, (_, i) => ({ ...report, service: 'ingest', run: `i-${i}`, refused: {} }))
    const told = [report, ...others].map((one) => ({ key: one.service, value: Buffer.from(JSON.stringify(one)) }))
    await place.produce(told, `${place.prefix}.reports`)
    await place.produce(makeEvents(7).map((event) => recordOf(event)))
    await place.start()
    await until(
      'the missed tick',
      () => vendor.received.total,
      (total) => total === 7,
    )
  })
})

describe('live settings', () => {
  test('filter, batch size, schedule - changed while it runs; what is not understood changes nothing', async () => {
    const { vendor, place } = await open()
    await place.createTopic()
    await place.start()
    await settings(place, { SEGMENT_LOG_TYPES: 'f', SEGMENT_BATCH_SIZE: '2' })
    const typed = (type: string, count: number) =>
      makeEvents(count).map((event) => recordOf({ ...event, type, data: { ...event.data, type } }))
    await until(
      'the filter',
      async () => {
        await place.produce(typed('s', 1))
        return (await place.settled()).filtered
      },
      (filtered) => filtered > 0,
    )
    const { total, requests } = vendor.received
    await place.produce(typed('f', 6))
    await until(
      'those that pass',
      () => vendor.received.total,
      (now) => now === total + 6,
    )
    expect(vendor.received.requests - requests).toBeGreaterThanOrEqual(3)
    await settings(place, { SEGMENT_LOG_LEVEL: 'loud' })
    await place.produce([...typed('f', 1), ...typed('s', 1)])
    await place.settled()
    expect(vendor.received.total).toBe(total + 7)
  })
})

describe('START_FROM', { timeout: 40_000 }, () => {
  test('once per value - the sink is set back there; the same value again goes on where it was', async () => {
    const { times, place } = await open()
    await place.createTopic()
    await place.produce(makeEvents(10).map((event) => recordOf(event)))
    const member = await place.start()
    await place.settled()
    await member.close()
    const env = { SEGMENT_START_FROM: new Date(Date.now() - 60_000).toISOString() }
    const again = await place.start(env)
    await until('all again', times, (total) => total === 20)
    await place.settled()
    await again.close()
    await place.start(env)
    await place.produce(makeEvents(1).map((event) => recordOf(event)))
    await until('the new one', times, (total) => total >= 21)
    await place.settled()
    expect(times()).toBe(21)
  })
  test('older than the topic - the backfill is asked for what is missing', async () => {
    const { place } = await open()
    await place.createTopic()
    await place.produce(makeEvents(1).map((event) => recordOf(event)))
    const client = testKafka(inject('brokers'), place.prefix)
    await ensureTopics(client, ['control'])
    const backfill = {
      v: 1,
      service: 'backfill',
      kind: 'backfill',
      group: `${place.prefix}.backfill`,
      state: 'running',
      fields: [],
    }
    await place.produce([{ key: 'service/backfill', value: Buffer.from(JSON.stringify(backfill)) }], `${place.prefix}.control`)
    const from = new Date(Date.now() - 86_400_000).toISOString()
    await place.start({ SEGMENT_START_FROM: from })
    const jobs = [...(await readControl(client, 'test'))].filter(([key]) => key.startsWith('job/backfill/'))
    expect(jobs.map(([, job]) => job)).toEqual([expect.objectContaining({ from, state: 'wanted', by: 'START_FROM of segment' })])
  })
})
