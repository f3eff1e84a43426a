// One POST of a batch to Segment: what each answer means.
import { describe, expect, it, onTestFinished } from 'vitest'
import { readSettings } from '../../../services/platform/settings.ts'
import type { Fault } from '../../../services/sandbox/stand-in.ts'
import { connect } from '../../../services/sinks/segment/deliver.ts'
import { encode } from '../../../services/sinks/segment/encode.ts'
import type { TrackCall } from '../../../services/sinks/segment/form.ts'
import { fields, MAX_EVENT_BYTES } from '../../../services/sinks/segment/settings.ts'
import { segment } from '../../../services/sinks/segment/sink.ts'
import { start as startSegment } from '../../../services/sinks/segment/stand-in/start.ts'
import { answering, deserted, silent, untrusted } from '../../support/answering.ts'
import { logEvent } from '../../support/log-event.ts'

async function connectTo(host: string, key = 'the-key') {
  const connection = await connect(readSettings(fields, { SEGMENT_KEY: key, SEGMENT_HOST: host }))
  onTestFinished(connection.close)
  return connection
}

async function start() {
  const vendor = await startSegment({ writeKey: 'the-key' })
  onTestFinished(vendor.close)
  return { vendor, connection: await connectTo(vendor.origin) }
}

function itemOf(id: string, data: object = {}): TrackCall {
  const result = encode(logEvent({ user_id: 'u', ...data }, { id, type: 's' }))
  if ('unsendable' in result) throw new Error(result.unsendable)
  return result.item
}
const items = ['1', '2', '3'].map((id) => itemOf(id))
const inTime = () => AbortSignal.timeout(5_000)

