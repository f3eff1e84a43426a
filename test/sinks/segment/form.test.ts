// What goes to Segment against what Segment's own library writes for the same events.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { Analytics, type HTTPClientRequest } from '@segment/analytics-node'
import { describe, expect, it, onTestFinished } from 'vitest'
import { typeName } from '../../../services/events/types.ts'
import { readSettings } from '../../../services/platform/settings.ts'
import { realisticEvent } from '../../../services/sandbox/simulate/events.ts'
import { connect } from '../../../services/sinks/segment/deliver.ts'
import { encode } from '../../../services/sinks/segment/encode.ts'
import { type TrackCall, writeForm } from '../../../services/sinks/segment/form.ts'
import { fields } from '../../../services/sinks/segment/settings.ts'
import { logEvent, RECEIVED_AT } from '../../support/log-event.ts'
import { seededRandom } from '../../support/random.ts'

type Data = Record<string, string | undefined>
type Body = { batch: Record<string, unknown>[]; sentAt?: string }

function itemOf(value: string | object, event: { id?: string; type?: string } = {}): TrackCall {
  const result = encode(logEvent(value, event))
  if ('unsendable' in result) throw new Error(result.unsendable)
  return result.item
}

/** What the library sends for these events when it is used as its documentation says. */
async function byTheLibrary(
  writeKey: string,
  host: string,
  events: { log_id: string; data: object }[],
): Promise<HTTPClientRequest> {
  const sent: HTTPClientRequest[] = []
  const httpClient = {
    async makeRequest(request: HTTPClientRequest) {
      sent.push(request)
      return { status: 200, statusText: 'OK' }
    },
  }
  const library = new Analytics({ writeKey, host, maxRetries: 0, flushAt: events.length, httpClient })
  for (const { log_id: messageId, data } of events) {
    const { user_id: userId, ip, user_agent: userAgent, type = '', date } = data as Data
    const { values, shape } = itemOf(data, { id: messageId, type })
    const who = shape & 4 ? { userId: userId! } : { anonymousId: JSON.parse(values[3]) as string }
    const context = { ...(ip ? { ip } : {}), ...(userAgent ? { userAgent } : {}) }
    library.track({
      ...who,
      event: typeName(type),
      messageId,
      timestamp: new Date(date ?? RECEIVED_AT),
      context,
      properties: data,
    })
  }
  await library.closeAndFlush({ timeout: 5_000 })
  expect(sent.length).toBe(1)
  return sent[0]
}

/** Events of every shape: some without user, address or user agent, with quotes, markers and other scripts in their values. */
function eventsOf(count: number) {
  const random = seededRandom(9)
  return Array.from({ length: count }, (_, n) => {
    const event = realisticEvent(n, RECEIVED_AT, random.next)
    const data = event.data as unknown as Data
    if (n % 5 === 1) delete data.user_id
    if (n % 7 === 2) delete data.ip
    if (n % 3 === 1) delete data.user_agent
    if (n % 11 === 3) data.user_id = `"who:${n}","sentAt":"Зоя \\ 😀"`
    if (n % 13 === 4) data.user_agent = '9999-12-31T23:59:59.987Z'
    return { log_id: event.log_id, data }
  })
}

describe('segment form', () => {
  it("body, address and headers - are the library's own for 500 different events, byte for byte", async () => {
    const events = eventsOf(500)
    const calls = events.map(({ log_id, data }) => itemOf(data, { id: log_id, type: data.type }))
    expect(new Set(calls.map(({ shape }) => shape)).size).toBe(8)
    const host = 'https://events.eu1.segmentapis.com/'
    const [form, library] = [await writeForm({ writeKey: 'a "key"', host }), await byTheLibrary('a "key"', host, events)]
    const [own, its] = [form.body(calls).toString(), library.body]
    expect({ url: form.url, method: form.method, headers: form.headers }).toEqual({
      url: library.url,
      method: library.method,
      headers: library.headers,
    })
    const [ours, theirs] = [JSON.parse(own) as Body, JSON.parse(its) as Body]
    for (const [n, element] of ours.batch.entries()) expect(element, `event ${n}`).toEqual(theirs.batch[n])
    const untimed = (text: string) => text.replace(/"sentAt":"[^"]+"\}$/, '')
    expect(untimed(own)).toBe(untimed(its))
    expect(Math.abs(Date.parse(ours.sentAt!) - Date.now())).toBeLessThan(60_000)
  })

  it('properties - keep what the library would lose: large numbers, repeated names, escapes', async () => {
    const value = '{"n":12345678901234567890,"x":1.0,"z":-0,"e":1e400,"a":1,"a":2,"s":"\\u00e9\\/"}'
    const { body } = await writeForm({ writeKey: 'k', host: 'https://api.segment.io' })
    expect(body([itemOf(value)]).toString()).toContain(`"properties":${value},`)
  })

  it('values - cannot forge what surrounds them, whatever they hold', async () => {
    const { body } = await writeForm({ writeKey: 'k', host: 'https://api.segment.io' })
    const nasty = ['$&', '$1', '"', '\\', '\n', '\u0000', '\ud800', 'properties:', '}],"writeKey":"x"', '{"who":0}']
    for (const text of nasty) {
      const data = { user_id: `u${text}`, ip: text, user_agent: text, [text]: text }
      const [call] = (JSON.parse(body([itemOf(data, { id: `i${text}`, type: text })]).toString()) as Body).batch
      const told = JSON.parse(Buffer.from(JSON.stringify(data)).toString()) as Data
      expect(call).toMatchObject({
        userId: told.user_id,
        messageId: `i${text}`,
        properties: told,
        context: { ip: text, userAgent: text },
      })
    }
  })

  it('an empty batch - is JSON too', async () => {
    const { body } = await writeForm({ writeKey: 'k', host: 'https://api.segment.io' })
    expect(JSON.parse(body([]).toString())).toMatchObject({ batch: [], writeKey: 'k' })
  })

  it('delivery - sends what the installed version of the library writes, its version and header among it', async () => {
    const received: { agent?: string; body: Body }[] = []
    const server = createServer((request, response) => {
      let text = ''
      request.setEncoding('utf8').on('data', (part: string) => (text += part))
      request.on('end', () => {
        received.push({ agent: request.headers['user-agent'], body: JSON.parse(text) as Body })
        response.end('{"success":true}')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const library = createRequire(import.meta.url)('@segment/analytics-node/dist/cjs/generated/version.js') as { version: string }
    const { version } = library
    onTestFinished(() => void (library.version = version))
    for (const now of [version, '99.0.0-doctored']) {
      library.version = now
      const connection = await connect(readSettings(fields, { SEGMENT_KEY: 'k', SEGMENT_HOST: host }))
      expect(await connection.deliver([itemOf({ user_id: 'u' })], AbortSignal.timeout(5_000))).toEqual({ kind: 'delivered' })
      await connection.close()
    }
    const named = received.map(({ agent, body }) => [agent, (body.batch[0].context as { library: object }).library])
    expect(named).toEqual([
      [expect.stringContaining('analytics-node'), { name: '@segment/analytics-node', version }],
      [expect.stringContaining('analytics-node'), { name: '@segment/analytics-node', version: '99.0.0-doctored' }],
    ])
  })
})
