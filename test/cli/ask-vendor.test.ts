// `auth0-logs prove --ask-vendor`: a real sink delivers to CloudWatch's stand-in, which is then asked what it holds, as the certificate says.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { readSettings } from '../../services/platform/settings.ts'
import { connect } from '../../services/sinks/cloudwatch/deliver.ts'
import { fields } from '../../services/sinks/cloudwatch/settings.ts'
import { cloudwatch } from '../../services/sinks/cloudwatch/sink.ts'
import { start as startCloudWatch } from '../../services/sinks/cloudwatch/stand-in/start.ts'
import type { Sink } from '../../services/sinks/runtime/contract.ts'
import { withVendors } from '../../services/operations/prove/vendor.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import type { Certificate } from '../../services/topics/proof-records.ts'
import { announce, serviceRecord } from '../operations/announced.ts'
import { operator } from '../operations/asking.ts'
import { install } from '../support/installation.ts'
import { type Broker, openBroker } from '../support/plain-kafka.ts'
import { schemaProblems } from '../support/schemas.ts'
import { until } from '../support/wait.ts'
import { auth0Logs } from './terminal.ts'

const HOUR_MS = 3_600_000
const pair = generateKeyPairSync('ed25519')
const PROVE_KEY = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const PUBLIC = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)

let broker: Broker
beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
})
afterAll(() => broker.close())

/** 25 logs of the hour 03 and 2 of the hour 04, all delivered; a sink of another vendor is known too. */
async function delivered() {
  const vendor = await startCloudWatch()
  onTestFinished(() => vendor.close())
  const own = {
    CLOUDWATCH_LOG_GROUP_NAME: 'auth0',
    CLOUDWATCH_LOG_STREAM_NAME: 'logs',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_KEY: 'secret',
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: vendor.origin,
  }
  const place = install(broker, cloudwatch as unknown as Sink, own)
  onTestFinished(() => place.close())
  const { context, close } = operator(broker.brokers, place.prefix)
  onTestFinished(close)
  const settings = { ...context.client.settings, partitions: 3 }
  await ensureTopics({ ...context.client, settings }, ['events', 'control', 'reports'])
  await announce(context.client, context.producer, [serviceRecord(place.prefix, 'segment')])
  const begin = Date.parse(`${day}T03:00:00Z`)
  const logs = Array.from({ length: 27 }, (_, n) => {
    const at = n < 25 ? begin + n * 1_000 : begin + HOUR_MS + n * 1_000
    return { id: `log-${n}`, at, message: JSON.stringify({ log_id: `log-${n}`, type: 's', date: new Date(at).toISOString() }) }
  })
  await place.produce(
    logs.map(({ id, at, message }) => ({
      key: id,
      value: Buffer.from(message),
      headers: { source: 'webhook', type: 's' },
      timestamp: String(at + 500),
    })),
  )
  await place.start()
  await until(
    'all delivered and committed',
    () => place.accounts(),
    (all) => vendor.received.total === logs.length && all.reduce((sum, one) => sum + Number(one.lag), 0) === 0,
  )
  const env = { KAFKA_BROKERS: broker.brokers, TOPIC_PREFIX: place.prefix, PROVE_KEY }
  const file = join(mkdtempSync(join(tmpdir(), 'ask-vendor-')), 'certificate.json')
  return {
    vendor,
    file,
    context,
    /** As if the vendor had lost all others. */
    async keepOnly(some: typeof logs) {
      vendor.reset()
      const deliverer = await connect(readSettings(fields, own))
      onTestFinished(deliverer.close)
      await deliverer.deliver(
        some.map(({ at, message }) => ({ timestamp: at, message })),
        AbortSignal.timeout(5_000),
      )
    },
    logs,
    /** The newest certificate of the day, as the reports topic has it. */
    async published() {
      const other = join(mkdtempSync(join(tmpdir(), 'ask-vendor-')), 'certificate.json')
      const said = await auth0Logs(['proofs', day, '--out', other], env)
      expect([said.status, said.err]).toEqual([0, ''])
      return JSON.parse(readFileSync(other, 'utf8')) as Certificate
    },
    async prove(how: string[], more: Record<string, string> = own) {
      const args = ['prove', '--day', day, '--no-auth0', ...how, '--out', file]
      const said = await auth0Logs(args, { ...env, ...more })
      return { ...said, certificate: JSON.parse(readFileSync(file, 'utf8')) as Certificate }
    },
  }
}

const sinkOf = ({ sinks }: Certificate, name: string) => sinks.find(({ sink }) => sink === name)
const atVendor = ({ hours }: Certificate) =>
  hours.flatMap(({ at, sinks }) => (sinks.cloudwatch?.vendor ? [[at.slice(11, 13), sinks.cloudwatch.vendor]] : []))

