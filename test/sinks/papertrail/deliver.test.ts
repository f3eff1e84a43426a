// Syslog over TLS, TCP and UDP: what a write comes to, and how a break is noticed.
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sleep, within } from '../../../services/platform/lifecycle.ts'
import { readSettings } from '../../../services/platform/settings.ts'
import { makeCertificates } from '../../../services/sandbox/certificate.ts'
import { encode } from '../../../services/sinks/papertrail/encode.ts'
import { fields } from '../../../services/sinks/papertrail/settings.ts'
import { papertrail } from '../../../services/sinks/papertrail/sink.ts'
import { start as startPapertrail } from '../../../services/sinks/papertrail/stand-in/start.ts'
import { answering, deserted, silent } from '../../support/answering.ts'
import { logEvent } from '../../support/log-event.ts'
import { until } from '../../support/wait.ts'

type Env = Record<string, string>
const settingsOf = (env: Env) => readSettings(fields, { PAPERTRAIL_HOST: '127.0.0.1', ...env })

async function connectTo(env: Env) {
  const connection = await papertrail.connect(settingsOf(env))
  onTestFinished(connection.close)
  return connection
}

async function start(more: Env = {}) {
  const vendor = await startPapertrail()
  onTestFinished(vendor.close)
  const ports: Record<string, number> = { tls: vendor.port, tcp: vendor.tcpPort, udp: vendor.udpPort }
  const port = String(ports[more.PAPERTRAIL_TRANSPORT ?? 'tls'])
  const env = { PAPERTRAIL_PORT: port, PAPERTRAIL_CA_FILE: vendor.caFile, ...more }
  const arrived = (count: number) =>
    until(
      'messages',
      () =>
        vendor.received
          .last()
          .map(({ id }) => id)
          .toReversed(),
      ({ length }) => length >= count,
    )
  return { vendor, env, arrived, connection: await connectTo(env) }
}

function itemsOf(env: Env, count: number, padding = ''): Buffer[] {
  return Array.from({ length: count }, (_, n) => {
    const result = encode(logEvent({ log_id: String(n), padding, name: 'Зоя' }, { type: 's' }), settingsOf(env))
    if ('unsendable' in result) throw new Error(result.unsendable)
    return result.item
  })
}
const ids = (count: number) => Array.from({ length: count }, (_, n) => String(n))
const inTime = () => AbortSignal.timeout(5_000)

