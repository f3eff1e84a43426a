// The ingest's settings at work: https, redaction, tokens, limits, and what it tells of itself.
import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { REFUSALS } from '../../services/ingest/metrics.ts'
import { receive, type Receiver } from '../../services/ingest/receive.ts'
import { createRoom } from '../../services/ingest/room.ts'
import { startIngest } from '../../services/ingest/run.ts'
import { createLifecycle } from '../../services/platform/lifecycle.ts'
import type { Logger } from '../../services/platform/logger.ts'
import { version } from '../../services/platform/version.ts'
import { makeCertificates } from '../../services/sandbox/certificate.ts'
import type { ServiceRecord } from '../../services/topics/control.ts'
import { topicNames } from '../../services/topics/names.ts'
import type { Report } from '../../services/topics/records.ts'
import { readReports } from '../../services/topics/reports.ts'
import { followTopics, ingestEnv, metric, openIngest, send, startProcess, TOKEN, type Topics } from '../support/ingest.ts'
import { newPrefix, testKafka } from '../support/kafka.ts'
import { schemaProblems } from '../support/schemas.ts'
import { until } from '../support/wait.ts'

const brokers = inject('brokers')
const env = ingestEnv(brokers, newPrefix())
const folder = mkdtempSync(join(tmpdir(), 'ingest-'))
const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
const { ca, cert, key } = makeCertificates(Date.now())
const tls = { INGEST_TLS_CERT_FILE: file('cert.pem', cert), INGEST_TLS_KEY_FILE: file('key.pem', key) }

let topics: Topics
beforeAll(async () => {
  const { close } = await openIngest(env)
  await close()
  topics = await followTopics(brokers, env.TOPIC_PREFIX)
})
afterAll(async () => {
  await topics?.close()
  rmSync(folder, { recursive: true })
})

/** An ingest with some settings more, closed when the test has ended. */
async function open(more: Record<string, string>) {
  const ingest = await openIngest({ ...env, ...more }, { ca })
  onTestFinished(async () => expect(await ingest.close()).toEqual([]))
  return ingest
}
const event = (id: string, data = '{"type":"s"}') => `{"log_id":"${id}","data":${data}}`

describe('https', () => {
  test('certificate and key - serve it, to those who trust the certificate, and nothing else', async () => {
    const { origin } = await open(tls)
    expect((await send(origin, { body: event('tls'), ca })).text).toBe('{"accepted":1,"quarantined":0}')
    await expect(send(origin, { body: event('no') })).rejects.toThrow(/certificate/)
    await expect(send(origin.replace('https', 'http'), { body: event('no') })).rejects.toThrow()
    expect((await topics.news()).events.map(({ key }) => key)).toEqual(['tls'])
  })

  test.each<[string, Record<string, string>, string[]]>([
    [
      'certificate alone',
      { ...tls, INGEST_TLS_KEY_FILE: '' },
      ['INGEST_TLS_KEY_FILE: is missing: certificate and key go together'],
    ],
    ['key alone', { ...tls, INGEST_TLS_CERT_FILE: '' }, ['INGEST_TLS_CERT_FILE: is missing: certificate and key go together']],
    [
      'no such file',
      { ...tls, INGEST_TLS_CERT_FILE: join(folder, 'none') },
      ['INGEST_TLS_CERT_FILE: names a file that cannot be read (ENOENT)'],
    ],
    [
      'a key of another',
      { ...tls, INGEST_TLS_KEY_FILE: file('other.pem', makeCertificates(Date.now()).key) },
      ['INGEST_TLS_CERT_FILE: is no PEM certificate, or INGEST_TLS_KEY_FILE is not its key'],
    ],
    [
      'no certificate at all',
      { ...tls, INGEST_TLS_CERT_FILE: tls.INGEST_TLS_KEY_FILE },
      ['INGEST_TLS_CERT_FILE: is no PEM certificate, or INGEST_TLS_KEY_FILE is not its key'],
    ],
    [
      'and a setting of another kind',
      { INGEST_TLS_CERT_FILE: tls.INGEST_TLS_CERT_FILE, INGEST_PORT: 'x' },
      ['INGEST_PORT: must be', 'INGEST_TLS_KEY_FILE: is missing'],
    ],
  ])('%s - refuses to start, and says why', async (_, more, problems) => {
    const lifecycle = createLifecycle()
    const failure = await startIngest({ ...env, ...more }, lifecycle).catch((error: Error) => error)
    await lifecycle.close()
    const lines = failure instanceof Error ? failure.message.split('\n') : []
    expect(lines).toEqual(problems.map((problem) => expect.stringContaining(problem)))
    expect(failure).toMatchObject({ name: 'SettingsError' })
  })
})

