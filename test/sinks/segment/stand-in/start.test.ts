// The Segment stand-in over HTTP.
import { Analytics } from '@segment/analytics-node'
import { expect, onTestFinished, test } from 'vitest'
import { type SegmentOptions, start as startSegment } from '../../../../services/sinks/segment/stand-in/start.ts'

const basic = (key: string) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`
const time = '2026-03-04T05:06:07.000Z'
const track = (id: string, more: object = {}) => ({
  type: 'track',
  event: 'Success Login',
  userId: 'u',
  messageId: id,
  timestamp: time,
  ...more,
})

async function start(options: SegmentOptions = {}) {
  const segment = await startSegment(options)
  onTestFinished(segment.close)
  const post = async (body: unknown, { path = '/v1/batch', authorization = basic('key') } = {}) => {
    const response = await fetch(segment.origin + path, {
      method: 'POST',
      headers: authorization === '' ? {} : { authorization },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: response.status, body: await response.json(), retryAfter: response.headers.get('retry-after') }
  }
  return { segment, post }
}

const success = { status: 200, body: { success: true }, retryAfter: null }

test('Segment - takes a batch and keeps each event with its messageId, time and name', async () => {
  const { segment, post } = await start()
  expect(await post({ batch: [track('1'), track('2')] })).toEqual(success)
  expect(segment.received).toMatchObject({ total: 2, requests: 1 })
  expect(segment.received.last(1)).toEqual([{ id: '2', time: Date.parse(time), text: 'Success Login', fields: track('2') }])
})

test("Segment - takes what Segment's own client sends", async () => {
  const { segment } = await start({ writeKey: 'key' })
  const analytics = new Analytics({ writeKey: 'key', host: segment.origin, maxRetries: 0, disable: false })
  analytics.track({ userId: 'u', event: 'Success Login', messageId: '900' })
  await analytics.closeAndFlush({ timeout: 5_000 })
  expect(segment.received.last().map(({ id }) => id)).toEqual(['900'])
})

test('Segment - takes a single event at /v1/track, up to 32 KB', async () => {
  const { segment, post } = await start()
  expect(await post(track('1', { type: undefined }), { path: '/v1/track' })).toEqual(success)
  expect((await post(track('2', { x: 'x'.repeat(32_768) }), { path: '/v1/track' })).status).toBe(400)
  expect(segment.received.last().map(({ id }) => id)).toEqual(['1'])
})

test('Segment - answers 200 and throws away what is not acceptable', async () => {
  const { segment, post } = await start()
  const large = track('2', { properties: { x: 'x'.repeat(32_768) } })
  const batch = [track('1'), large, track('3', { userId: '' }), track('4', { event: undefined }), track('5', { type: 'x' }), 6]
  expect(await post({ batch })).toEqual(success)
  expect(segment.received.last().map(({ id }) => id)).toEqual(['1'])
  expect(segment.received.counts).toEqual({
    'discarded.event_too_large': 1,
    'discarded.no_user_anon_id': 1,
    'discarded.no_event_name': 1,
    'discarded.no_type': 2,
  })
  expect(segment.received.refused().map(({ id, why }) => `${id} ${why}`)).toContain('2 event_too_large')
})

test('Segment - throws away what is over 2,500 events in a batch', async () => {
  const { segment, post } = await start()
  const batch = Array.from({ length: 2_502 }, (_, n) => ({ type: 'track', event: 'e', userId: 'u', messageId: String(n) }))
  expect(await post({ batch })).toEqual(success)
  expect(segment.received).toMatchObject({ total: 2_500, counts: { 'discarded.over_batch_limit': 2 } })
})

test('Segment - takes a messageId once', async () => {
  const { segment, post } = await start()
  await post({ batch: [track('1'), track('1')] })
  await post({ batch: [track('1'), track('2')] })
  expect(segment.received).toMatchObject({ total: 2, counts: { deduplicated: 2 } })
  segment.reset()
  await post({ batch: [track('1')] })
  expect(segment.received.total).toBe(1)
})

test('Segment - answers 400 for more than 500 KB and for what is no JSON', async () => {
  const { segment, post } = await start()
  const padded = (bytes: number) => {
    const body = JSON.stringify({ batch: [track('1')], pad: '' })
    return body.replace('"pad":""', `"pad":"${'x'.repeat(bytes - body.length)}"`)
  }
  expect((await post(padded(512_001))).status).toBe(400)
  expect(await post(padded(512_000))).toEqual(success)
  expect((await post('{"batch":[')).status).toBe(400)
  expect((await post({ batch: {} })).status).toBe(400)
  expect(segment.received).toMatchObject({ total: 1, counts: { rejected: 3 } })
})

test('Segment - answers 401 without any write key; one in the body will do', async () => {
  const { post } = await start()
  expect((await post({ batch: [track('1')] }, { authorization: '' })).status).toBe(401)
  expect((await post({ batch: [track('1')] }, { authorization: basic('') })).status).toBe(401)
  expect(await post({ batch: [track('1')], writeKey: 'key' }, { authorization: '' })).toEqual(success)
})

test('Segment - answers 200 for a foreign write key, and the events vanish', async () => {
  const { segment, post } = await start({ writeKey: 'key' })
  expect(await post({ batch: [track('1')] }, { authorization: basic('other') })).toEqual(success)
  expect(segment.received).toMatchObject({ total: 0, counts: { 'discarded.wrong_write_key': 1 } })
})

test('Segment - knows no other paths and methods', async () => {
  const { segment, post } = await start()
  expect((await post({}, { path: '/v2/batch' })).status).toBe(404)
  expect((await fetch(`${segment.origin}/v1/batch`)).status).toBe(405)
})

test.each([
  ['429', 429],
  ['500', 500],
  ['503', 503],
  ['401', 401],
  ['403', 403],
] as const)('Segment - shows the fault %s', async (fault, status) => {
  const { segment, post } = await start()
  segment.misbehave({ fault, retryAfter: 7 }, 1)
  expect(await post({ batch: [track('1')] })).toMatchObject({ status, retryAfter: '7' })
  expect(await post({ batch: [track('1')] })).toEqual(success)
})

test('Segment - rejects the calls that hold a marked event', async () => {
  const { segment, post } = await start()
  segment.misbehave({ fault: 'reject', marker: 'poison' })
  expect((await post({ batch: [track('1'), track('2', { properties: { a: 'poison' } })] })).status).toBe(400)
  expect(await post({ batch: [track('1')] })).toEqual(success)
  expect(() => segment.misbehave('partial')).toThrow('segment cannot show this fault')
})
