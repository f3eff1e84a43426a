// Whether CloudWatch holds what was delivered to it, asked by FilterLogEvents as often and as patiently as the vendor wants.
import { PassThrough } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readSettings } from '../../../services/platform/settings.ts'
import { openConfirmer, windowsOf } from '../../../services/sinks/cloudwatch/confirm.ts'
import { connect } from '../../../services/sinks/cloudwatch/deliver.ts'
import { fields } from '../../../services/sinks/cloudwatch/settings.ts'
import { cloudwatch } from '../../../services/sinks/cloudwatch/sink.ts'
import { type CloudWatchOptions, start as startCloudWatch } from '../../../services/sinks/cloudwatch/stand-in/start.ts'
import type { Sink } from '../../../services/sinks/runtime/contract.ts'
import { confirmAtVendor } from '../../../services/sinks/runtime/confirm.ts'
import { segment } from '../../../services/sinks/segment/sink.ts'
import { answering } from '../../support/answering.ts'

const groups = [{ name: 'auth0', streams: ['logs', 'other'] }]
const line = (id: string, timestamp: number, text = '') => ({ timestamp, message: JSON.stringify({ log_id: id, text }) })
const inTime = () => AbortSignal.timeout(5_000)

async function start(more: Record<string, string> = {}, options: CloudWatchOptions = { groups }) {
  const vendor = await startCloudWatch(options)
  onTestFinished(vendor.close)
  const env = {
    CLOUDWATCH_LOG_GROUP_NAME: 'auth0',
    CLOUDWATCH_LOG_STREAM_NAME: 'logs',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_KEY: 'secret',
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: vendor.origin,
  }
  const deliverer = await connect(readSettings(fields, env))
  onTestFinished(deliverer.close)
  const confirmer = await openConfirmer(readSettings(fields, { ...env, ...more }))
  onTestFinished(confirmer.close)
  return { vendor, env, deliver: (lines: ReturnType<typeof line>[]) => deliverer.deliver(lines, inTime()), confirmer }
}

describe('cloudwatch confirm', { timeout: 30_000 }, () => {
  it('all there - each line is found, though two share a millisecond', async () => {
    const { confirmer, deliver } = await start()
    const at = Date.now() - 60_000
    const lines = [line('a', at), line('b', at), line('c', at + 50_000)]
    await deliver(lines)
    expect(await confirmer.confirm(lines)).toEqual(new Set([0, 1, 2]))
  })

  it('some missing - only those that are there by log_id, time and stream are found', async () => {
    const { confirmer, deliver } = await start()
    const at = Date.now() - 60_000
    await deliver([line('a', at), line('c', at + 2)])
    const asked = [line('a', at), line('b', at + 1), line('c', at + 45_000)]
    expect(await confirmer.confirm(asked)).toEqual(new Set([0]))
    expect(await confirmer.confirm([{ ...line('a', at), stream: 'other' }])).toEqual(new Set())
    expect(await confirmer.confirm([{ ...line('a', at), stream: 'nowhere' }])).toEqual(new Set())
  })

  it('pages - are followed to the last one, also over pages that hold nothing of the stream', async () => {
    const { vendor, env, confirmer, deliver } = await start()
    const at = Date.now() - 60_000
    const others = await connect(readSettings(fields, { ...env, CLOUDWATCH_LOG_STREAM_NAME: 'other' }))
    onTestFinished(others.close)
    await deliver([line('first', at)])
    for (let part = 0; part < 3; part++)
      await others.deliver(
        Array.from({ length: 3 }, (_, n) => line(`o${n}`, at + 1 + part, 'x'.repeat(300_000))),
        inTime(),
      )
    await deliver([line('last', at + 10)])
    const before = vendor.received.requests
    expect(await confirmer.confirm([line('first', at), line('last', at + 10)])).toEqual(new Set([0, 1]))
    expect(vendor.received.requests - before).toBeGreaterThan(2)
  })

  it('full pages - are read whole, with everything that JSON escapes in them', { timeout: 60_000 }, async () => {
    const { confirmer, deliver } = await start()
    const at = Date.now() - 60_000
    const lines = Array.from({ length: 6 }, (_, n) => line(`f${n}`, at + n, '"'.repeat(240_000)))
    for (const pair of [lines.slice(0, 2), lines.slice(2, 4), lines.slice(4)])
      expect(await deliver(pair)).toEqual({ kind: 'delivered' })
    const many = Array.from({ length: 9_000 }, (_, n) => line(`m${n}`, at + 100 + n))
    expect(await deliver(many)).toEqual({ kind: 'delivered' })
    expect((await confirmer.confirm([...lines, ...many])).size).toBe(9_006)
  })

  it('an answer that is not of AWS - is told without its body, which may hold logs', async () => {
    const { origin } = await answering(200, '{"secret":"of a log"}')
    const { confirmer } = await start({ AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: origin })
    const problem = await confirmer.confirm([line('a', 1)]).catch((error: Error) => error.message)
    expect(problem).toBe('the log group auth0 could not be asked: HTTP 200 that is no answer of CloudWatch Logs')
  })

  it('throttled - the call is made again, and nothing is reported missing because of it', async () => {
    const { vendor, confirmer, deliver } = await start()
    const at = Date.now() - 60_000
    await deliver([line('a', at)])
    vendor.misbehave('429', 1)
    expect(await confirmer.confirm([line('a', at)])).toEqual(new Set([0]))
  })

  it('permission refused - says which action to grant, at once', async () => {
    const { vendor, confirmer } = await start()
    vendor.misbehave('403')
    await expect(confirmer.confirm([line('a', 1)])).rejects.toThrow(
      /permission is missing: grant logs:FilterLogEvents on the log group auth0/,
    )
    expect(vendor.received.requests).toBe(1)
  })

  it('another group - is a wrong setting, not a missing log', async () => {
    const { confirmer } = await start({ CLOUDWATCH_LOG_GROUP_NAME: 'elsewhere' })
    await expect(confirmer.confirm([line('a', 1)])).rejects.toThrow(/log group elsewhere does not exist/)
  })

  it('rate - more windows than the vendor takes in a second are asked for without being throttled', async () => {
    const { vendor, confirmer, deliver } = await start()
    const at = Date.now() - 3_600_000
    const lines = Array.from({ length: 8 }, (_, n) => line(`r${n}`, at + n * 60_000))
    await deliver(lines)
    const before = vendor.received.requests
    expect((await confirmer.confirm(lines)).size).toBe(8)
    expect(vendor.received.requests - before).toBe(8)
  })

  it('windows - are split where nothing is wanted for more than 30 seconds', () => {
    const at = (...times: number[]) => times.map((one) => ({ at: one }))
    expect(windowsOf(at(70_000, 0, 30_000, 70_000))).toEqual([at(0, 30_000), at(70_000, 70_000)])
    expect(windowsOf([])).toEqual([])
  })
})