describe('INGEST_REDACT', () => {
  const REDACT_KEY = 'a key of the tests'
  const hashed = createHmac('sha256', REDACT_KEY).update('ada@example.com').digest('hex')
  const redact = { INGEST_REDACT: 'ip:mask, user_name:hash, details.body:drop', REDACT_KEY }
  const personal =
    '"ip":"203.0.113.7", "user_name" : "ada@example.com","n":9007199254740993,"details":{ "body":{"password":1}, "id":7}'
  const redacted = `"ip":"***", "user_name" : "${hashed}","n":9007199254740993,"details":{ "id":7}`

  test('fields - are changed before they are stored; all other bytes stay', async () => {
    const { origin } = await open(redact)
    await send(origin, { body: `[${event('r1', `{${personal}}`)},${event('r2', '{ "type":"s" }')}]` })
    const { events } = await topics.news()
    const stored = Object.fromEntries(events.map(({ key, value }) => [key, value.toString()]))
    expect(stored).toEqual({ r1: `{${redacted}}`, r2: '{ "type":"s" }' })
  })

  test('an event that cannot be stored - is redacted in the dead letters too', async () => {
    const { origin } = await open({ ...redact, MAX_EVENT_BYTES: '1000' })
    const pad = `,"pad":"${'x'.repeat(1_000)}"`
    expect((await send(origin, { body: event('r3', `{${personal}${pad}}`) })).text).toBe('{"accepted":0,"quarantined":1}')
    const { letters } = await topics.news()
    expect(letters.map(({ key, value }) => [key, value.toString()])).toEqual([['r3', event('r3', `{${redacted}${pad}}`)]])
  })
})

describe('INGEST_REDACT and what it cannot read', () => {
  const redact = { INGEST_REDACT: 'ip:mask,user_name:hash,details.body:drop,type:mask', REDACT_KEY: 'a key of the tests' }
  const secret = 'ada@example.com'
  const digest = (bytes: string | Buffer) => ({
    length: Buffer.byteLength(bytes),
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })
  const letters = async () =>
    (await topics.news()).letters.map(({ headers: { reason, error }, value }) => {
      expect(`${error} ${value.toString('latin1')}`).not.toContain(secret)
      return [reason, value.toString()]
    })

  test.each([
    ['no JSON', `{"user_name":"${secret}"`],
    ['no event', `{"user_name":"${secret}"}`],
    ['an element that is none', `"${secret}"`],
    ['data that is no object', `{"log_id":"x","data":["${secret}"]}`],
    ['text', `hello ${secret}`],
  ])('%s - is kept as length and SHA-256 alone', async (_, body) => {
    const { origin } = await open(redact)
    expect((await send(origin, { body })).text).toBe('{"accepted":0,"quarantined":1}')
    expect(await letters()).toEqual([['not_redactable', JSON.stringify(digest(body))]])
  })

  test('a broken compression - is kept as length and SHA-256 alone', async () => {
    const { origin } = await open(redact)
    const body = Buffer.from(`not gzip, ${secret}`)
    await send(origin, { body, headers: { authorization: TOKEN, 'content-encoding': 'gzip' } })
    expect(await letters()).toEqual([['not_redactable', JSON.stringify(digest(body))]])
  })

  test('an event without log_id - is kept redacted, whatever else is in its wrapper', async () => {
    const { origin } = await open(redact)
    const body = `{"log_id":7,"note":"${secret}","data":{"ip":"${secret}","n":1},"data":{"user_name":"${secret}","n":2}}`
    await send(origin, { body })
    const hashed = createHmac('sha256', redact.REDACT_KEY).update(secret).digest('hex')
    expect(await letters()).toEqual([['no_log_id', `{"data":{"user_name":"${hashed}","n":2}}`]])
  })

  test('an event over the limit whose wrapper holds more - is kept without it', async () => {
    const { origin } = await open({ ...redact, MAX_EVENT_BYTES: '1000' })
    const large = `{"pad":"${'x'.repeat(1_000)}"}`
    await send(origin, { body: `{"data":{"ip":"${secret}"},"log_id":"r9","note":"${secret}","data":${large}}` })
    expect(await letters()).toEqual([['event_too_large', `{"log_id":"r9","data":${large}}`]])
  })

  test('a type that is to be hidden - is hidden in the header too', async () => {
    const { origin } = await open(redact)
    await send(origin, { body: event('r8', '{"type":"secret"}') })
    expect((await topics.news()).events.map(({ headers, value }) => [headers.type, value.toString()])).toEqual([
      ['***', '{"type":"***"}'],
    ])
  })
})

