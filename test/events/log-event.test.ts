// One event as the topic holds it: what is known without parsing, and what parsing gives.
import { describe, expect, test } from 'vitest'
import { LogEvent } from '../../services/events/log-event.ts'

const RECEIVED = Date.parse('2026-11-23T10:00:00.000Z')

const logEvent = (value: string | null, record: { id?: string; type?: string } = {}) =>
  new LogEvent({
    id: '900',
    value: value === null ? null : Buffer.from(value),
    receivedAt: RECEIVED,
    partition: 3,
    offset: 7,
    ...record,
  })

describe('LogEvent', () => {
  test('record of ours - id and type come without parsing; what is no JSON does not matter', () => {
    const event = logEvent('no JSON', { type: 's' })
    expect(event).toMatchObject({ id: '900', type: 's', receivedAt: RECEIVED, partition: 3, offset: 7, isEvent: true })
    expect(event.value.toString()).toBe('no JSON')
    expect(event.data).toBeNull()
  })

  test('data - is parsed once', () => {
    const event = logEvent('{"log_id":"other","a":1}')
    expect(event.data).toEqual({ log_id: 'other', a: 1 })
    expect(event.data).toBe(event.data)
    expect(event.id).toBe('900')
  })

  test('release - lets go of what was parsed; who asks again gets it anew', () => {
    const event = logEvent('{"a":1}')
    const { data } = event
    event.release()
    expect(event.data).toEqual(data)
    expect(event.data).not.toBe(data)
  })

  test.each<[string, string | null]>([
    ['no JSON', '{"a":'],
    ['an array', '[{}]'],
    ['null', 'null'],
    ['a number', '7'],
    ['empty', ''],
    ['a tombstone', null],
  ])('foreign record that is %s - has no data and is no event', (_, value) => {
    expect(logEvent(value)).toMatchObject({ data: null, type: '', isEvent: false })
  })

  test('record without a key - is no event, whatever it holds', () => {
    expect(logEvent('{"type":"s"}', { id: '', type: 's' }).isEvent).toBe(false)
  })

  test.each([
    ['{"type":"seacft"}', undefined, 'seacft'],
    ['{"type":"seacft"}', 'f', 'f'],
    ['{"type":"seacft"}', '', ''],
    ['{"type":null}', undefined, ''],
    ['{"type":5}', undefined, ''],
    ['{}', undefined, ''],
  ])('type - of %s with header %j is %j', (value, type, expected) => {
    expect(logEvent(value, { type }).type).toBe(expected)
  })

  test('member - as the bytes have it, after withValue too; nothing of what is no object', () => {
    const event = logEvent('{"user_id":"auth0|1","ip":7,"details":{"type":"x"}}')
    expect([event.member('user_id'), event.member('ip'), event.member('type'), event.memberCount]).toEqual([
      'auth0|1',
      7,
      undefined,
      3,
    ])
    expect(event.withValue(Buffer.from('{"ip":8}')).member('ip')).toBe(8)
    event.release()
    expect(event.member('ip')).toBe(7)
    const none = logEvent('[1]', { type: 's' })
    expect([none.isObject, none.member('ip'), none.memberCount]).toEqual([false, undefined, 0])
  })

  const NOW = Date.parse('2026-11-28T12:00:00.000Z')

  test.each([
    ['{"date":"2026-11-23T09:59:57.123Z"}', Date.parse('2026-11-23T09:59:57.123Z')],
    ['{"date":1795374000000}', 1_795_374_000_000],
    ['{"date":"1970-01-01T00:00:00.000Z"}', 0],
    ['{"date":"9999-12-31T23:59:59.999Z"}', 253_402_300_799_999],
    ['{"date":"yesterday"}', RECEIVED],
    ['{"date":null}', RECEIVED],
    ['{"date":["2026"]}', RECEIVED],
    ['{}', RECEIVED],
    ['no JSON', RECEIVED],
    ['{"date":"0001-01-01T00:00:00.000Z"}', RECEIVED],
    ['{"date":"1969-12-31T23:59:59.999Z"}', RECEIVED],
    ['{"date":-1}', RECEIVED],
    ['{"date":1e400}', RECEIVED],
    ['{"date":"+012345-01-01T00:00:00.000Z"}', RECEIVED],
  ])('happenedAt - of %s', (value, expected) => {
    expect(logEvent(value).happenedAt(NOW)).toBe(expected)
  })

  test.each([-9e15, -1, 9e15, 8.64e15, Number.NaN, Number.POSITIVE_INFINITY, 253_402_300_800_000])(
    'happenedAt - without a usable date and received at %d, which nobody can hold: now',
    (receivedAt) => {
      const at = (value: string) =>
        new LogEvent({ id: '900', value: Buffer.from(value), receivedAt, partition: 3, offset: 7 }).happenedAt(NOW)
      expect([at('{}'), at('{"date":"0001-01-01T00:00:00Z"}')]).toEqual([NOW, NOW])
      expect(at('{"date":"2026-11-23T09:59:57.123Z"}')).toBe(Date.parse('2026-11-23T09:59:57.123Z'))
    },
  )

  test('withValue - is the same event with other bytes; the first stays as it is', () => {
    const event = logEvent('{"type":"s","ip":"203.0.113.7"}', { type: 's' })
    const redacted = event.withValue(Buffer.from('{"type":"s"}'))
    expect(redacted).toMatchObject({ id: '900', type: 's', receivedAt: RECEIVED, partition: 3, offset: 7, data: { type: 's' } })
    expect(event.data).toEqual({ type: 's', ip: '203.0.113.7' })
  })
})