describe('--confirm', () => {
  type Env = Record<string, string>
  async function asked(sink: unknown, env: Env, lines: string[]) {
    const stdin = new PassThrough()
    stdin.end(lines.map((one) => `${one}\n`).join(''))
    const out: string[] = []
    const stdout = { write: (text: string) => out.push(text) }
    await confirmAtVendor(sink as Sink, { env, argv: [], stdin, stdout } as unknown as Parameters<typeof confirmAtVendor>[1])
    return out.map((one) => JSON.parse(one) as Record<string, unknown>)
  }
  const record = (id: string, value: object) => ({
    id,
    type: 's',
    value: Buffer.from(JSON.stringify(value)).toString('base64'),
    receivedAt: 1_700_000_000_000,
  })
  const kafka = { KAFKA_BROKERS: '127.0.0.1:9092' }

  it('records - are looked for as this sink would send them, without a log_id of their own and with REDACT too', async () => {
    const { deliver, env } = await start()
    const at = Date.now() - 60_000
    const date = new Date(at).toISOString()
    await deliver([{ timestamp: at, message: JSON.stringify({ date, ip: '***', log_id: 'one' }) }])
    const logs = [record('one', { date, ip: '1.2.3.4' }), record('two', { date, log_id: 'two' })]
    const answers = await asked(cloudwatch, { ...kafka, ...env, REDACT: 'ip:mask' }, [JSON.stringify({ logs })])
    expect(answers).toEqual([{ confirms: true, problem: '' }, { found: ['one'] }])
  })

  it('a sink whose vendor cannot be asked - says so without its settings', async () => {
    expect(await asked(segment, {}, [])).toEqual([{ confirms: false, problem: '' }])
  })

  it('wrong settings, or a masked log_id - are said before anything is asked', async () => {
    const { env } = await start()
    const [missing] = await asked(cloudwatch, kafka, [])
    expect(missing).toMatchObject({ confirms: true, problem: expect.stringContaining('CLOUDWATCH_LOG_GROUP_NAME') })
    const [masked] = await asked(cloudwatch, { ...kafka, ...env, REDACT: 'log_id:mask' }, [])
    expect(masked.problem).toMatch(/REDACT masks log_id/)
  })

  it('a line that is no question - ends it with a problem', async () => {
    const { env } = await start()
    expect(await asked(cloudwatch, { ...kafka, ...env }, ['{"logs":1}', '{"logs":[]}'])).toEqual([
      { confirms: true, problem: '' },
      { problem: 'not a question: logs must be a list' },
    ])
  })
})