test('--ask-vendor - says by hour what was asked and found, and which vendor cannot be asked; --verify knows it', {
  timeout: 120_000,
}, async () => {
  const { prove, published, file, vendor } = await delivered()
  const { status, out, err, certificate } = await prove(['--ask-vendor'])
  expect([status, err]).toEqual([1, '']) // segment has delivered nothing of it
  expect(schemaProblems('certificate', certificate)).toEqual([])
  expect(atVendor(certificate)).toEqual([
    ['03', { asked: 20, confirmed: 20, not_found: [] }],
    ['04', { asked: 2, confirmed: 2, not_found: [] }],
  ])
  expect(sinkOf(certificate, 'cloudwatch')).toMatchObject({ verdict: 'complete', vendor: { how: 'sample', state: 'asked' } })
  expect(sinkOf(certificate, 'segment')?.vendor).toMatchObject({
    state: 'cannot',
    problem: expect.stringContaining('cannot be asked'),
  })
  expect(out).toContain('the vendor was asked for some delivered logs of each hour: it holds 22 of 22')
  expect(out).toContain('this vendor cannot be asked what it holds')

  expect(await published()).toEqual(certificate)

  const nobody = { KAFKA_BROKERS: '', TOPIC_PREFIX: '', PROVE_KEY: PUBLIC }
  expect((await auth0Logs(['prove', '--verify', file], nobody)).status).toBe(0)
  const text = readFileSync(file, 'utf8')
  expect(text).toContain('"confirmed": 20')
  writeFileSync(file, text.replace('"confirmed": 20', '"confirmed": 19'))
  expect((await auth0Logs(['prove', '--verify', file], nobody)).status).toBe(1)

  vendor.misbehave('403')
  const refused = await prove(['--ask-vendor=sample'])
  expect(refused.status).toBe(1)
  expect(sinkOf(refused.certificate, 'cloudwatch')).toMatchObject({
    verdict: 'complete',
    vendor: { state: 'failed', problem: expect.stringMatching(/grant logs:FilterLogEvents on the log group auth0/) },
  })
  expect(atVendor(refused.certificate)).toEqual([])
  expect(refused.out.replaceAll(/\s+/g, ' ')).toContain('grant logs:FilterLogEvents on the log group auth0')
  vendor.behave()
  const alone = await prove(['--ask-vendor', '--sink', 'cloudwatch'])
  expect([alone.status, alone.certificate.sinks.map(({ sink }) => sink)]).toEqual([0, ['cloudwatch']])

  const elsewhere = await prove(['--ask-vendor'], {})
  expect(sinkOf(elsewhere.certificate, 'cloudwatch')?.vendor).toMatchObject({
    state: 'failed',
    problem: expect.stringMatching(/CLOUDWATCH_LOG_GROUP_NAME.*Ask where the sink runs/),
  })
})

test('--ask-vendor=all - names every log that the vendor does not hold, and the day is incomplete; the proof itself stays as it was', {
  timeout: 120_000,
}, async () => {
  const { prove, published, logs, keepOnly } = await delivered()
  await keepOnly(logs.filter((_, n) => n !== 7 && n !== 26))
  const { status, out, certificate } = await prove(['--ask-vendor=all'])
  expect(status).toBe(1)
  expect(schemaProblems('certificate', certificate)).toEqual([])
  expect(atVendor(certificate)).toEqual([
    ['03', { asked: 25, confirmed: 24, not_found: ['log-7'] }],
    ['04', { asked: 2, confirmed: 1, not_found: ['log-26'] }],
  ])
  expect(sinkOf(certificate, 'cloudwatch')).toMatchObject({ verdict: 'incomplete', vendor: { how: 'all', state: 'asked' } })
  expect(certificate.hours[3]).toMatchObject({ verdict: 'incomplete', reasons: expect.arrayContaining(['not_at_vendor']) })
  expect(certificate.reasons).toContainEqual(expect.objectContaining({ reason: 'not_at_vendor', logs: 2 }))
  expect(out).toContain('not found there: log-7 log-26')
  expect(certificate.rests_on?.id).toMatch(/^\d{14}-/)
  expect(certificate.rests_on?.id).not.toBe(certificate.id)
  expect(await published()).toEqual(certificate)
})

test('a vendor that stops answering - what it said before stays, the rest is not claimed', {
  timeout: 120_000,
}, async () => {
  const { prove, context } = await delivered()
  const { certificate } = await prove([])
  let asked = 0
  const ask = async () => {
    if (++asked > 1) throw new Error('the vendor is away')
    return new Set<string>()
  }
  const told = await withVendors(context, certificate, 'all', [{ sink: 'cloudwatch', ask }])
  expect(schemaProblems('certificate', told)).toEqual([])
  expect(atVendor(told)).toEqual([['03', { asked: 25, confirmed: 0, not_found: expect.any(Array) }]])
  expect(sinkOf(told, 'cloudwatch')).toMatchObject({
    verdict: 'incomplete',
    vendor: { state: 'failed', problem: 'the vendor is away' },
  })
  expect(told.signature).toBeNull()
  expect(told.rests_on).toEqual({
    id: certificate.id,
    made_at: certificate.made_at,
    by: certificate.by,
    signature: certificate.signature?.value,
  })
})

test('--ask-vendor - with a word that it does not know, or --detach, is wrong use', async () => {
  for (const args of [['--ask-vendor=some'], ['--ask-vendor', '--detach']]) {
    const { status, err } = await auth0Logs(['prove', ...args], { KAFKA_BROKERS: '127.0.0.1:1' })
    expect([status, err]).toEqual([2, expect.stringContaining('--ask-vendor')])
  }
})