describe('papertrail deliver', () => {
  it.each([
    ['tls', 'newline'],
    ['tls', 'octet-counting'],
    ['tcp', 'newline'],
    ['tcp', 'octet-counting'],
    ['udp', 'newline'],
  ])('delivered - over %s, %s', async (PAPERTRAIL_TRANSPORT, PAPERTRAIL_FRAMING) => {
    const { vendor, env, arrived, connection } = await start({ PAPERTRAIL_TRANSPORT, PAPERTRAIL_FRAMING })
    await connection.check()
    expect(await connection.deliver(itemsOf(env, 20), inTime())).toEqual({ kind: 'delivered' })
    expect((await arrived(20)).toSorted()).toEqual(ids(20).toSorted())
    expect(vendor.received.counts).toEqual({})
  })

  it('delivered - many deliveries over one connection', async () => {
    const { vendor, env, arrived, connection } = await start()
    for (let n = 0; n < 5; n++) expect(await connection.deliver(itemsOf(env, 20), inTime())).toEqual({ kind: 'delivered' })
    await arrived(100)
    expect(vendor.received.requests).toBe(1)
  })

  it('limits - the largest message arrives whole', async () => {
    const { vendor, env, arrived, connection } = await start()
    const { bytesAnEvent } = papertrail.limits(settingsOf(env))
    const [empty] = itemsOf(env, 1)
    const largest = itemsOf(env, 1, 'x'.repeat(bytesAnEvent - empty.length))
    expect(largest[0].length).toBe(bytesAnEvent)
    expect(await connection.deliver(largest, inTime())).toEqual({ kind: 'delivered' })
    await arrived(1)
    expect(vendor.received.counts).toEqual({})
  })

  it.each([
    ['nobody listens', async () => ({ PAPERTRAIL_PORT: String((await deserted()).port) }), 'retry', 'econnrefused'],
    ['no such name', async () => ({ PAPERTRAIL_HOST: 'nowhere.invalid', PAPERTRAIL_PORT: '1' }), 'retry', 'enotfound|eai_again'],
    ['a host that shakes no hands', async () => ({ PAPERTRAIL_PORT: String((await silent()).port) }), 'retry', 'timeout'],
    ['no TLS where it is asked for', async () => ({ PAPERTRAIL_PORT: String((await answering(200)).port) }), 'hold', 'bad_tls'],
  ])('connection - %s', async (_, env, kind, reason) => {
    const known = await env()
    const connection = await connectTo(known)
    const outcome = await connection.deliver(itemsOf(known, 1), AbortSignal.timeout(1_000))
    expect(outcome).toMatchObject({ kind, reason: expect.stringMatching(`^(${reason})$`), message: expect.stringMatching(/\S/) })
  })

  it("certificate - of another CA than the one given, or than the machine's own: a hold, nothing is sent", async () => {
    const { vendor, env } = await start()
    const dir = await mkdtemp(join(tmpdir(), 'papertrail-test-'))
    onTestFinished(() => rm(dir, { recursive: true }))
    const otherCa = join(dir, 'other.pem')
    writeFileSync(otherCa, makeCertificates(Date.now()).ca)
    for (const PAPERTRAIL_CA_FILE of [otherCa, '']) {
      const connection = await connectTo({ ...env, PAPERTRAIL_CA_FILE })
      expect(await connection.deliver(itemsOf(env, 1), inTime())).toMatchObject({ kind: 'hold', reason: 'bad_tls' })
      await expect(connection.check()).rejects.toThrow(/127\.0\.0\.1:\d+ \(tls\): .*check PAPERTRAIL_HOST, _PORT and _CA_FILE/)
    }
    expect(vendor.received.total).toBe(0)
  })

  it('reset while messages are written - to be tried again, on a new connection', async () => {
    const { vendor, env, arrived, connection } = await start()
    await connection.check()
    vendor.misbehave('reset', 1)
    expect(await connection.deliver(itemsOf(env, 2_000, 'x'.repeat(2_000)), inTime())).toMatchObject({ kind: 'retry' })
    vendor.behave()
    expect(await connection.deliver(itemsOf(env, 3), inTime())).toEqual({ kind: 'delivered' })
    expect((await arrived(3)).slice(-3)).toEqual(ids(3))
  })

  it('reset of an idle connection - noticed when it happens', async () => {
    const { vendor, env, arrived, connection } = await start()
    expect(await connection.deliver(itemsOf(env, 3), inTime())).toEqual({ kind: 'delivered' })
    await arrived(3)
    const broken = connection.broken!()
    vendor.misbehave('reset', 1)
    expect(await within(broken, 1_000, 'hearing of the break')).toMatch(/ECONNRESET|closed/)
    expect(await connection.deliver(itemsOf(env, 3), inTime())).toEqual({ kind: 'delivered' })
    await arrived(6)
    const again = connection.broken!()
    expect(await Promise.race([again, sleep(100).then(() => 'whole')])).toBe('whole')
    vendor.misbehave('reset', 1)
    expect(await within(again, 1_000, 'hearing of the second break')).toMatch(/ECONNRESET|closed/)
  })

  it('a peer that reads no more - given up in time, and no message follows half of another', async () => {
    const { vendor, env, connection } = await start({ PAPERTRAIL_TRANSPORT: 'tcp' })
    vendor.misbehave('hang')
    const flood = itemsOf(env, 200, 'x'.repeat(99_000))
    const began = performance.now()
    expect(await connection.deliver(flood, AbortSignal.timeout(500))).toMatchObject({ kind: 'retry', reason: 'timeout' })
    expect(performance.now() - began).toBeLessThan(3_000)
    vendor.behave()
    expect(await connection.deliver(itemsOf(env, 1), inTime())).toEqual({ kind: 'delivered' })
    const short = () => vendor.received.last().filter(({ text }) => text.length < 1_000)
    const [later] = await until('the later message', short, ({ length }) => length > 0)
    expect(JSON.parse(later.text)).toMatchObject({ log_id: '0', padding: '' })
    expect(vendor.received.counts.malformed).toBeUndefined()
    expect(vendor.received.requests, 'connections').toBe(2)
  })

  it.each(['tcp', 'tls'])(
    'a peer over %s that takes nothing - is no delivery while its bytes wait in our kernel: cut after some seconds, and told',
    async (PAPERTRAIL_TRANSPORT) => {
      const { vendor, env, connection } = await start({ PAPERTRAIL_TRANSPORT })
      await connection.check()
      vendor.misbehave('hang')
      const broken = connection.broken!()
      const most = itemsOf(env, 100, 'x'.repeat(20_000))
      const began = performance.now()
      // Taken by the kernel at once: 2 MB fit into its send buffer, not into what the peer would take unread.
      expect(await connection.deliver(most, AbortSignal.timeout(15_000))).toMatchObject({
        kind: 'retry',
        reason: 'stalled',
        message: expect.stringMatching(/taken nothing for 5 s while \d+ bytes wait/),
      })
      expect(performance.now() - began).toBeGreaterThan(4_900)
      expect(performance.now() - began).toBeLessThan(10_000)
      await within(broken, 1_000, 'hearing of the break')
      vendor.behave()
      expect(await connection.deliver(itemsOf(env, 1), inTime())).toEqual({ kind: 'delivered' })
    },
    20_000,
  )

  it('a peer that is slow, but reads - is waited for', async () => {
    const { vendor, env, arrived, connection } = await start({ PAPERTRAIL_TRANSPORT: 'tcp' })
    vendor.misbehave({ fault: 'slow', ms: 200 }, 12)
    const many = itemsOf(env, 100, 'x'.repeat(30_000))
    expect(await connection.deliver(many, AbortSignal.timeout(15_000))).toEqual({ kind: 'delivered' })
    await arrived(100)
  })

  it('certificate authority - is read anew for each connection', async () => {
    const { vendor, env } = await start()
    const dir = await mkdtemp(join(tmpdir(), 'papertrail-test-'))
    onTestFinished(() => rm(dir, { recursive: true }))
    const file = join(dir, 'ca.pem')
    writeFileSync(file, makeCertificates(Date.now()).ca)
    const connection = await connectTo({ ...env, PAPERTRAIL_CA_FILE: file })
    expect(await connection.deliver(itemsOf(env, 1), inTime())).toMatchObject({ kind: 'hold', reason: 'bad_tls' })
    writeFileSync(file, vendor.ca)
    expect(await connection.deliver(itemsOf(env, 1), inTime())).toEqual({ kind: 'delivered' })
    expect(() => settingsOf({ ...env, PAPERTRAIL_CA_FILE: join(dir, 'none.pem') })).toThrow(/PAPERTRAIL_CA_FILE.*cannot be read/)
  })

  it('close - ends within its limit also where the peer hangs; twice is no harm', async () => {
    const { vendor, env, connection } = await start()
    vendor.misbehave('hang')
    await connection.deliver(itemsOf(env, 3), inTime())
    await within(connection.close(), 4_000, 'closing')
    await within(connection.close(), 1_000, 'closing again')
  })
})