describe('segment deliver', () => {
  it('delivered - a batch, each event with its id', async () => {
    const { vendor, connection } = await start()
    expect(await connection.deliver(items, inTime())).toEqual({ kind: 'delivered' })
    expect(vendor.received.last().map(({ id }) => id)).toEqual(['3', '2', '1'])
    expect(vendor.received).toMatchObject({ requests: 1, counts: {} })
  })

  it('delivered - in whatever script', async () => {
    const { vendor, connection } = await start()
    expect(await connection.deliver([itemOf('1', { user_id: 'Зоя', user_name: '😀' })], inTime())).toEqual({ kind: 'delivered' })
    expect(vendor.received.last()[0].fields).toMatchObject({ userId: 'Зоя', properties: { user_name: '😀' } })
  })

  it.each([
    [{ fault: '429', retryAfter: 3 }, { kind: 'retry', reason: 'http_429', afterMs: 3_000 }, /Too Many Requests/],
    [{ fault: '500' }, { kind: 'retry', reason: 'http_500' }, /Internal Server Error/],
    [{ fault: '503', retryAfter: 2 }, { kind: 'retry', reason: 'http_503', afterMs: 2_000 }, /Service Unavailable/],
    [{ fault: '401' }, { kind: 'hold', reason: 'http_401' }, /Unauthorized/],
    [{ fault: '403' }, { kind: 'hold', reason: 'http_403' }, /Forbidden/],
    [{ fault: 'reject' }, { kind: 'rejected', reason: 'http_400' }, /told to reject/],
    [{ fault: 'reset' }, { kind: 'retry', reason: 'econnreset' }, /socket hang up|ECONNRESET/],
  ] as [Fault, object, RegExp][])('answer - of $fault: %j', async (fault, outcome, message) => {
    const { vendor, connection } = await start()
    vendor.misbehave(fault)
    expect(await connection.deliver(items, inTime())).toMatchObject({ ...outcome, message: expect.stringMatching(message) })
    expect(vendor.received.total).toBe(0)
    vendor.behave()
    expect(await connection.deliver(items, inTime())).toEqual({ kind: 'delivered' })
  })

  it.each([
    ['retry', [408, 410, 425, 429, 460, 500, 502, 503, 504, 599]],
    ['rejected', [400, 413, 422]],
    ['hold', [200, 202, 204, 301, 302, 401, 403, 404, 405, 407, 501, 505, 511]],
  ])("status - %s by Segment's rules: %j", async (kind, statuses) => {
    for (const status of statuses) {
      const connection = await connectTo((await answering(status, 'words')).origin)
      const outcome = await connection.deliver(items, inTime())
      expect([status, outcome.kind]).toEqual([status, kind])
      const words = status === 204 ? '' : ': words'
      expect(outcome).toMatchObject({ reason: `http_${status}`, message: `HTTP ${status}${words}` })
    }
  })

  it.each([
    [
      'a login page',
      200,
      '<html><body>Please sign in to the guest network</body></html>',
      'HTTP 200: Please sign in to the guest network',
    ],
    ['a refusal', 200, '{"success":false,"code":"invalid_write_key"}', 'HTTP 200: {"success":false,"code":"invalid_write_key"}'],
    ['nothing', 204, '', 'HTTP 204'],
    ['an empty body', 200, '', 'HTTP 200'],
    ['another service', 201, '{"id":7}', 'HTTP 201: {"id":7}'],
    ['a list', 200, '[{"success":true}]', 'HTTP 200: [{"success":true}]'],
    ['a text that says so', 200, '{"success":"true"}', 'HTTP 200: {"success":"true"}'],
    ['null', 200, 'null', 'HTTP 200: null'],
    ['a word cut short', 200, '{"success":true', 'HTTP 200: {"success":true'],
  ])("2xx - %s is not Segment's word: a hold, and the check fails, in its own words", async (_, status, body, message) => {
    const connection = await connectTo((await answering(status, body)).origin)
    expect(await connection.deliver(items, inTime())).toEqual({ kind: 'hold', reason: `http_${status}`, message })
    await expect(connection.check()).rejects.toThrow(message)
  })

  it('2xx - with {"success":true} is, whichever it is', async () => {
    for (const status of [200, 201, 202]) {
      const connection = await connectTo((await answering(status, ' {"success": true, "more": 1}\n')).origin)
      expect(await connection.deliver(items, inTime())).toEqual({ kind: 'delivered' })
    }
  })

  it('answer - that repeats the write key hides it, however it is written', async () => {
    const key = 'wk"é/secret'
    const basic = Buffer.from(`${key}:`).toString('base64')
    const body = JSON.stringify({ success: false, message: `invalid write key ${key} (${basic}, ${encodeURIComponent(key)})` })
    const connection = await connectTo((await answering(401, body)).origin, key)
    const outcome = await connection.deliver(items, inTime())
    expect(outcome).toMatchObject({
      kind: 'hold',
      message: 'HTTP 401: {"success":false,"message":"invalid write key *** (***, ***)"}',
    })
    await expect(connection.check()).rejects.toThrow('invalid write key *** (***, ***)')
  })

  it.each(['1000000000', 'Fri, 31 Dec 9999 23:59:59 GMT', '86400'])('Retry-After - of %j is 15 minutes', async (after) => {
    const connection = await connectTo((await answering(429, 'slow', { 'retry-after': after })).origin)
    expect(await connection.deliver(items, inTime())).toMatchObject({ kind: 'retry', afterMs: 15 * 60_000 })
  })

  it('answer - without words names its status, a long one is cut', async () => {
    const quiet = await connectTo((await answering(403)).origin)
    expect(await quiet.deliver(items, inTime())).toMatchObject({ message: 'HTTP 403' })
    const long = await connectTo((await answering(403, 'x'.repeat(1_000_000))).origin)
    const outcome = await long.deliver(items, inTime())
    expect(outcome).toMatchObject({ kind: 'hold', message: expect.stringMatching(/^HTTP 403: x+…$/) })
    expect(outcome.kind === 'hold' && Buffer.byteLength(outcome.message)).toBeLessThanOrEqual(1_024)
  })

  it('answer - none within the time limit', async () => {
    const { vendor, connection } = await start()
    vendor.misbehave('hang')
    const began = performance.now()
    expect(await connection.deliver(items, AbortSignal.timeout(200))).toMatchObject({ kind: 'retry', reason: 'timeout' })
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  it.each([
    ['nobody listens', async () => (await deserted()).origin, 'retry', 'econnrefused'],
    ['no such name', async () => 'https://nowhere.invalid', 'retry', 'enotfound|eai_again'],
    ['a silent host', async () => (await silent()).origin, 'retry', 'timeout'],
    ['a certificate of an unknown CA', async () => (await untrusted()).origin, 'hold', 'bad_tls'],
    [
      'no TLS where it is asked for',
      async () => (await answering(200, '{"success":true}')).origin.replace('http:', 'https:'),
      'hold',
      'bad_tls',
    ],
  ])('connection - %s', async (_, origin, kind, reason) => {
    const connection = await connectTo(await origin())
    const outcome = await connection.deliver(items, AbortSignal.timeout(1_000))
    expect(outcome).toMatchObject({ kind, reason: expect.stringMatching(`^(${reason})$`) })
  })

  it('limits - the largest batch and the largest event are taken, not one thrown away', async () => {
    const { vendor, connection } = await start()
    const limits = segment.limits(readSettings(fields, { SEGMENT_KEY: 'k' }))
    expect(limits.bytes).toBeLessThan(475_000)
    const bytesOf = (padding: number) => {
      const result = encode(logEvent({ user_id: 'u', padding: 'x'.repeat(padding) }, { id: 'largest', type: 's' }))
      return 'bytes' in result ? result.bytes : 0
    }
    expect(limits.bytesAnEvent).toBe(MAX_EVENT_BYTES)
    const padding = limits.bytesAnEvent - bytesOf(0)
    expect(bytesOf(padding)).toBe(limits.bytesAnEvent)
    const batch: TrackCall[] = []
    for (let bytes = 0, n = 0; ; n++) {
      bytes += limits.bytesAnEvent
      if (bytes > limits.bytes) break
      batch.push(itemOf(`event${String(n).padStart(2, '0')}`, { padding: 'x'.repeat(padding) }))
    }
    expect(await connection.deliver(batch, inTime())).toEqual({ kind: 'delivered' })
    const many = Array.from({ length: limits.events }, (_, n) => itemOf(String(n)))
    expect(await connection.deliver(many.slice(0, Math.floor(limits.bytes / many[0].bytes)), inTime())).toEqual({
      kind: 'delivered',
    })
    expect(vendor.received.counts).toEqual({})
  })

  it('check - content where the address answers, else says what to look at', async () => {
    const { vendor, connection } = await start()
    await connection.check()
    vendor.misbehave('401')
    await expect(connection.check()).rejects.toThrow(/answered 401: check SEGMENT_KEY and SEGMENT_HOST/)
    await expect((await connectTo((await deserted()).origin)).check()).rejects.toThrow(/ECONNREFUSED/)
  })
})
