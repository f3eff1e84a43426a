// An Auth0 log as a Segment `track` call, also against what Segment's own library sends for the same event.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Analytics } from '@segment/analytics-node'
import { afterAll, describe, expect, it } from 'vitest'
import type { LogEvent } from '../../../services/events/log-event.ts'
import { typeName } from '../../../services/events/types.ts'
import { readSettings } from '../../../services/platform/settings.ts'
import { realisticEvent } from '../../../services/sandbox/simulate/events.ts'
import { connect } from '../../../services/sinks/segment/deliver.ts'
import { encode, type TrackCall } from '../../../services/sinks/segment/encode.ts'
import { fields } from '../../../services/sinks/segment/fields.ts'
import { logEvent, RECEIVED_AT } from '../../support/log-event.ts'
import { seededRandom } from '../../support/random.ts'

type Call = { type: string; event: string; messageId: string; timestamp: string; userId?: string; anonymousId?: string } & Record<
  'context' | 'properties',
  Record<string, unknown>
>

function itemOf(event: LogEvent): { item: TrackCall; bytes: number; at: number } {
  const result = encode(event)
  if ('unsendable' in result) throw new Error(result.unsendable)
  return result
}
const textOf = ({ head, properties }: TrackCall) => `${head}${properties.toString()}}`
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
    expect(call(data, { id: '900' })).toEqual({
      type: 'track',
      event: 'Success Login',
      messageId: '900',
      timestamp: '2026-03-04T05:06:07.089Z',
      userId: 'auth0|1',
      context: { ip: '192.0.2.1', userAgent: 'Mozilla/5.0 "x"', library: { name: 'auth0-log-pipeline', version: '1' } },
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

  it('bytes - the call and the comma after it, in UTF-8', () => {
    const { item, bytes } = itemOf(logEvent({ user_id: 'Зоя', name: '😀' }))
    expect(bytes).toBe(Buffer.byteLength(textOf(item)) + 1)
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

describe("segment against Segment's own library", () => {
  const requests: { method?: string; url?: string; authorization?: string; contentType?: string; body: Body }[] = []
  type Body = { writeKey: string; sentAt: string; batch: Call[] }
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => (text += part))
    request.on('end', () => {
      const { method, url, headers } = request
      const { authorization, 'content-type': contentType } = headers
      requests.push({ method, url, authorization, contentType, body: JSON.parse(text) as Body })
      response.end('{"success":true}')
    })
  }).listen(0, '127.0.0.1')
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  it('body, path and headers - say the same of fifty realistic events', async () => {
    const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const random = seededRandom(9)
    const events = Array.from({ length: 50 }, (_, n) => realisticEvent(n, RECEIVED_AT, random.next))
    const ours = events.map(({ log_id, data }) => logEvent(data, { id: log_id, type: data.type }))

    const connection = await connect(readSettings(fields, { SEGMENT_KEY: 'the-key', SEGMENT_HOST: host }))
    const outcome = await connection.deliver(
      ours.map((event) => itemOf(event).item),
      AbortSignal.timeout(5_000),
    )
    await connection.close()
    expect(outcome).toEqual({ kind: 'delivered' })

    const library = new Analytics({ writeKey: 'the-key', host, maxRetries: 0, flushAt: 50 })
    for (const [n, { log_id: messageId, data }] of events.entries()) {
      const { user_id: userId, ip, user_agent: userAgent } = data as Record<string, string | undefined>
      const anonymousId = requests[0].body.batch[n].anonymousId ?? ''
      library.track({
        ...(userId ? { userId } : { anonymousId }),
        event: typeName(data.type),
        messageId,
        timestamp: new Date(data.date),
        properties: data,
        context: { ip, userAgent },
      })
    }
    await library.closeAndFlush({ timeout: 5_000 })

    const [own, its] = requests
    expect(requests.length).toBe(2)
    expect({ ...own, body: 0 }).toEqual({ ...its, body: 0 })
    expect(Object.keys(own.body).toSorted()).toEqual(Object.keys(its.body).toSorted())
    expect([own.body.writeKey, own.body.batch.length]).toEqual([its.body.writeKey, 50])
    expect(own.body.batch.map(comparable)).toEqual(its.body.batch.map(comparable))
  })
})

/** What both say of the event itself; how each library names itself is its own. */
function comparable({ type, event, messageId, timestamp, userId, anonymousId, properties, context }: Call) {
  return { type, event, messageId, timestamp, userId, anonymousId, properties, ip: context.ip, userAgent: context.userAgent }
}
