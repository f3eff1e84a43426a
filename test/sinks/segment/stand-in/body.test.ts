// What is read of a body for Segment.
import { expect, test } from 'vitest'
import { readBatchBody, readTrackBody } from '../../../../services/sinks/segment/stand-in/body.ts'

test('Segment body - each event of a batch with its fields and its place', () => {
  const first =
    '{"type":"track","event":"é \\"q\\"","userId":"u","properties":{"type":"x","batch":[{}],"messageId":"no"},"messageId":"1"}'
  const events = [first, '{ "anonymousId" : "a", "timestamp":"2026" }', '{"userId":5}', '7']
  const body = Buffer.from(`{"context":{"batch":[1]},"writeKey":"key","batch":[${events.join(' , ')}],"sentAt":"x"}`)
  const read = readBatchBody(body)
  expect(read?.writeKey).toBe('key')
  expect(read?.events?.map(({ start, end }) => body.toString('utf8', start, end))).toEqual(events)
  expect(read?.events).toMatchObject([
    { type: 'track', event: 'é "q"', userId: 'u', messageId: '1' },
    { anonymousId: 'a', timestamp: '2026' },
    { userId: undefined },
    {},
  ])
})

test('Segment body - no batch, no object, no JSON', () => {
  expect(readBatchBody(Buffer.from('{"batch":{}}'))).toEqual({})
  const broken = [
    '',
    '[]',
    '7',
    '{"batch":[{]}',
    '{"batch":[]',
    '{"batch":[]} x',
    '{"batch":[{"a":tru}]}',
    `{"a":${'['.repeat(200_000)}`,
  ]
  for (const text of broken) expect(readBatchBody(Buffer.from(text)), text.slice(0, 40)).toBeUndefined()
})

test('Segment body - a track of its own', () => {
  const text = '{"event":"e","userId":"u","writeKey":"key"}'
  const track = { start: 0, end: text.length, type: 'track', event: 'e', userId: 'u' }
  expect(readTrackBody(Buffer.from(text))).toEqual({ writeKey: 'key', events: [track] })
  expect(readTrackBody(Buffer.from('{"event":"e"'))).toBeUndefined()
})