test('a fault of the ingest itself - is answered 500 with its stack in the log, and is not taken for an outage of Kafka', async () => {
  const lines: object[] = []
  const log = { warn: (line: object) => lines.push(line), error: (line: object) => lines.push(line) } as unknown as Logger
  const room = createRoom(1_000_000)
  const broken: Receiver = {
    authorised: () => true,
    unavailable: () => undefined,
    room,
    maxBytes: 1_000_000,
    refused: () => {},
    maxEventBytes: 1_000_000,
    log,
    redact: undefined,
    store: () => Promise.reject(new TypeError('cannot read properties of a fault')),
    quarantine: async () => {},
    counted: { received: () => {}, quarantined: () => {} },
  }
  const server = createServer((request, response) => void receive(request, response, broken)).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const answer = await send(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { body: event('x') })
  expect([answer.status, JSON.parse(answer.text)]).toEqual([
    500,
    { error: 'internal', message: expect.stringContaining('its log') },
  ])
  expect(lines).toEqual([{ error: expect.stringMatching(/^TypeError: cannot read [^]*at /) }])
  expect(room.received).toBe(0)
})

test('events of another tenant - are stored, counted and told of in a report that names both', async () => {
  const own = { ...ingestEnv(brokers, newPrefix()), AUTH0_DOMAIN: '' }
  const first = await openIngest(own)
  const of = (tenant: string, id: string) => event(id, `{"type":"s","tenant_name":"${tenant}"}`)
  const foreign = async (origin: string) => metric(origin, 'foreign_tenant_total')
  await send(first.origin, { body: `[${of('acme-dev', 'a')},${of('acme-dev', 'b')},${event('c')}]` })
  await send(first.origin, { body: `[${of('acme-prod', 'd')},${of('acme-prod', 'e')}]` })
  await until(
    'the count',
    () => foreign(first.origin),
    (count) => count === 2,
  )
  const client = testKafka(brokers, own.TOPIC_PREFIX)
  const told = () => readReports(client, 'test')
  const reports = await until('the alarm', told, (found) => found.length >= 2)
  expect(reports.flatMap((one) => (one.kind === 'report' ? [[one.report.status, one.report.error]] : []))).toEqual([
    ['failed', expect.stringMatching(/^foreign_tenant: .*acme-prod.*\bd\b.*acme-dev/)],
    ['idle', ''],
  ])
  expect(await first.close()).toEqual([])
  // What was the first is not forgotten with the process.
  const second = await openIngest(own)
  await send(second.origin, { body: of('acme-prod', 'f') })
  await until(
    'the count',
    () => foreign(second.origin),
    (count) => count === 1,
  )
  expect(await second.close()).toEqual([])
}, 40_000)

test('what came in and what was refused - is in the reports topic within a window, the rest at the end', async () => {
  const own = { ...ingestEnv(brokers, newPrefix()), RUN_WINDOW: '1' }
  const { origin, close } = await openIngest(own)
  await send(origin, { body: `[${event('a')},${event('b')},7]` })
  await send(origin, { headers: { authorization: 'another' } })
  await send(origin, { body: event('c'), headers: { authorization: TOKEN, 'content-encoding': 'zip' } })
  const told = async () =>
    (await readReports(testKafka(brokers, own.TOPIC_PREFIX), 'test')).flatMap((one) =>
      one.kind === 'report' ? [one.report] : [],
    )
  const sums = (reports: Report[]) => [
    reports.reduce((sum, { processed }) => sum + processed, 0),
    reports.reduce((sum, { dead_lettered }) => sum + dead_lettered, 0),
    reports.flatMap(({ refused = {} }) => Object.keys(refused)).toSorted(),
  ]
  await until(
    'the reports',
    told,
    (reports) => sums(reports)[0] === 2 && reports.some(({ refused = {} }) => 'unsupported_encoding' in refused),
  )
  expect(sums(await told())).toEqual([2, 1, ['unauthorized', 'unsupported_encoding']])
  await send(origin, { body: event('d') })
  expect(await close()).toEqual([])
  const reports = await told()
  expect(sums(reports)[0]).toBe(3)
  expect(reports.flatMap((report) => schemaProblems('report', report))).toEqual([])
})

