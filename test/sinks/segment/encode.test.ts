// An Auth0 log as a Segment `track` call, in the form that Segment's library writes.
import { describe, expect, it } from 'vitest'
import { LogEvent } from '../../../services/events/log-event.ts'
import { encode } from '../../../services/sinks/segment/encode.ts'
import type { TrackCall } from '../../../services/sinks/segment/form.ts'
import { writeForm } from '../../../services/sinks/segment/form.ts'
import { logEvent, RECEIVED_AT } from '../../support/log-event.ts'

type Call = { type: string; event: string; messageId: string; timestamp: string; userId?: string; anonymousId?: string } & Record<
  'context' | 'properties',
  Record<string, unknown>
>

function itemOf(event: LogEvent): { item: TrackCall; bytes: number; at: number } {
  const result = encode(event)
  if ('unsendable' in result) throw new Error(result.unsendable)
  return result
}
const form = await writeForm({ writeKey: 'the-key', host: 'https://api.segment.io' })
const textOf = (item: TrackCall) => /^\{"batch":\[(.*)\],"writeKey":/s.exec(form.body([item]).toString())![1]
const call = (value: string | object, event: { id?: string; type?: string } = {}) =>
  JSON.parse(textOf(itemOf(logEvent(value, event)).item)) as Call

describe('segment encode', () => {
  it("call - track, the type's name, log_id, time, user, address and all of `data`", () => {
    const data = {
      date: '2026-03-04T05:06:07.089Z',
      type: 's',
      user_id: 'auth0|1',
      ip: '192.0.2.1',
      user_agent: 'Mozilla/5.0 "x"',
      details: { a: [1, null, { b: 'ü' }] },
    }
    expect(call(data, { id: '900' })).toMatchObject({
      type: 'track',
      event: 'Success Login',
      messageId: '900',
      timestamp: '2026-03-04T05:06:07.089Z',
      userId: 'auth0|1',
      context: { ip: '192.0.2.1', userAgent: 'Mozilla/5.0 "x"', library: { name: '@segment/analytics-node' } },
      properties: data,
    })
  })

  it.each([
    ['fp', 'Failed Login (Incorrect Password)'],
    ['of_a_year_to_come', 'Unknown Log Type: of_a_year_to_come'],
    ['"\\', 'Unknown Log Type: "\\'],
  ])('event - of type %j is %j', (type, event) => {
    expect(call({ type }).event).toBe(event)
    expect(call({}, { type }).event).toBe(event)
  })

  it.each([{ user_id: '' }, { user_id: null }, { user_id: 7 }, {}])(
    'anonymousId - where the event is %j: of client and address',
    (who) => {
      const { anonymousId, userId } = call({ ...who, client_id: 'c', ip: '192.0.2.1' })
      expect([userId, anonymousId]).toEqual([undefined, expect.stringMatching(/^[0-9a-f]{32}$/)])
      expect(call({ ...who, client_id: 'c', ip: '192.0.2.1', date: 'other' }, { id: 'another' }).anonymousId).toBe(anonymousId)
      expect(call({ ...who, client_id: 'd', ip: '192.0.2.1' }).anonymousId).not.toBe(anonymousId)
      expect(call({ ...who, client_id: 'c', ip: '192.0.2.2' }).anonymousId).not.toBe(anonymousId)
    },
  )

  it("anonymousId - of nothing known is the event's own", () => {
    expect(call({}, { id: '1' }).anonymousId).not.toBe(call({}, { id: '2' }).anonymousId)
    expect(call({ client_id: null, ip: '' }, { id: '1' }).anonymousId).toBe(call({}, { id: '1' }).anonymousId)
  })

  it.each([{}, { ip: '', user_agent: '' }, { ip: 4, user_agent: null }])('context - nothing of %j', (data) => {
    expect(Object.keys(call(data).context)).toEqual(['library'])
  })

  it('properties - the bytes of `data`, on one line', () => {
    const value = '{ "n":12345678901234567890, "x":1.0 }'
    expect(itemOf(logEvent(value)).item.properties.toString()).toBe(value)
    expect(itemOf(logEvent('{\n "n": 12345678901234567890\n}')).item.properties.toString()).toBe('{"n":12345678901234567890}')
  })

  it('timestamp - the time of receipt where there is no usable date', () => {
    expect(call({ date: 'no date' }).timestamp).toBe(new Date(RECEIVED_AT).toISOString())
  })

  it('bytes - the call and the comma after it, in UTF-8: never less, and at most 50 more', () => {
    for (const data of [{ user_id: 'Зоя', name: '😀' }, {}, { ip: '1', user_agent: 'Зоя', client_id: 'c' }]) {
      const { item, bytes } = itemOf(logEvent(data))
      const sent = Buffer.byteLength(textOf(item)) + 1
      expect(bytes).toBeGreaterThanOrEqual(sent)
      expect(bytes).toBeLessThanOrEqual(sent + 80)
    }
  })

  it('time - of a record that no date can hold is that of the delivery', () => {
    const at = Date.parse('2026-03-04T05:06:07.089Z')
    for (const receivedAt of [-9e15, 9e15, -1, Number.NaN]) {
      const event = new LogEvent({
        id: '1',
        type: 's',
        value: Buffer.from('{"date":"0001-01-01T00:00:00Z"}'),
        receivedAt,
        partition: 0,
        offset: 0,
      })
      expect(encode(event, {}, at)).toMatchObject({
        at,
        item: { values: expect.arrayContaining(['"2026-03-04T05:06:07.089Z"']) },
      })
    }
  })

  it('members that are no text - cannot make it throw', () => {
    const odd = {
      client_id: { toString: 1 },
      ip: { valueOf: null },
      user_id: ['a'],
      user_agent: 7,
      date: {},
      type: { toJSON: 1 },
    }
    expect(call(odd)).toMatchObject({ anonymousId: expect.stringMatching(/^[0-9a-f]{32}$/), properties: odd })
  })

  it.each(['', '[1]', 'null', '{"a":'])('%j - is no event and not sendable', (value) => {
    expect(encode(logEvent(value, { type: 's' }))).toEqual({ unsendable: 'not_an_event' })
  })

  it('properties - more than 10,000 are not sendable', () => {
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, 0]))
    expect(encode(logEvent(many(10_001)))).toEqual({ unsendable: 'too_many_properties' })
    expect(encode(logEvent(many(10_000)))).toHaveProperty('item')
  })
})
