// What others write into the control topic costs those records: a sink and the ingest start, run and work beside 3,000 of them.
import { expect, inject, test } from 'vitest'
import { start as startSegment } from '../../services/sinks/segment/stand-in/start.ts'
import { segment } from '../../services/sinks/segment/sink.ts'
import type { Sink } from '../../services/sinks/runtime/contract.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import * as right from '../support/foreign-records.ts'
import { ingestEnv, openIngest, send } from '../support/ingest.ts'
import { install } from '../support/installation.ts'
import { testKafka } from '../support/kafka.ts'
import { openBroker } from '../support/plain-kafka.ts'
import { seededRandom } from '../support/random.ts'
import { makeEvents, recordOf } from '../support/test-events.ts'
import { until } from '../support/wait.ts'

const random = seededRandom(31)
// A state or settings that fit are obeyed; these are of services that nobody runs.
const KEYS = [
  'service/segment',
  'service/ingest',
  'service/__proto__',
  'state/other',
  'settings/other',
  'job/segment/a-1',
  'x',
  '',
]
const RECORDS = [right.rightService, right.rightState, right.rightSettings, right.rightJob, right.rightReset]
/** What does not fit whatever its key, for the keys that the services obey. */
const WRONG = [
  { key: 'settings/segment', value: '{"v":1,"by":"a","at":"2026-03-04T05:06:07Z","values":{"LOG_LEVEL":3}}' },
  { key: 'state/segment', value: '{"v":2,"state":"asleep"}' },
  { key: 'state/segment', value: '{"v":1,"state":"stopped"}' },
  { key: 'job/segment/a', value: '{"v":1}' },
  { key: 'job/segment/b', value: '{"v":1}' },
  { key: 'job/segment/reset', value: JSON.stringify({ ...right.rightReset, checkpoint: 'no JSON' }) },
]
const some = () =>
  Array.from({ length: 1_500 }, (_, n) => {
    if (n % 10 === 0) return random.pick(WRONG)
    const value = random.chance(0.2) ? random.pick(right.noRecords) : JSON.stringify(right.changed(random.pick(RECORDS), random))
    return { key: random.pick(KEYS), value }
  })

async function installed(onTestFinished: (work: () => Promise<void>) => void) {
  const broker = await openBroker(inject('brokers'))
  const vendor = await startSegment()
  const place = install(broker, segment as unknown as Sink, { SEGMENT_KEY: 'key', SEGMENT_HOST: vendor.origin })
  onTestFinished(async () => {
    await place.close()
    await vendor.close()
    await broker.close()
  })
  return { broker, vendor, place }
}

test.concurrent('commit metadata of a newer version - the sink waits, and reports why', async ({ onTestFinished }) => {
  const { place } = await installed(onTestFinished)
  await place.createTopic()
  await place.produce(makeEvents(30).map((event, n) => recordOf(event, n % 3)))
  await place.commit(5, JSON.stringify({ v: 2, base: '0' }))
  await place.begin()
  const reports = await until('the reports', () => place.follow({ onlyReports: true }).catch(() => undefined), Boolean)
  await until(
    'the reason',
    () => reports!.reports.map(({ status, error }) => `${status} ${error}`),
    (all) => all.some((text) => /^(failed|held) .*newer version \(v 2, this one reads 1\): update/.test(text)),
    { limitMs: 40_000 },
  )
}, 60_000)

test.concurrent('foreign control records - before the start and while they run: every event is delivered, nothing ends', async ({
  onTestFinished,
}) => {
  const { broker, vendor, place } = await installed(onTestFinished)
  const write = () =>
    broker.producer.send({ topic: `${place.prefix}.control`, messages: some().map((one) => ({ ...one, headers: {} })), acks: -1 })
  await ensureTopics(testKafka(inject('brokers'), place.prefix), ['control'])
  await write()
  const member = await place.start()
  const ingest = await openIngest(ingestEnv(inject('brokers'), place.prefix))
  onTestFinished(async () => void (await ingest.close()))
  await place.produce(makeEvents(20).map((event) => recordOf(event)))
  await place.settled()
  await write()
  const [{ id, data }] = makeEvents(1)
  expect((await send(ingest.origin, { body: JSON.stringify([{ log_id: id, data }]) })).text).toBe(
    '{"accepted":1,"quarantined":0}',
  )
  await until(
    'the event at the vendor',
    () => vendor.received.last(),
    (all) => all.some((event) => event.id === id),
  )
  expect(await place.settled()).toMatchObject({ delivered: 21, problems: [] })
  expect([await member.status('/livez'), await member.status('/readyz')]).toEqual([200, 200])
}, 60_000)
