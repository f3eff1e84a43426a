// One log's way as a trace: webhook, Kafka and three sinks in this process, a collector that takes their spans.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Environment } from '../../services/platform/settings.ts'
import { start as startCloudWatch } from '../../services/sinks/cloudwatch/stand-in/start.ts'
import { start as startPapertrail } from '../../services/sinks/papertrail/stand-in/start.ts'
import { start as startSegment } from '../../services/sinks/segment/stand-in/start.ts'
import type { StandIn } from '../../services/sandbox/stand-in.ts'
import { cloudwatch } from '../../services/sinks/cloudwatch/sink.ts'
import { papertrail } from '../../services/sinks/papertrail/sink.ts'
import type { Sink } from '../../services/sinks/runtime/contract.ts'
import { segment } from '../../services/sinks/segment/sink.ts'
import { type CollectedSpan, type Collector, drawn, startCollector } from '../support/collector.ts'
import { ingestEnv, openIngest, send, TOKEN } from '../support/ingest.ts'
import { install, newPrefix } from '../support/installation.ts'
import { type Broker, openBroker } from '../support/plain-kafka.ts'
import { until } from '../support/wait.ts'

const prefix = newPrefix()
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SENDER = 'b7ad6b7169203331'
const closers: (() => Promise<unknown>)[] = []
let broker: Broker
let collector: Collector
let origin = ''
let segmentInstallation: ReturnType<typeof install>
let segmentVendor: StandIn

const eventOf = (id: string) =>
  JSON.stringify({ log_id: id, data: { log_id: id, type: 's', user_name: 'ann@example.com', ip: '198.51.100.7' } })
const post = (body: string, traceparent?: string) =>
  send(origin, { body, headers: { authorization: TOKEN, ...(traceparent ? { traceparent } : {}) } })
const named = (name: string) => collector.spans.filter((span) => span.name === name)
const spansOf = async (traceId: string, count: number) => {
  const own = () => collector.spans.filter((span) => span.traceId === traceId)
  return until(`${count} spans of the trace`, own, (spans) => spans.length >= count)
}

beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
  closers.push(broker.close)
  collector = await startCollector()
  closers.push(collector.close)
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin }
  const [logs, track, syslog] = await Promise.all([startCloudWatch(), startSegment(), startPapertrail()])
  closers.push(logs.close, track.close, syslog.close)
  segmentVendor = track
  const ingest = await openIngest({ ...ingestEnv(inject('brokers'), prefix), ...traced, PARTITIONS: '3' })
  closers.push(ingest.close)
  origin = ingest.origin
  const start = async (sink: unknown, env: Environment) => {
    const installation = install(broker, sink as Sink, { ...traced, ...env }, prefix)
    closers.push(installation.close)
    await installation.start()
    return installation
  }
  const aws = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }
  const group = { CLOUDWATCH_LOG_GROUP_NAME: 'auth0', CLOUDWATCH_LOG_STREAM_NAME: 'logs' }
  const { host, port, caFile } = syslog
  ;[segmentInstallation] = await Promise.all([
    start(segment, { SEGMENT_KEY: 'key', SEGMENT_HOST: track.origin }),
    start(cloudwatch, { ...group, ...aws, AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: logs.origin }),
    start(papertrail, { PAPERTRAIL_HOST: host, PAPERTRAIL_PORT: String(port), PAPERTRAIL_CA_FILE: caFile }),
  ])
}, 60_000)
afterAll(async () => {
  for (const close of closers.toReversed()) await close()
}, 60_000)

