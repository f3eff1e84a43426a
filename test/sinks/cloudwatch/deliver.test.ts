// One attempt at PutLogEvents: what each of AWS's answers means.
import { describe, expect, it, onTestFinished } from 'vitest'
import { readSettings } from '../../../services/platform/settings.ts'
import { type CloudWatchOptions, startCloudWatch } from '../../../services/sandbox/cloudwatch.ts'
import type { Fault } from '../../../services/sandbox/stand-in.ts'
import { connect } from '../../../services/sinks/cloudwatch/deliver.ts'
import { fields } from '../../../services/sinks/cloudwatch/fields.ts'
import { answering, deserted, silent, untrusted } from '../../support/answering.ts'

const HOUR_MS = 3_600_000
const groups = [{ name: 'auth0', streams: ['logs'] }]

async function connectTo(origin: string, more: Record<string, string> = {}) {
  const settings = readSettings(fields, {
    CLOUDWATCH_LOG_GROUP_NAME: 'auth0',
    CLOUDWATCH_LOG_STREAM_NAME: 'logs',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_KEY: 'secret',
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: origin,
    ...more,
  })
  const connection = await connect(settings)
  onTestFinished(connection.close)
  return connection
}

async function start(options: CloudWatchOptions = { groups }, more: Record<string, string> = {}) {
  const vendor = await startCloudWatch(options)
  onTestFinished(vendor.close)
  return { vendor, connection: await connectTo(vendor.origin, more) }
}

const eventsAt = (...times: number[]) => times.map((timestamp, n) => ({ timestamp, message: `{"log_id":"${n}"}` }))
const now = () => Date.now()
const inTime = () => AbortSignal.timeout(5_000)