test('a clock that is two hours ahead - is told as that, in the answer, in /readyz and in the log; nothing is quarantined', async () => {
  const ahead = `globalThis.Date = class extends Date {
    constructor(...given) { if (given.length === 0) super(Date.now()); else super(...given) }
    static now() { return Math.round(performance.timeOrigin + performance.now()) + 7_200_000 }
  }`
  const NODE_OPTIONS = `--import=${file('ahead.mjs', ahead)}`
  const child = startProcess({ ...env, LOGGER_LEVEL: 'info', NODE_OPTIONS })
  const origin = await child.origin()
  const why = expect.stringMatching(/its clock and this host's are too far apart .*set the clock right/)
  const problem = async () => JSON.parse((await send(origin, { method: 'GET', path: '/readyz' })).text) as { problem?: string }
  await until('a reason', problem, (found) => found.problem?.includes('clock') ?? false)
  expect(await problem()).toEqual({ status: 'unavailable', problem: why })
  const answer = await send(origin, { body: event('early') })
  expect([answer.status, JSON.parse(answer.text)]).toEqual([503, { error: 'unavailable', message: why }])
  expect(child.output.out).toMatch(/set the clock right/)
  expect(await topics.news()).toEqual({ events: [], letters: [] })
  expect(await child.end('SIGTERM')).toBe(0)
}, 30_000)

describe('a renewed certificate', () => {
  const servedBy = async (origin: string, trusted: string) =>
    (await send(origin, { method: 'GET', path: '/livez', ca: trusted, headers: { connection: 'close' } })).status

  test('is served when both files fit together, and the old one until then; SIGHUP ends nothing', async () => {
    const certFile = file('renewed-cert.pem', cert)
    const keyFile = file('renewed-key.pem', key)
    const child = startProcess({ ...env, INGEST_TLS_CERT_FILE: certFile, INGEST_TLS_KEY_FILE: keyFile, LOGGER_LEVEL: 'info' })
    const origin = (await child.origin()).replace('http:', 'https:')
    expect(await servedBy(origin, ca)).toBe(200)
    const renewed = makeCertificates(Date.now())
    writeFileSync(certFile, renewed.cert)
    await until(
      'a line that says so',
      () => child.output.out,
      (out) => out.includes('the previous one stays in use'),
    )
    expect(await servedBy(origin, ca)).toBe(200)
    writeFileSync(keyFile, renewed.key)
    child.signal('SIGHUP')
    await until(
      'the new one',
      () => servedBy(origin, renewed.ca).catch(() => 0),
      (status) => status === 200,
    )
    await expect(servedBy(origin, ca)).rejects.toThrow()
    expect(await child.end('SIGTERM')).toBe(0)
  }, 30_000)
})

test('INGEST_TOKENS - two are valid while one is rotated, blanks around them do not matter', async () => {
  const { origin } = await open({ INGEST_TOKENS: ' Bearer old , new ' })
  const status = async (authorization: string) => (await send(origin, { headers: { authorization } })).status
  expect([await status('Bearer old'), await status('new'), await status('Bearer new'), await status(TOKEN)]).toEqual([
    200, 200, 401, 401,
  ])
})

test('INGEST_HIGH_WATER_BYTES - above it new bodies are 503 at once, until those before are answered', async () => {
  const { origin, port } = await open({ INGEST_HIGH_WATER_BYTES: '2048' })
  const slow = connect(port, '127.0.0.1')
  onTestFinished(() => void slow.destroy())
  const body = event('slow').padEnd(3_000)
  slow.write(
    `POST /logs HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${TOKEN}\r\nContent-Length: ${body.length}\r\n\r\n`,
  )
  slow.write(body.slice(0, 2_500))
  await until(
    'the first bytes',
    () => metric(origin, 'ingest_in_flight_bytes'),
    (bytes) => bytes === 2_500,
  )
  const refused = await send(origin, { body: event('refused') })
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, expect.stringMatching(/^[1-9]\d*$/)])
  expect(refused.ms).toBeLessThan(1_000)
  slow.write(body.slice(2_500))
  await until(
    'its answer',
    () => metric(origin, 'ingest_in_flight_bytes'),
    (bytes) => bytes === 0,
  )
  expect((await send(origin, { body: event('taken') })).status).toBe(200)
  expect((await topics.news()).events.map(({ key }) => key).toSorted()).toEqual(['slow', 'taken'])
})

