// From a webhook to three sinks: ingest and sinks in this process, a real Kafka, stand-ins for the vendors.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Environment } from '../../services/platform/settings.ts'
import { start as startCloudWatch } from '../../services/sinks/cloudwatch/stand-in/start.ts'
import { start as startPapertrail } from '../../services/sinks/papertrail/stand-in/start.ts'
import { start as startSegment } from '../../services/sinks/segment/stand-in/start.ts'
import { bodyFormats, encodeBody } from '../../services/sandbox/simulate/body.ts'
import { realisticEvent } from '../../services/sandbox/simulate/events.ts'
import type { ReceivedEvent, StandIn } from '../../services/sandbox/stand-in.ts'
import { cloudwatch } from '../../services/sinks/cloudwatch/sink.ts'
import { papertrail } from '../../services/sinks/papertrail/sink.ts'
import type { Sink } from '../../services/sinks/runtime/contract.ts'
import { segment } from '../../services/sinks/segment/sink.ts'
import { ingestEnv, openIngest, send } from '../support/ingest.ts'
import { type Installation, install, newPrefix, type Report } from '../support/installation.ts'
import { type Broker, openBroker } from '../support/plain-kafka.ts'
import { seededRandom } from '../support/random.ts'
import { schemaProblems } from '../support/schemas.ts'
import { until } from '../support/wait.ts'

const EVENTS = 1_000
const A_BODY = 20
const REPEATED = 100

const random = seededRandom(4)
const events = Array.from({ length: EVENTS }, (_, n) => realisticEvent(n, Date.now(), random.next))
/** Events whose bytes a parser would not give back, and one that says little; their `data` as text. */
const ODD = new Map([
  ['odd-1', '{ "type":"s", "log_id":"odd-1", "n":12345678901234567890, "x":1.0,  "again":1, "again":2 }'],
  ['odd-2', '{"log_id":"odd-2","type":"of_a_year_to_come","user_name":"Зоя 😀","path":"a\\/b \\u00e9"}'],
  ['odd-3', '{"log_id":"odd-3"}'],
])
const texts = new Map([...ODD, ...events.map(({ log_id, data }): [string, string] => [log_id, JSON.stringify(data)])])

type Place = { vendor: StandIn; installation: Installation; textOf: (received: ReceivedEvent) => string }
const places: Place[] = []
const closers: (() => Promise<unknown>)[] = []
const prefix = newPrefix()
let broker: Broker
let origin = ''
let reports: Report[] = []

const post = async (body: Buffer | string) => JSON.parse((await send(origin, { body })).text) as { accepted: number }

beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
  closers.push(broker.close)
  const [logs, track, syslog] = await Promise.all([startCloudWatch(), startSegment(), startPapertrail()])
  closers.push(logs.close, track.close, syslog.close)
  const ingest = await openIngest({ ...ingestEnv(inject('brokers'), prefix), PARTITIONS: '3' })
  closers.push(ingest.close)
  origin = ingest.origin
  const add = (sink: Sink, vendor: StandIn, env: Environment, textOf: Place['textOf']) =>
    places.push({ vendor, installation: install(broker, sink, env, prefix), textOf })
  add(
    cloudwatch as unknown as Sink,
    logs,
    {
      CLOUDWATCH_LOG_GROUP_NAME: 'auth0',
      CLOUDWATCH_LOG_STREAM_NAME: 'logs',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'a-secret-of-the-tests',
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: logs.origin,
    },
    ({ text }) => text,
  )
  const segmentEnv = { SEGMENT_KEY: 'a-secret-of-the-tests', SEGMENT_HOST: track.origin }
  // Its stand-in shows what it has parsed.
  add(segment as unknown as Sink, track, segmentEnv, ({ fields }) => JSON.stringify(fields?.properties))
  const { host, port, caFile } = syslog
  const papertrailEnv = { PAPERTRAIL_HOST: host, PAPERTRAIL_PORT: String(port), PAPERTRAIL_CA_FILE: caFile }
  add(papertrail as unknown as Sink, syslog, papertrailEnv, ({ text }) => text)
  for (const { installation } of places) closers.push(installation.close)
  await Promise.all(places.map(({ installation }) => installation.start()))
  reports = (await places[0].installation.follow()).reports
}, 60_000)
afterAll(async () => {
  for (const close of closers.toReversed()) await close()
}, 60_000)