describe('traces', () => {
  it("one event - is one trace from the sender's span to the delivery at each sink", async () => {
    expect((await post(eventOf('1'), `00-${TRACE}-${SENDER}-01`)).status).toBe(200)
    const spans = await spansOf(TRACE, 8)
    expect(drawn(spans, TRACE)).toEqual([
      'auth0-logs-ingest: POST /logs',
      `  auth0-logs-ingest: send ${prefix}`,
      `    auth0-logs-cloudwatch: process ${prefix}`,
      '      auth0-logs-cloudwatch: deliver cloudwatch',
      `    auth0-logs-papertrail: process ${prefix}`,
      '      auth0-logs-papertrail: deliver papertrail',
      `    auth0-logs-segment: process ${prefix}`,
      '      auth0-logs-segment: deliver segment',
    ])
    const one = (name: string) => spans.find((span) => span.name === name)!
    expect(one('POST /logs')).toMatchObject({ parentSpanId: SENDER, kind: 2, attributes: { 'http.response.status_code': 200 } })
    expect(one(`send ${prefix}`)).toMatchObject({ kind: 4, attributes: { 'messaging.batch.message_count': 1 } })
    const { attributes, kind } = one(`process ${prefix}`)
    expect({ attributes, kind }).toMatchObject({
      kind: 5,
      attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': prefix, 'auth0_logs.outcome': 'delivered' },
    })
    expect(one('deliver segment')).toMatchObject({
      kind: 3,
      failed: false,
      links: [],
      attributes: { 'auth0_logs.sink': 'segment', 'auth0_logs.events': 1, 'auth0_logs.attempt': 1 },
    })
    for (const { startMs, endMs } of spans) expect(endMs).toBeGreaterThanOrEqual(startMs)
  })

  it('an event whose sender has no trace - begins one', async () => {
    const before = new Set(named('POST /logs').map(({ traceId }) => traceId))
    await post(eventOf('2'))
    const begun = () => named('POST /logs').find(({ traceId }) => !before.has(traceId))
    const first = (await until('the request', begun, Boolean)) as CollectedSpan
    expect(first.parentSpanId).toBe('')
    expect(drawn(await spansOf(first.traceId, 8), first.traceId)).toHaveLength(8)
  })

  it('a batch of several traces - is in each of them, and one delivery linked with all', async () => {
    await segmentInstallation.setState('paused')
    await until(
      'the pause',
      () => segmentInstallation.members(),
      (members) => members === 1,
    )
    const ids = Array.from({ length: 5 }, (_, n) => TRACE.replace(/..$/, `a${n}`))
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    for (const [n, id] of ids.entries()) await post(`[${eventOf(`3${n}`)},${eventOf(`4${n}`)}]`, `00-${id}-${SENDER}-01`)
    await segmentInstallation.setState('running')
    const ofThese = (name: string) =>
      collector.spans.filter((span) => span.name === name && ids.includes(span.traceId) && span.service.endsWith('segment'))
    const delivered = () =>
      ofThese('deliver segment').reduce((sum, { attributes }) => sum + Number(attributes['auth0_logs.events']), 0)
    await until('all ten delivered', delivered, (events) => events === 10)
    const deliveries = ofThese('deliver segment')
    const parts = deliveries.reduce((sum, { links }) => sum + 1 + links.length, 0)
    const own = await until(
      'the part of each trace',
      () => ofThese(`process ${prefix}`),
      (spans) => spans.length >= parts,
    )
    expect(new Set(own.map(({ traceId }) => traceId))).toEqual(new Set(ids))
    expect(deliveries.length).toBeLessThan(own.length)
    const byId = (span: { spanId: string }) => span.spanId
    const parents = deliveries.map(({ parentSpanId }) => parentSpanId)
    const linked = deliveries.flatMap(({ links }) => links.map(byId))
    expect([...parents, ...linked].toSorted()).toEqual(own.map(byId).toSorted())
    for (const span of own.filter(({ spanId }) => linked.includes(spanId)))
      expect(deliveries.map(byId)).toContain(span.links[0].spanId)
  })

  it('a delivery that fails - is told with its reason, and the next attempt is beside it', async () => {
    segmentVendor.misbehave('503', 1)
    const trace = TRACE.replace(/..$/, 'b0')
    await post(eventOf('6'), `00-${trace}-${SENDER}-01`)
    const deliveries = (await spansOf(trace, 10)).filter(({ name }) => name === 'deliver segment')
    expect(deliveries.toSorted((a, b) => a.startMs - b.startMs)).toMatchObject([
      { failed: true, attributes: { 'auth0_logs.outcome': 'retry', 'error.type': 'http_503', 'auth0_logs.attempt': 1 } },
      { failed: false, attributes: { 'auth0_logs.outcome': 'delivered', 'auth0_logs.attempt': 2 } },
    ])
  })

  it('spans - hold nothing of a person, and no log_id', () => {
    const keys = new Set(collector.spans.flatMap(({ attributes }) => Object.keys(attributes)))
    expect([...keys].toSorted()).toEqual([
      'auth0_logs.attempt',
      'auth0_logs.events',
      'auth0_logs.outcome',
      'auth0_logs.sink',
      'error.type',
      'http.request.method',
      'http.response.status_code',
      'http.route',
      'messaging.batch.message_count',
      'messaging.consumer.group.name',
      'messaging.destination.name',
      'messaging.destination.partition.id',
      'messaging.kafka.offset',
      'messaging.operation.type',
      'messaging.system',
    ])
    expect(JSON.stringify(collector.spans)).not.toMatch(/ann@|198\.51|example\.com/)
  })

  it('a request without a token - makes no span', async () => {
    const before = named('POST /logs').length
    expect((await send(origin, { body: eventOf('5'), headers: { traceparent: `00-${TRACE}-${SENDER}-01` } })).status).toBe(401)
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(named('POST /logs')).toHaveLength(before)
  })
})
