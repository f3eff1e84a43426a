// Log streams by tenant and day: which stream an event is of, and what a delivery to several comes to.
import { describe, expect, it, onTestFinished } from 'vitest'
import { readSettings } from '../../../services/platform/settings.ts'
import { connect } from '../../../services/sinks/cloudwatch/deliver.ts'
import { encode } from '../../../services/sinks/cloudwatch/encode.ts'
import { fields } from '../../../services/sinks/cloudwatch/settings.ts'
import { start as startCloudWatch } from '../../../services/sinks/cloudwatch/stand-in/start.ts'
import { streamOf, toEachStream, type LogLine } from '../../../services/sinks/cloudwatch/streams.ts'
import type { Outcome } from '../../../services/sinks/runtime/contract.ts'
import { logEvent } from '../../support/log-event.ts'

const settingsOf = (stream: string, origin = 'http://127.0.0.1:1') =>
  readSettings(fields, {
    CLOUDWATCH_LOG_GROUP_NAME: 'auth0',
    CLOUDWATCH_LOG_STREAM_NAME: stream,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: origin,
  })
const inTime = () => AbortSignal.timeout(5_000)

describe('streamOf', () => {
  const at = Date.parse('2026-03-04T23:59:59.999Z')

  it.each([
    ['logs', { tenant_name: 'acme' }, 'logs'],
    ['{tenant}/{date}', { tenant_name: 'acme' }, 'acme/2026-03-04'],
    ['{date}-{date}', {}, '2026-03-04-2026-03-04'],
    ['{tenant}', {}, 'unknown'],
    ['{tenant}', { tenant_name: '' }, 'unknown'],
    ['{tenant}', { tenant_name: 7 }, 'unknown'],
    ['{tenant}', { tenant_name: 'a:b*c\nd' }, 'a-b-c-d'],
    ['{tenant}', { tenant_name: '$& {date}' }, '$& {date}'],
    ['x/{tenant}', { tenant_name: 'y'.repeat(600) }, `x/${'y'.repeat(510)}`],
  ])('%s of %j is %s', (template, data, stream) => {
    expect(streamOf(template, logEvent(data), at)).toBe(stream)
  })

  it('a placeholder that is not known - is refused at the start', () => {
    expect(() => settingsOf('{tenant}/{day}')).toThrow('CLOUDWATCH_LOG_STREAM_NAME: knows {tenant} and {date}, not {day}')
    expect(settingsOf('{tenant}/{date}').stream).toBe('{tenant}/{date}')
  })
})

describe('toEachStream', () => {
  const line = (stream: string, n: number): LogLine => ({ stream, timestamp: n, message: String(n) })
  const lines = [line('a', 0), line('b', 1), line('a', 2), line('b', 3), line('c', 4)]

  it('a stream that fails - fails the delivery; the next attempt leaves out what is done, halves too', async () => {
    const calls: string[] = []
    let broken = true
    const deliver = toEachStream(async (stream, part): Promise<Outcome> => {
      calls.push(`${stream} ${part.map(({ message }) => message).join()}`)
      return stream === 'b' && broken ? { kind: 'retry', reason: 'x', message: 'y' } : { kind: 'delivered' }
    })
    expect(await deliver(lines, inTime())).toEqual({ kind: 'retry', reason: 'x', message: 'y' })
    broken = false
    expect(await deliver(lines.slice(0, 2), inTime())).toEqual({ kind: 'delivered' })
    expect(await deliver(lines, inTime())).toEqual({ kind: 'delivered' })
    expect(calls).toEqual(['a 0,2', 'b 1,3', 'b 1', 'b 3', 'c 4'])
  })

  it('events that streams refuse - keep their place in the delivery, also when it fails in between', async () => {
    let broken = true
    const deliver = toEachStream(async (stream): Promise<Outcome> => {
      if (stream === 'c' && broken) return { kind: 'retry', reason: 'x', message: 'y' }
      return stream === 'b'
        ? { kind: 'partial', refused: [{ index: 1, reason: 'too_old', message: 'm' }] }
        : { kind: 'delivered' }
    })
    expect(await deliver(lines, inTime())).toMatchObject({ kind: 'retry' })
    broken = false
    const partial = { kind: 'partial', refused: [{ index: 3, reason: 'too_old', message: 'm' }] }
    expect(await deliver(lines, inTime())).toEqual(partial)
  })
})

describe('a stream by tenant and day', () => {
  it('delivery - a batch across midnight goes to the stream of each day; streams are created as they are met', async () => {
    const vendor = await startCloudWatch()
    onTestFinished(vendor.close)
    const settings = settingsOf('{tenant}/{date}', vendor.origin)
    const connection = await connect(settings)
    onTestFinished(connection.close)
    await connection.check()
    const midnight = Math.floor(Date.now() / 86_400_000) * 86_400_000
    const events = [-2, -1, 0, 1].map((ms) =>
      encode(logEvent({ log_id: String(ms), date: new Date(midnight + ms).toISOString(), tenant_name: 'acme' }), settings),
    )
    const items = events.map((event) => ('item' in event ? event.item : (undefined as never)))
    expect(await connection.deliver(items, inTime())).toEqual({ kind: 'delivered' })
    const [yesterday, today] = [midnight - 1, midnight].map((at) => `acme/${new Date(at).toISOString().slice(0, 10)}`)
    expect(vendor.received.last().map(({ id, fields: of }) => [id, of?.logStreamName])).toEqual([
      ['1', today],
      ['0', today],
      ['-1', yesterday],
      ['-2', yesterday],
    ])
    expect(vendor.received.last()[0].text).not.toContain('acme/')
  })
})