const settled = () => Promise.all(places.map(({ installation }) => installation.settled(installation.group, 30_000)))

describe('webhook to sinks', () => {
  it('a thousand events in the three formats - arrive once at each sink, byte for byte', async () => {
    for (const event of events) expect(schemaProblems('log-event', event)).toEqual([])
    const bodies: (Buffer | string)[] = [...ODD].map(([id, data]) => `{"log_id":"${id}","data":${data}}`)
    for (let n = 0; n * A_BODY < EVENTS; n++) {
      bodies.push(encodeBody(events.slice(n * A_BODY, (n + 1) * A_BODY), bodyFormats[n % bodyFormats.length]))
    }
    const answers = await Promise.all(bodies.map(post))
    expect(answers.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(EVENTS + ODD.size)

    for (const sums of await settled()) {
      expect(sums).toMatchObject({ delivered: EVENTS + ODD.size, filtered: 0, duplicates: 0, dead_lettered: 0, problems: [] })
    }
    const parsed = (text: string) => JSON.stringify(JSON.parse(text))
    for (const { vendor, textOf } of places) {
      const arrived = vendor.received.last()
      expect([vendor.name, arrived.length, vendor.received.counts]).toEqual([vendor.name, texts.size, {}])
      const wanted = vendor.name === 'segment' ? new Map([...texts].map(([id, text]) => [id, parsed(text)])) : texts
      const found = new Map(arrived.map((received) => [received.id, textOf(received)]))
      expect([vendor.name, found.size]).toEqual([vendor.name, texts.size])
      for (const [id, text] of wanted) expect(found.get(id)).toBe(text)
    }
  }, 60_000)

  it('delivered again by Auth0 - counted as repeats at each sink, sent to none', async () => {
    expect(await post(encodeBody(events.slice(-REPEATED), 'JSONARRAY'))).toMatchObject({ accepted: REPEATED })
    for (const sums of await settled()) {
      expect(sums).toMatchObject({ delivered: EVENTS + ODD.size, duplicates: REPEATED, problems: [] })
    }
    for (const { vendor } of places) expect(vendor.received).toMatchObject({ total: texts.size, counts: {} })
  }, 60_000)

  it('reports - of every sink, by their schema, adding up to what was delivered', async () => {
    const ofEach = () =>
      places.map(({ vendor }) => {
        const own = reports.filter(({ service }) => service === vendor.name)
        return own.reduce((sum, { delivered, duplicates }) => sum + delivered + Number(duplicates), 0)
      })
    const all = EVENTS + ODD.size + REPEATED
    await until('all of it reported', ofEach, (sums) => sums.every((sum) => sum === all), { limitMs: 10_000 })
    for (const report of reports) expect(schemaProblems('report', report)).toEqual([])
    expect(reports.filter(({ status }) => status !== 'success' && status !== 'idle')).toEqual([])
  })

  it('control - tells of every service by its schema, and no secret', async () => {
    const records = await places[0].installation.control()
    const services = ['service/ingest', 'service/cloudwatch', 'service/segment', 'service/papertrail']
    expect([...records.keys()].toSorted()).toEqual(services.toSorted())
    for (const record of records.values()) expect(schemaProblems('control-service', record)).toEqual([])
    expect(JSON.stringify([...records.values()])).not.toContain('of-the-tests')
    expect(records.get('service/segment')).toMatchObject({
      kind: 'sink',
      group: `${prefix}.segment`,
      fields: expect.arrayContaining([expect.objectContaining({ name: 'SEGMENT_KEY', value: '***' })]),
    })
  })
})
