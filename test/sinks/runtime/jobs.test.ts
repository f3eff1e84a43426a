// Jobs against a real Kafka and the stand-in of Segment: beside the live group, by several members, broken off, cancelled.
import { afterAll, beforeAll, describe, expect, inject, test as base } from 'vitest'
import { jobKey, jobPlace } from '../../../services/topics/jobs.ts'
import type { JobRecord } from '../../../services/topics/control.ts'
import { start as startPapertrail } from '../../../services/sinks/papertrail/stand-in/start.ts'
import { start as startSegment } from '../../../services/sinks/segment/stand-in/start.ts'
import type { StandIn } from '../../../services/sandbox/stand-in.ts'
import type { Sink } from '../../../services/sinks/runtime/contract.ts'
import { papertrail } from '../../../services/sinks/papertrail/sink.ts'
import { segment } from '../../../services/sinks/segment/sink.ts'
import { type Installation, install } from '../../support/installation.ts'
import { type Broker, openBroker } from '../../support/plain-kafka.ts'
import { testKafka } from '../../support/kafka.ts'
import { makeEvents, recordOf, type TestEvent } from '../../support/test-events.ts'
import { schemaProblems } from '../../support/schemas.ts'
import { until } from '../../support/wait.ts'

let broker: Broker
beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
})
afterAll(() => broker.close())

type Scene = { vendor: StandIn; times: Map<string, number>; place: Installation }
const test = base.extend<Scene>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern what a fixture needs
  times: async ({}, use) => use(new Map()),
  vendor: async ({ times }, use) => {
    const vendor = await startSegment({ onEvent: ({ id }) => void times.set(id, (times.get(id) ?? 0) + 1) })
    await use(vendor)
    await vendor.close()
  },
  place: async ({ vendor }, use) => {
    const place = install(broker, segment as unknown as Sink, { SEGMENT_KEY: 'key', SEGMENT_HOST: vendor.origin })
    await use(place)
    await place.close()
  },
})

const job = (given: Partial<JobRecord>): JobRecord => ({
  v: 1,
  id: 'one',
  service: 'segment',
  kind: 'replay',
  state: 'wanted',
  ranges: [],
  from: 'earliest',
  to: 'latest',
  reason: '',
  rate: 0,
  delivered: 0,
  failed: 0,
  error: '',
  ended_at: '',
  checkpoint: '',
  by: 'test',
  at: new Date().toISOString(),
  ...given,
})
const ask = (place: Installation, record: JobRecord) =>
  place.produce([{ key: jobKey(record), value: Buffer.from(JSON.stringify(record)) }], `${place.prefix}.control`)
const recordOfJob = async (place: Installation, id = 'one') => (await place.control()).get(`job/segment/${id}`) as JobRecord
const ended = (place: Installation, id = 'one') =>
  until(
    'the end of the job',
    () => recordOfJob(place, id),
    ({ ended_at }) => ended_at !== '',
    { everyMs: 200, limitMs: 25_000 },
  )
const groupState = (place: Installation, record: JobRecord) => {
  const { group } = jobPlace(testKafka(broker.brokers, place.prefix), record)
  return broker.admin(async (it) => (await it.describeGroups([group])).groups[0].state)
}
const gone = (place: Installation, record: JobRecord) =>
  until(
    'the group of the job to be gone',
    () => groupState(place, record),
    (state) => state === 'Dead',
  )
/** Spread over the partitions in turn, so that offsets are known. */
const spread = (events: TestEvent[]) => events.map((event, n) => recordOf(event, n % 3))

