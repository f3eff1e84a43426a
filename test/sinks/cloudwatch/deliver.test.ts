// One attempt at PutLogEvents: what each of AWS's answers means.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readSettings } from '../../../services/platform/settings.ts'
import type { Fault } from '../../../services/sandbox/stand-in.ts'
import { connect } from '../../../services/sinks/cloudwatch/deliver.ts'
import { fields } from '../../../services/sinks/cloudwatch/settings.ts'
import { type CloudWatchOptions, start as startCloudWatch } from '../../../services/sinks/cloudwatch/stand-in/start.ts'
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

/** Answers each call by its name, empty for those of STS. */
async function replying(reply: (target: string, body: string, authorization: string) => { status: number; body: string }) {
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => (text += part))
    request.on('end', () => {
      const { 'x-amz-target': target = '', authorization = '' } = request.headers
      const { status, body } = reply(String(target).replace('Logs_20140328.', ''), text, authorization)
      response.writeHead(status).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const assumedRole = (keyId: string, expires: Date) => `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult><Credentials><AccessKeyId>${keyId}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
  <SessionToken>t</SessionToken><Expiration>${expires.toISOString()}</Expiration></Credentials></AssumeRoleResult>
</AssumeRoleResponse>`

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

  it.each([
    [
      403,
      'text/html',
      '<html><head><title>403</title></head><body>Access denied by policy: ticket 4711</body></html>',
      'hold',
      'HTTP 403: Access denied by policy: ticket 4711',
    ],
    [401, 'text/html', '<p>Log in</p>', 'hold', 'HTTP 401: Log in'],
    [407, 'text/plain', 'Proxy Authentication Required', 'hold', 'HTTP 407: Proxy Authentication Required'],
    [302, 'text/html', '', 'hold', 'HTTP 302: to https://login.example/'],
    [404, 'text/plain', 'no such page', 'hold', 'HTTP 404: no such page'],
    [403, 'application/json', '{"message":"Forbidden"}', 'hold', 'HTTP 403: {"message":"Forbidden"}'],
    [413, 'text/html', '<h1>413 Request Entity Too Large</h1>', 'rejected', 'HTTP 413: 413 Request Entity Too Large'],
    [408, 'text/html', '<h1>Timeout</h1>', 'retry', 'HTTP 408: Timeout'],
    [429, 'text/plain', 'slow down', 'retry', 'HTTP 429: slow down'],
    [503, 'text/html', '<html><body>Bad gateway</body></html>', 'retry', 'HTTP 503: Bad gateway'],
    [500, 'application/json', '[1,2', 'retry', 'HTTP 500: [1,2'],
    [200, 'text/html', '<html><body>Please sign in</body></html>', 'hold', 'HTTP 200: Please sign in'],
    [200, 'application/json', '', 'hold', 'HTTP 200'],
    [204, 'application/json', '', 'hold', 'HTTP 204'],
    [200, 'application/json', '{"success":false}', 'hold', 'HTTP 200: {"success":false}'],
    [200, 'application/json', '[]', 'hold', 'HTTP 200: []'],
    [200, 'application/json', '{"nextSequenceToken":', 'hold', 'HTTP 200: {"nextSequenceToken":'],
  ])('%i %s %j - is no answer of AWS: %s, by its status and in its words', async (status, type, body, kind, message) => {
    const headers = { 'content-type': type, ...(status === 302 ? { location: 'https://login.example/' } : {}) }
    const connection = await connectTo((await answering(status, body, headers)).origin)
    expect(await connection.deliver(eventsAt(now()), inTime())).toMatchObject({ kind, reason: `http_${status}`, message })
    await expect(connection.check()).rejects.toThrow(message)
  })

  it.each([
    [400, { __type: 'com.amazonaws.logs#ThrottlingException', message: 'Rate exceeded' }, 'retry', 'throttling'],
    [413, { __type: 'ThrottlingException', message: 'Rate exceeded' }, 'retry', 'throttling'],
    [503, { __type: 'AccessDeniedException', message: 'no' }, 'hold', 'access_denied'],
    [500, { code: 'InvalidParameterException', message: 'no' }, 'rejected', 'invalid_parameter'],
  ])('%i with the error %j - is judged by its name', async (status, body, kind, reason) => {
    const connection = await connectTo((await answering(status, JSON.stringify(body))).origin)
    expect(await connection.deliver(eventsAt(now()), inTime())).toMatchObject({ kind, reason })
  })

  it('2xx - is taken where AWS says so, with or without the token that means nothing any more', async () => {
    for (const body of ['{"nextSequenceToken":"1"}', '{}', ' {"nextSequenceToken":null} ']) {
      const connection = await connectTo((await answering(200, body)).origin)
      expect([body, await connection.deliver(eventsAt(now()), inTime())]).toEqual([body, { kind: 'delivered' }])
    }
  })

  it.each([
    { tooNewLogEventStartIndex: -1 },
    { tooNewLogEventStartIndex: 4 },
    { tooOldLogEventEndIndex: -1 },
    { tooOldLogEventEndIndex: 1e9 },
    { expiredLogEventEndIndex: 1.5 },
    { tooNewLogEventStartIndex: 3, expiredLogEventEndIndex: 4 },
  ])('refusals at %j of three - are not believed: a hold, nothing is put aside', async (rejectedLogEventsInfo) => {
    const connection = await connectTo((await answering(200, JSON.stringify({ rejectedLogEventsInfo }))).origin)
    expect(await connection.deliver(eventsAt(1, 2, 3), inTime())).toMatchObject({
      kind: 'hold',
      reason: 'answer_not_understood',
      message: expect.stringContaining(JSON.stringify(rejectedLogEventsInfo)),
    })
  })

  it('names that AWS refuses - are our settings, not the events: a hold', async () => {
    const pattern = 'failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*'
    for (const name of ['logStreamName', 'logGroupName']) {
      const message = `1 validation error detected: Value 'auth0:prod/2026' at '${name}' ${pattern}`
      const connection = await connectTo(
        (await answering(400, JSON.stringify({ __type: 'InvalidParameterException', message }))).origin,
      )
      expect(await connection.deliver(eventsAt(now()), inTime())).toEqual({ kind: 'hold', reason: 'invalid_parameter', message })
    }
  })

  it.each([
    ['CLOUDWATCH_LOG_STREAM_NAME', 'auth0:prod/2026'],
    ['CLOUDWATCH_LOG_STREAM_NAME', 'a*b'],
    ['CLOUDWATCH_LOG_STREAM_NAME', 'x'.repeat(513)],
    ['CLOUDWATCH_LOG_GROUP_NAME', 'auth0 logs'],
    ['CLOUDWATCH_LOG_GROUP_NAME', 'größe'],
    ['CLOUDWATCH_LOG_GROUP_NAME', 'x'.repeat(513)],
    ['CLOUDWATCH_RETENTION_DAYS', '8'],
    ['CLOUDWATCH_RETENTION_DAYS', '-1'],
    ['AWS_ROLE_ARN', 'auth0-writer'],
  ])('%s=%s - is refused at the start, by name', async (name, value) => {
    await expect(connectTo('http://127.0.0.1:1', { [name]: value })).rejects.toThrow(new RegExp(`^${name}: must be`))
  })

  it('answer - that repeats a secret hides it, a long one is cut to 1 KB, a huge one is not read', async () => {
    const message = `The secret wJalrXUtnFEMI/K7MDENG is wrong ${'x'.repeat(3_000)}`
    const { origin } = await answering(400, JSON.stringify({ __type: 'InvalidSignatureException', message }))
    const connection = await connectTo(origin, { AWS_SECRET_KEY: 'wJalrXUtnFEMI/K7MDENG' })
    const outcome = await connection.deliver(eventsAt(now()), inTime())
    expect(outcome).toMatchObject({ kind: 'hold', message: expect.stringMatching(/^The secret \*\*\* is wrong x+…$/) })
    expect(outcome.kind === 'hold' && Buffer.byteLength(outcome.message)).toBeLessThanOrEqual(1_024)
    const huge = await connectTo(
      (await answering(500, JSON.stringify({ __type: 'ServiceUnavailable', message: 'y'.repeat(2_000_000) }))).origin,
    )
    expect(await huge.deliver(eventsAt(now()), inTime())).toMatchObject({ kind: 'retry', reason: 'http_500' })
  })

  it.each(['1000000000', 'Fri, 31 Dec 9999 23:59:59 GMT'])('Retry-After - of %j is 15 minutes', async (after) => {
    const body = '{"__type":"ThrottlingException","message":"m"}'
    const connection = await connectTo((await answering(400, body, { 'retry-after': after })).origin)
    expect(await connection.deliver(eventsAt(now()), inTime())).toMatchObject({ kind: 'retry', afterMs: 15 * 60_000 })
  })

  it('a group that is created - gets its retention and key; one that is there keeps its own', async () => {
    const more = { CLOUDWATCH_RETENTION_DAYS: '30', CLOUDWATCH_KMS_KEY_ID: 'arn:aws:kms:us-east-1:123456789012:key/1' }
    const { vendor, connection } = await start({}, more)
    await connection.check()
    const groupsOf = async (origin: string) => {
      const headers = {
        'x-amz-target': 'Logs_20140328.DescribeLogGroups',
        authorization: `AWS4-HMAC-SHA256 Credential=id/20260304/us-east-1/logs/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
      }
      return ((await (await fetch(origin, { method: 'POST', headers, body: '{}' })).json()) as { logGroups: object[] }).logGroups
    }
    expect(await groupsOf(vendor.origin)).toMatchObject([{ retentionInDays: 30, kmsKeyId: more.CLOUDWATCH_KMS_KEY_ID }])
    const other = await start({ groups: [{ name: 'auth0', retentionDays: 7 }] }, more)
    await other.connection.check()
    expect(await other.connection.deliver(eventsAt(now()), inTime())).toEqual({ kind: 'delivered' })
    expect(await groupsOf(other.vendor.origin)).toMatchObject([{ retentionInDays: 7 }])
  })

  it.each(['InvalidParameterException', 'ValidationException', ''])(
    'a group that AWS refuses to create with %j - is a hold: no event is to blame',
    async (__type) => {
      const { origin } = await replying((target) =>
        target === 'PutLogEvents'
          ? { status: 400, body: '{"__type":"ResourceNotFoundException","message":"no group"}' }
          : { status: 400, body: JSON.stringify({ ...(__type && { __type }), message: 'the KMS key does not exist' }) },
      )
      const connection = await connectTo(origin)
      const outcome = await connection.deliver(eventsAt(now()), inTime())
      expect(outcome).toMatchObject({ kind: 'hold', message: expect.stringContaining('the KMS key does not exist') })
    },
  )

  it('AWS_ROLE_ARN - is assumed with the keys, and again before its own expire', async () => {
    const seen: string[] = []
    let sessions = 0
    const server = await replying((target, body, authorization) => {
      const key = /Credential=([^/]+)\//.exec(authorization)?.[1]
      if (target === '') {
        seen.push(`${key} ${new URLSearchParams(body).get('RoleArn')}`)
        // The SDK renews what ends within five minutes.
        return {
          status: 200,
          body: assumedRole(`ASIA${++sessions}`, new Date(Date.now() + (sessions === 1 ? 60_000 : 3_600_000))),
        }
      }
      seen.push(`${key} ${target}`)
      return { status: 200, body: '{"nextSequenceToken":"1"}' }
    })
    vi.stubEnv('AWS_ENDPOINT_URL_STS', server.origin)
    onTestFinished(() => void vi.unstubAllEnvs())
    const connection = await connectTo(server.origin, { AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/writer' })
    for (let n = 0; n < 3; n++) expect(await connection.deliver(eventsAt(now()), inTime())).toEqual({ kind: 'delivered' })
    const assumed = seen.filter((call) => !call.includes('PutLogEvents'))
    expect(assumed).toEqual(Array(2).fill('id arn:aws:iam::123456789012:role/writer'))
    expect(seen.filter((call) => /^ASIA[12] PutLogEvents$/.test(call)).length).toBe(3)
    expect(seen.at(-1)).toBe('ASIA2 PutLogEvents')
  })

  it('a connection that died while it lay idle - is no failure', async () => {
    const { vendor, connection } = await start()
    expect(await connection.deliver(eventsAt(now()), inTime())).toEqual({ kind: 'delivered' })
    vendor.misbehave({ fault: 'reset', reused: true })
    for (let n = 0; n < 3; n++) expect(await connection.deliver(eventsAt(now()), inTime())).toEqual({ kind: 'delivered' })
    expect(vendor.received.total).toBe(4)
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
