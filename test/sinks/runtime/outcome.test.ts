// What answers and errors mean, as a table.
import { describe, expect, it } from 'vitest'
import { text } from '../../../services/platform/settings.ts'
import type { Connection, Outcome } from '../../../services/sinks/runtime/contract.ts'
import { discreet, outcomeOfAnswer, outcomeOfError, outcomeOfStatus } from '../../../services/sinks/runtime/outcome.ts'

const now = Date.parse('2026-03-04T05:06:07Z')

describe('outcomeOfStatus', () => {
  it.each([
    ['retry', [408, 425, 429, 500, 502, 503, 504, 599]],
    ['rejected', [400, 413, 422]],
    ['hold', [200, 201, 202, 204, 299, 401, 403, 404, 405, 407, 410, 301, 307, 0]],
  ])('outcomeOfStatus - %s: %j', (kind, statuses) => {
    expect(statuses.map((status) => outcomeOfStatus(status, 'words').kind)).toEqual(statuses.map(() => kind))
  })

  it("outcomeOfStatus - reason and the vendor's words", () => {
    expect(outcomeOfStatus(403, 'not you')).toEqual({ kind: 'hold', reason: 'http_403', message: 'not you' })
    expect(outcomeOfStatus(400, 'bad')).toEqual({ kind: 'rejected', reason: 'http_400', message: 'bad' })
  })

  it('outcomeOfStatus - hands on Retry-After', () => {
    expect(outcomeOfStatus(429, 'slow down', '3', now)).toEqual({
      kind: 'retry',
      reason: 'http_429',
      message: 'slow down',
      afterMs: 3_000,
    })
  })
})

const coded = (code: string, message = 'words') => Object.assign(new Error(message), { code })
const named = (name: string, more: object = {}) => Object.assign(new Error('words'), { name, ...more })

describe('outcomeOfError', () => {
  it.each([
    ['a reset', coded('ECONNRESET'), 'retry', 'econnreset'],
    ['nobody listening', coded('ECONNREFUSED'), 'retry', 'econnrefused'],
    ['no such name', coded('ENOTFOUND'), 'retry', 'enotfound'],
    ['a code beneath', new Error('fetch failed', { cause: coded('EPIPE') }), 'retry', 'epipe'],
    ['a throw nobody foresaw', new TypeError('x is undefined'), 'retry', 'unexpected'],
    ['a thrown text', 'oh', 'retry', 'unexpected'],
    ['nothing', undefined, 'retry', 'unexpected'],
    ['an abort', named('AbortError', { code: 'ABORT_ERR' }), 'retry', 'timeout'],
    ['the end of AbortSignal.timeout', new DOMException('late', 'TimeoutError'), 'retry', 'timeout'],
    ['a reset in the words of the AWS SDK', named('TimeoutError', { code: 'ECONNRESET' }), 'retry', 'econnreset'],
    ['an expired certificate', coded('CERT_HAS_EXPIRED'), 'hold', 'bad_tls'],
    ['an unknown CA', coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'hold', 'bad_tls'],
    ['a self-signed certificate', coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'hold', 'bad_tls'],
    ['a self-signed CA', coded('SELF_SIGNED_CERT_IN_CHAIN'), 'hold', 'bad_tls'],
    ['a foreign host name', coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'hold', 'bad_tls'],
    ['no TLS at all', coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'hold', 'bad_tls'],
  ])('outcomeOfError - %s', (_, error, kind, reason) => {
    expect(outcomeOfError(error)).toMatchObject({ kind, reason, message: expect.stringMatching(/\S/) })
  })

  it('outcomeOfError - says what the causes say', () => {
    const all = new AggregateError([coded('ECONNREFUSED', 'connect ECONNREFUSED ::1:1')], '')
    expect(outcomeOfError(Object.assign(all, { code: 'ECONNREFUSED' }))).toEqual({
      kind: 'retry',
      reason: 'econnrefused',
      message: 'connect ECONNREFUSED ::1:1',
    })
  })
})

describe('outcomeOfAnswer', () => {
  const answer = (status: number, body = '', headers = {}) => ({ status, headers, body: Buffer.from(body) })

  it.each([
    [answer(200, '<p>Sign in</p>'), { kind: 'hold', reason: 'http_200', message: 'HTTP 200: Sign in' }],
    [answer(302, '', { location: 'https://x/' }), { kind: 'hold', reason: 'http_302', message: 'HTTP 302: to https://x/' }],
    [answer(413, 'large'), { kind: 'rejected', reason: 'http_413', message: 'HTTP 413: large' }],
    [answer(503, '', { 'retry-after': '7' }), { kind: 'retry', reason: 'http_503', message: 'HTTP 503', afterMs: 7_000 }],
    [answer(429, '', { 'retry-after': '1e9' }), { kind: 'retry', reason: 'http_429', message: 'HTTP 429', afterMs: undefined }],
  ])('%j - is %j', (given, outcome) => {
    expect(outcomeOfAnswer(given)).toEqual(outcome)
  })

  it.each([
    [407, 'hold'],
    [403, 'hold'],
    [400, 'hold'],
    [504, 'retry'],
    [undefined, 'hold'],
  ])('a proxy that opens no way with %s - is a %s, never a rejection', (statusCode, kind) => {
    expect(outcomeOfError(Object.assign(coded('ERR_PROXY_TUNNEL', 'no way'), { statusCode }))).toMatchObject({
      kind,
      message: 'no way',
    })
  })
})

describe('discreet', () => {
  const fields = { key: text('KEY', 'a secret', { secret: true }), host: text('HOST', 'no secret') }
  const settings = { key: 'top-secret', host: 'vendor' }
  const wrapped = (deliver: () => Promise<Outcome>, check = async () => {}) => {
    const connection: Connection<string> = { deliver, check, close: async () => {} }
    return discreet(connection, fields, settings)
  }
  const signal = AbortSignal.timeout(5_000)

  it.each<[Outcome, object]>([
    [{ kind: 'delivered' }, { kind: 'delivered' }],
    [
      { kind: 'hold', reason: 'r', message: 'top-secret at vendor' },
      { kind: 'hold', reason: 'r', message: '*** at vendor' },
    ],
    [
      { kind: 'partial', refused: [{ index: 1, reason: 'r', message: 'not top-secret' }] },
      { kind: 'partial', refused: [{ index: 1, reason: 'r', message: 'not ***' }] },
    ],
  ])('outcome - %j is told as %j', async (given, told) => {
    expect(await wrapped(async () => given).deliver([], signal)).toEqual(told)
  })

  it('throws - are outcomes and errors without secrets, cut to 1 KB', async () => {
    const fails = async () => {
      throw new Error(`top-secret ${'x'.repeat(5_000)}`)
    }
    const outcome = await wrapped(fails).deliver([], signal)
    expect(outcome).toMatchObject({ kind: 'retry', reason: 'unexpected', message: expect.stringMatching(/^\*\*\* x+…$/) })
    await expect(wrapped(async () => ({ kind: 'delivered' }), fails).check()).rejects.toThrow(/^\*\*\* x{900,1100}…$/)
  })
})