describe('cloudwatch deliver', () => {
  it('delivered - a batch in order, as it is', async () => {
    const { vendor, connection } = await start()
    const events = eventsAt(now() - 2, now() - 1, now())
    expect(await connection.deliver(events, inTime())).toEqual({ kind: 'delivered' })
    const taken = vendor.received.last().toReversed()
    expect(taken.map(({ time, text }) => ({ timestamp: time, message: text }))).toEqual(events)
    expect(taken[0].fields).toEqual({ logGroupName: 'auth0', logStreamName: 'logs' })
  })

  it.each([
    [{ fault: '429' }, 'retry', 'throttling', /Rate exceeded/],
    [{ fault: '500' }, 'retry', 'service_unavailable', /cannot complete/],
    [{ fault: '503' }, 'retry', 'service_unavailable', /cannot complete/],
    [{ fault: '401' }, 'hold', 'access_denied', /not authorized/],
    [{ fault: '403' }, 'hold', 'access_denied', /not authorized/],
    [{ fault: 'reject' }, 'rejected', 'invalid_parameter', /told to reject/],
    [{ fault: 'reset' }, 'retry', 'econnreset', /socket hang up|ECONNRESET/],
  ] as [Fault, string, string, RegExp][])('answer - of $fault: %s, %s', async (fault, kind, reason, message) => {
    const { vendor, connection } = await start()
    vendor.misbehave(fault)
    const outcome = await connection.deliver(eventsAt(now()), inTime())
    expect(outcome).toMatchObject({ kind, reason, message: expect.stringMatching(message) })
    expect(vendor.received.total).toBe(0)
  })

  it('answer - Retry-After is handed on', async () => {
    const { vendor, connection } = await start()
    vendor.misbehave({ fault: '429', retryAfter: 7 })
    expect(await connection.deliver(eventsAt(now()), inTime())).toMatchObject({ kind: 'retry', afterMs: 7_000 })
  })

  it('answer - none within the time limit', async () => {
    const { vendor, connection } = await start()
    vendor.misbehave('hang')
    const began = performance.now()
    const outcome = await connection.deliver(eventsAt(now()), AbortSignal.timeout(200))
    expect(outcome).toMatchObject({ kind: 'retry', reason: 'timeout' })
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  it.each([
    ['nobody listens', async () => (await deserted()).origin, 'retry', 'econnrefused'],
    ['no such name', async () => 'http://nowhere.invalid', 'retry', 'enotfound|eai_again'],
    ['a silent host', async () => (await silent()).origin, 'retry', 'timeout'],
    ['a certificate of an unknown CA', async () => (await untrusted()).origin, 'hold', 'bad_tls'],
    ['a page of a proxy', async () => (await answering(502, '<html>Bad Gateway</html>')).origin, 'retry', '.'],
    [
      'an error unknown yet',
      async () => (await answering(400, '{"__type":"NewException","message":"m"}')).origin,
      'retry',
      'new',
    ],
    [
      'an expired token',
      async () => (await answering(400, '{"__type":"ExpiredTokenException"}')).origin,
      'hold',
      'expired_token',
    ],
    [
      'a wrong clock',
      async () => (await answering(400, '{"__type":"InvalidSignatureException"}')).origin,
      'hold',
      'invalid_signature',
    ],
  ])('connection - %s', async (_, origin, kind, reason) => {
    const connection = await connectTo(await origin())
    const outcome = await connection.deliver(eventsAt(now()), AbortSignal.timeout(1_000))
    expect(outcome).toMatchObject({ kind, reason: expect.stringMatching(`^(${reason})`) })
  })

  it('credentials - an unknown key is a hold', async () => {
    const { connection } = await start({ groups, accessKeyIds: ['another'] })
    expect(await connection.deliver(eventsAt(now()), inTime())).toMatchObject({ kind: 'hold', reason: 'unrecognized_client' })
  })

  it('partial - each refused event by its place: too old, expired, too new', async () => {
    const { vendor, connection } = await start({ groups: [{ name: 'auth0', streams: ['logs'], retentionDays: 5 }] })
    const events = eventsAt(now() - 15 * 24 * HOUR_MS, now() - 14.5 * 24 * HOUR_MS)
    expect(await connection.deliver(events, inTime())).toMatchObject({ kind: 'partial', refused: [{ index: 0 }, { index: 1 }] })
    const day = eventsAt(now() - 5.5 * 24 * HOUR_MS, now() - 4.9 * 24 * HOUR_MS)
    expect(await connection.deliver(day, inTime())).toMatchObject({ kind: 'partial', refused: [{ index: 0, reason: 'expired' }] })
    const ahead = eventsAt(now() - HOUR_MS, now(), now() + HOUR_MS, now() + 3 * HOUR_MS, now() + 4 * HOUR_MS)
    expect(await connection.deliver(ahead, inTime())).toMatchObject({
      kind: 'partial',
      refused: [
        { index: 3, reason: 'too_new', message: expect.stringMatching(/ahead/) },
        { index: 4, reason: 'too_new' },
      ],
    })
    expect(vendor.received.total).toBe(1 + 3)
  })

  it('partial - more than 14 days old is too_old', async () => {
    const { connection } = await start()
    const events = eventsAt(now() - 14.5 * 24 * HOUR_MS, now() - 13.9 * 24 * HOUR_MS)
    expect(await connection.deliver(events, inTime())).toEqual({
      kind: 'partial',
      refused: [{ index: 0, reason: 'too_old', message: expect.stringMatching(/14 days/) }],
    })
  })

  it('rejected - what breaks a rule of the call', async () => {
    const { connection } = await start()
    expect(await connection.deliver(eventsAt(now(), now() - 10), inTime())).toMatchObject({
      kind: 'rejected',
      reason: 'invalid_parameter',
      message: expect.stringMatching(/chronological order/),
    })
  })

  it('absent group and stream - created, and delivered in the same attempt', async () => {
    const { vendor, connection } = await start({})
    expect(await connection.deliver(eventsAt(now()), inTime())).toEqual({ kind: 'delivered' })
    expect(vendor.received.total).toBe(1)
  })

  it('absent stream of a group that is there - created', async () => {
    const { connection } = await start({ groups: [{ name: 'auth0' }] })
    expect(await connection.deliver(eventsAt(now()), inTime())).toEqual({ kind: 'delivered' })
  })

  it('absent group with CLOUDWATCH_CREATE=false - a hold', async () => {
    const { connection } = await start({}, { CLOUDWATCH_CREATE: 'false' })
    expect(await connection.deliver(eventsAt(now()), inTime())).toMatchObject({ kind: 'hold', reason: 'resource_not_found' })
    await expect(connection.check()).rejects.toThrow(/auth0\/logs does not exist.*CLOUDWATCH_CREATE/)
  })

  it('check - creates what is absent, and is content', async () => {
    const { vendor, connection } = await start({})
    await connection.check()
    await connection.check()
    expect(await (await connectTo(vendor.origin, { CLOUDWATCH_CREATE: 'false' })).deliver(eventsAt(now()), inTime())).toEqual({
      kind: 'delivered',
    })
  })

  it("check - says in AWS's words why it may not write", async () => {
    const { vendor, connection } = await start()
    vendor.misbehave('403')
    await expect(connection.check()).rejects.toThrow(/not authorized/)
  })
})