test('metrics - count what was acknowledged and what was put aside, by reason', async () => {
  const { origin } = await open({})
  const count = async () => (await send(origin, { method: 'GET', path: '/metrics' })).text
  expect(await count()).toContain('auth0_logs_received_total{source="webhook"} 0')
  await send(origin, { body: `${event('m1')}\n${event('m2')}\nx\ny\n{"data":{}}` })
  const text = await count()
  expect(text).toContain('auth0_logs_received_total{source="webhook"} 2')
  expect(text).toContain('auth0_logs_quarantined_total{reason="not_json"} 2')
  expect(text).toContain('auth0_logs_quarantined_total{reason="no_log_id"} 1')
  expect(text).toContain(`auth0_logs_build_info{service="ingest",version="${version}"} 1`)
  expect(text).not.toMatch(/m1|m2/)
  await topics.news()
})

test('metrics - bodies that are not taken count by the error of their answer, each from 0 on', async () => {
  const { origin } = await open({ INGEST_MAX_BYTES: '1024' })
  const refused = async () =>
    Object.fromEntries(
      [
        ...(await send(origin, { method: 'GET', path: '/metrics' })).text.matchAll(
          /^auth0_logs_refused_total\{reason="(\w+)"\} (\d+)$/gm,
        ),
      ].map(([, reason, count]) => [reason, Number(count)]),
    )
  const none = await refused()
  expect(Object.values(none)).toEqual(REFUSALS.map(() => 0))
  await send(origin, { body: event('x'), headers: { authorization: 'Bearer wrong' } })
  await send(origin, { body: event('x'.repeat(2_000)) })
  await send(origin, { body: event('x'.repeat(2_000)) })
  await send(origin, { body: event('x'), headers: { authorization: TOKEN, 'content-encoding': 'zstd' } })
  expect(await refused()).toEqual({ ...none, unauthorized: 1, too_large: 2, unsupported_encoding: 1 })
})

test('service record - tells in the control topic what runs here, secrets masked', async () => {
  await open({ REDACT_KEY: 'secret too' })
  const { kafka } = testKafka(brokers, env.TOPIC_PREFIX)
  const consumer = kafka.consumer({ groupId: `${env.TOPIC_PREFIX}.test.control`, maxWaitTimeInMs: 200 })
  await consumer.connect()
  onTestFinished(() => consumer.disconnect())
  await consumer.subscribe({ topic: topicNames.control(env.TOPIC_PREFIX), fromBeginning: true })
  const found: [string, string][] = []
  await consumer.run({ eachMessage: async ({ message }) => void found.push([String(message.key), String(message.value)]) })
  const newest = () => found.findLast(([name, record]) => name === 'service/ingest' && record.includes('REDACT_KEY'))
  await until('the record', newest, (record) => record !== undefined)
  const record = JSON.parse(newest()?.[1] ?? '') as ServiceRecord
  expect(record).toMatchObject({ v: 1, service: 'ingest', kind: 'ingest', version })
  expect(Object.fromEntries(record.fields.filter(({ value }) => value !== '').map(({ name, value }) => [name, value]))).toEqual({
    KAFKA_BROKERS: brokers,
    TOPIC_PREFIX: env.TOPIC_PREFIX,
    LOGGER_LEVEL: env.LOGGER_LEVEL,
    INGEST_PORT: '0',
    INGEST_TOKENS: '***',
    REDACT_KEY: '***',
  })
  expect(JSON.stringify(found)).not.toContain(TOKEN)
})