describe('jobs', { concurrent: true, timeout: 60_000 }, () => {
  test('replay - a range goes out once more, each event once, beside the live group, by two members, and ends once', async ({
    vendor,
    place,
  }) => {
    await place.start()
    await place.start()
    const events = makeEvents(300)
    await place.produce([...spread(events), recordOf(events[30], 0)])
    expect(await place.settled()).toMatchObject({ delivered: 300, duplicates: 1, problems: [] })
    vendor.reset()
    const record = job({
      ranges: [
        { partition: 0, from: 10, to: 101 },
        { partition: 2, from: 0, to: 100 },
      ],
    })
    await ask(place, record)
    const live = makeEvents(60)
    for (let n = 0; n < 60; n += 10) await place.produce(spread(live.slice(n, n + 10)))
    const done = await ended(place)
    expect(done).toMatchObject({ state: 'done', delivered: 191, failed: 0 })
    expect(done.ranges.map(({ reached }) => reached)).toEqual([101, 100])
    expect(schemaProblems('control-job', done)).toEqual([])
    const accounts = await place.settled()
    expect(accounts).toMatchObject({ delivered: 360, duplicates: 1, problems: [] })
    const wanted = [...events.filter((_, n) => (n % 3 === 0 && n >= 30) || n % 3 === 2), ...live]
    expect(
      vendor.received
        .last()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(wanted.map(({ id }) => id).toSorted())
    expect(vendor.received.counts.deduplicated).toBe(1) // the repeated record: a job leaves none out
    await gone(place, record)
  })

  test('a sink without acknowledgements - what a reset of the connection may have lost goes out again, and the job ends', async ({
    onTestFinished,
  }) => {
    const vendor = await startPapertrail()
    const untyped = papertrail as unknown as Sink
    const quick = { ...untyped, limits: (settings: never) => ({ ...untyped.limits(settings), settleMs: 1_500 }) } as Sink
    const address = { PAPERTRAIL_HOST: vendor.host, PAPERTRAIL_PORT: String(vendor.port), PAPERTRAIL_CA_FILE: vendor.caFile }
    const place = install(broker, quick, address)
    onTestFinished(async () => {
      await place.close()
      await vendor.close()
    })
    await place.start()
    await place.produce(spread(makeEvents(30)))
    await place.settled()
    const record = job({ service: 'papertrail', ranges: [{ partition: 1, from: 2, to: 9 }] })
    await ask(place, record)
    const total = () => vendor.received.total
    await until('the range', total, (count) => count === 37)
    vendor.misbehave('reset', 2) // the live group's connection and the job's
    await until('the range again', total, (count) => count === 44)
    const done = await until(
      'the end of the job',
      async () => (await place.control()).get('job/papertrail/one') as JobRecord,
      ({ ended_at }) => ended_at !== '',
      { everyMs: 500 },
    )
    expect(done).toMatchObject({ state: 'done', delivered: 7, failed: 0 })
    expect(total()).toBe(44)
  })

  test('closing with a job under way, where deliveries have to settle - live group and job side by side, within 10 s', async ({
    onTestFinished,
  }) => {
    const vendor = await startPapertrail()
    const address = { PAPERTRAIL_HOST: vendor.host, PAPERTRAIL_PORT: String(vendor.port), PAPERTRAIL_CA_FILE: vendor.caFile }
    const place = install(broker, papertrail as unknown as Sink, address)
    onTestFinished(async () => {
      await place.close()
      await vendor.close()
    })
    const member = await place.start()
    await place.produce(spread(makeEvents(300)))
    await until(
      'all events',
      () => vendor.received.total,
      (count) => count === 300,
    )
    await ask(place, job({ service: 'papertrail', rate: 20, ranges: [{ partition: 1, from: 0, to: 90 }] }))
    await until(
      'some of the job',
      () => vendor.received.total,
      (count) => count > 320,
    )
    await place.produce(spread(makeEvents(3)))
    const began = performance.now()
    await member.close()
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test('a job that was done when its service was killed - loses its group at the next start', async ({ place }) => {
    const member = await place.start()
    await place.produce(spread(makeEvents(3)))
    await place.settled()
    await member.close()
    const record = job({ state: 'done', ended_at: new Date().toISOString(), ranges: [{ partition: 0, from: 0, to: 1 }] })
    const { group } = jobPlace(testKafka(broker.brokers, place.prefix), record)
    await (await broker.commit(group, place.topic, '1', '')).leave()
    await ask(place, record)
    expect(await groupState(place, record)).toBe('Empty')
    await place.start()
    await gone(place, record)
  })
})
