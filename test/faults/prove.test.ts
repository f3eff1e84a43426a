// A large day proved: what the stream lost, dead letters, a filter changed at noon, a replay in the evening, kill -9 in the middle. And a
// day of a million logs in bounded memory. PROVE_LOGS and PROVE_MOST change the sizes.
import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { timeOfLogId } from '../../services/events/log-id.ts'
import { type Broker, startBroker } from '../../services/local/broker/broker.ts'
import { startWatchdog } from '../../services/local/watchdog.ts'
import { backfill } from '../../services/operations/backfill.ts'
import { deadLettersRedrive } from '../../services/operations/dead-letters.ts'
import type { Auth0List } from '../../services/operations/prove/auth0-day.ts'
import { dayIn } from '../../services/operations/prove/days.ts'
import { proofSoFar, proveDay } from '../../services/operations/prove/proof.ts'
import { prove } from '../../services/operations/prove/prove.ts'
import { recoveriesOf } from '../../services/operations/prove/recover.ts'
import { replay } from '../../services/operations/replay.ts'
import { knownServices } from '../../services/operations/services.ts'
import { settings } from '../../services/operations/settings.ts'
import { start as startAuth0 } from '../../services/sandbox/auth0/start.ts'
import { start as startSegment } from '../../services/sinks/segment/stand-in/start.ts'
import { publishControl, readControl } from '../../services/topics/control.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import { isOpen } from '../../services/topics/jobs.ts'
import type { Context } from '../../services/operations/operation.ts'
import { proofJobs } from '../../services/operations/prove/job.ts'
import type { Certificate } from '../../services/topics/proof-records.ts'
import { auth0Logs } from '../cli/terminal.ts'
import { announce, serviceRecord } from '../operations/announced.ts'
import { operator } from '../operations/asking.ts'
import { readAccounts } from '../support/account.ts'
import { backfillEnv } from '../support/backfill.ts'
import { until } from '../support/wait.ts'

const LOGS = Number(process.env.PROVE_LOGS ?? 200_000)
const MOST = Number(process.env.PROVE_MOST ?? 1_000_000)
const LOST = 37
const DEAD = 12
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

let broker: Broker
const watchdog = startWatchdog()
beforeAll(async () => {
  const options = { dataDir: mkdtempSync(join(tmpdir(), 'faults-')), log: () => {}, onLine: () => {} }
  broker = await startBroker({ ...options, env: process.env, onStart: watchdog.watch })
}, 60_000)
afterAll(() => broker.discard())

const yesterday = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10)
const begin = Date.parse(`${yesterday}T00:00:00Z`)

function service(path: string, env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [`services/${path}/main.ts`], {
    env: { PATH: process.env.PATH, LOGGER_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** A tenant whose logs of yesterday nobody has received yet, and an installation that may prove; its processes are still to be started. */
async function installed(logs: number) {
  const prefix = `prove.${Date.now()}`
  const auth0 = await startAuth0({ retentionDays: 30 })
  onTestFinished(() => auth0.close())
  const vendor = await startSegment({ fast: true } as never)
  onTestFinished(() => vendor.close())
  const { do: ask, context, close } = operator(broker.brokers, prefix)
  onTestFinished(close)
  const { client, producer } = context
  await ensureTopics({ ...client, settings: { ...client.settings, partitions: 3 } }, ['events', 'control', 'reports'])
  // The backfill's worker proves, and brings nothing by itself.
  await publishControl(client, producer, 'state/backfill', { state: 'paused', by: 'test', at: new Date().toISOString() })
  auth0.append(1, { at: begin - HOUR_MS })
  auth0.fill({ count: logs, from: begin, to: begin + DAY_MS })
  const ids = auth0.ids().slice(1)
  expect(ids).toHaveLength(logs)
  const kafka = {
    KAFKA_BROKERS: broker.brokers,
    TOPIC_PREFIX: prefix,
    KAFKA_SESSION_TIMEOUT: '6',
    RUN_WINDOW: '1',
    PARTITIONS: '3',
    SEGMENT_KEY: 'key',
    SEGMENT_HOST: vendor.origin,
    SINK_PORT: '0',
  }
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const polling = { ...kafka, ...backfillEnv(broker.brokers, prefix, auth0), PROVE_KEY: pem }
  return { prefix, auth0, ask, context, ids, kafka, polling, pem }
}

/** The proof that was asked for, when its worker has said that so many hours are done. */
const hoursDone = (context: Context, hours: number) =>
  until(
    'some hours',
    async () => proofJobs(await readControl(context.client, 'test'))[0]?.proof.done ?? 0,
    (done) => done >= hours,
    { limitMs: 240_000, everyMs: 500 },
  )

describe('a large day', { timeout: 540_000 }, () => {
  it('with every kind of gap, and kill -9 during the proof - is named exactly; recovered it is complete', async () => {
    const { prefix, ask, context, ids, kafka, polling, pem } = await installed(LOGS)
    const { client, producer } = context
    const step = Math.floor(LOGS / LOST)
    const lost = new Set(Array.from({ length: LOST }, (_, n) => ids[n * step + 5]))
    const dead = new Set(Array.from({ length: DEAD }, (_, n) => ids[n * Math.floor(LOGS / DEAD) + 11]))
    const typeOf = (n: number) => (n % 4 === 0 ? 'f' : 's')
    const recordOf = (id: string, n: number) => {
      const data = { log_id: id, type: typeOf(n), date: new Date(timeOfLogId(id)!).toISOString(), user_id: 'a|1' }
      const value = JSON.stringify(dead.has(id) ? { ...data, x: 'x'.repeat(40_000) } : data)
      return {
        key: Buffer.from(id),
        value: Buffer.from(value),
        headers: new Map([
          [Buffer.from('source'), Buffer.from('webhook')],
          [Buffer.from('type'), Buffer.from(typeOf(n))],
        ]),
      }
    }
    const receive = async (from: number, to: number) => {
      for (let at = from; at < to; at += 2_000) {
        const some = ids.slice(at, Math.min(to, at + 2_000)).map((id, i) => recordOf(id, at + i))
        await producer.send(
          prefix,
          some.filter(({ key }) => !lost.has(key.toString())),
          30_000,
        )
      }
    }
    service('sinks/segment', kafka)
    const caughtUp = () =>
      until(
        'no lag',
        () => readAccounts(broker.brokers, `${prefix}.segment`, prefix).catch(() => []), // a coordinator that is just starting
        (all) => all.length > 0 && all.every(({ lag }) => Number(lag) === 0),
        { limitMs: 240_000, everyMs: 500 },
      )
    const noon = LOGS / 2
    await receive(0, noon)
    await caughtUp()
    await until(
      'the sink',
      () => readControl(client, 'test'),
      (records) => records.has('service/segment'),
    )
    await ask(settings, { service: 'segment', set: ['LOG_TYPES=s'] })
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    await receive(noon, LOGS)
    await caughtUp()
    // In the evening what was received last is delivered again.
    await ask(replay, { sink: 'segment', from: 'shift:-1000', apply: true })
    await caughtUp()

    const first = service('ingest', polling)
    await until(
      'the backfill',
      () => readControl(client, 'test'),
      (records) => records.has('service/backfill'),
      { limitMs: 60_000 },
    )
    const began = performance.now()
    const proving = ask<Certificate>(prove, { day: yesterday, all: true })
    await hoursDone(context, 2)
    first.kill('SIGKILL')
    await once(first, 'close')
    service('ingest', polling)
    const certificate = await proving
    const seconds = Math.round((performance.now() - began) / 1_000)
    console.log(`proof of ${LOGS} logs with a kill: ${seconds} s, ${certificate.totals.calls} calls of Auth0`)

    const missing = certificate.list.filter(({ kind }) => kind === 'missing').map(({ log_id }) => log_id)
    expect(missing).toEqual(ids.filter((id) => lost.has(id)))
    for (const [n, hour] of certificate.hours.entries())
      expect(hour.topic.missing).toBe(missing.filter((id) => Math.floor((timeOfLogId(id)! - begin) / HOUR_MS) === n).length)
    const set = new Set(certificate.list.filter(({ kind }) => kind === 'dead_lettered').map(({ log_id }) => log_id))
    const sent = (id: string, n: number) => !lost.has(id) && (n < noon || typeOf(n) === 's')
    expect([...set].toSorted()).toEqual(ids.filter((id, n) => dead.has(id) && sent(id, n)).toSorted())
    const sum = (count: (sink: Certificate['hours'][number]['sinks'][string]) => number) =>
      certificate.hours.reduce((total, { sinks }) => total + count(sinks.segment), 0)
    const filtered = ids.filter((id, n) => !lost.has(id) && n >= noon && typeOf(n) === 'f').length
    expect(sum((sink) => sink.filtered.type ?? 0)).toBe(filtered)
    expect(sum((sink) => sink.delivered_or_filtered + sink.unknown + sink.waiting)).toBe(0)
    expect(sum((sink) => sink.delivered)).toBe(LOGS - LOST - filtered - set.size)

    // Recovered: the dead letters come with the hours that are read once more, for Auth0 has them smaller.
    for (const { operation, input } of recoveriesOf(certificate)) if (operation === 'backfill') await ask(backfill, input)
    await ask(deadLettersRedrive, { sink: 'segment', apply: true })
    await caughtUp()
    const again = await ask<Certificate>(prove, { day: yesterday })
    expect(again.totals).toMatchObject({ auth0: LOGS, topic: LOGS, missing: 0 })
    expect([again.verdict, again.reasons]).toEqual(['complete', []])

    // The certificate as a file, and with one byte changed.
    const file = join(mkdtempSync(join(tmpdir(), 'prove-')), 'certificate.json')
    const env = { KAFKA_BROKERS: broker.brokers, TOPIC_PREFIX: prefix, PROVE_KEY: pem }
    expect((await auth0Logs(['proofs', yesterday, '--out', file], env)).status).toBe(0)
    expect((await auth0Logs(['prove', '--verify', file], env)).status).toBe(0)
    const bytes = readFileSync(file)
    bytes[Math.floor(bytes.length / 2)] ^= 1
    writeFileSync(file, bytes)
    expect((await auth0Logs(['prove', '--verify', file], env)).status).toBe(1)
  })

  it('with a tenant at its rate limit, and Kafka away in the middle - is proved all the same, from the hour that was under way', async () => {
    const logs = 30_000
    const { prefix, auth0, ask, context, ids, polling } = await installed(logs)
    const missing = [7, 12_345, 29_999].map((n) => ids[n])
    const kept = ids.filter((id) => !missing.includes(id))
    const headers = new Map([
      [Buffer.from('source'), Buffer.from('webhook')],
      [Buffer.from('type'), Buffer.from('s')],
    ])
    for (let at = 0; at < kept.length; at += 2_000) {
      const some = kept.slice(at, at + 2_000)
      const records = some.map((id) => ({ key: Buffer.from(id), value: Buffer.from(`{"log_id":"${id}","type":"s"}`), headers }))
      await context.producer.send(prefix, records, 30_000)
    }
    const first = service('ingest', polling)
    await until(
      'the backfill',
      () => readControl(context.client, 'test'),
      (records) => records.has('service/backfill'),
      { limitMs: 60_000 },
    )
    const { job } = await ask<{ job: string }>(prove, { day: yesterday, detach: true })
    await hoursDone(context, 2)
    auth0.misbehave('429', 5)
    process.kill(broker.pid, 'SIGSTOP')
    onTestFinished(() => void process.kill(broker.pid, 'SIGCONT'))
    await new Promise((resolve) => setTimeout(resolve, 20_000))
    process.kill(broker.pid, 'SIGCONT')
    const back = Date.now()
    const ended = await until(
      'the proof',
      async () => proofJobs(await readControl(context.client, 'test').catch(() => new Map())).find(({ id }) => id === job),
      (found) => found !== undefined && !isOpen(found),
      { limitMs: 240_000, everyMs: 500 },
    )
    expect([ended?.state, ended?.error]).toEqual(['done', ''])
    expect(Date.parse(ended!.ended_at)).toBeGreaterThan(back)
    expect(first.exitCode).toBe(null)
    // All five refusals were met.
    expect(auth0.fault).toBeUndefined()
    const { certificate, list } = await proofSoFar({ ...context, id: job, since: Date.now() - HOUR_MS })
    expect(certificate?.totals).toMatchObject({ auth0: logs, topic: logs - missing.length, missing: missing.length })
    expect(list.filter(({ kind }) => kind === 'missing').map(({ log_id }) => log_id)).toEqual(missing)
  })

  it('of a million logs - is proved in bounded memory, in time and calls that are told', async () => {
    const prefix = `prove.memory.${Date.now()}`
    const { context, close } = operator(broker.brokers, prefix)
    onTestFinished(close)
    const { client, producer } = context
    await announce(client, producer, [serviceRecord(prefix, 'segment')])
    const day = dayIn(yesterday, 'UTC')
    const idOf = (n: number) => {
      const at = begin + Math.floor((n / MOST) * DAY_MS)
      return `900${new Date(at).toISOString().replaceAll(/\D/g, '')}${String(n).padStart(36, '0')}`
    }
    const headers = new Map([
      [Buffer.from('source'), Buffer.from('webhook')],
      [Buffer.from('type'), Buffer.from('s')],
    ])
    const value = Buffer.from(JSON.stringify({ type: 's', x: 'x'.repeat(300) }))
    for (let n = 0; n < MOST; n += 5_000) {
      const some = Array.from({ length: Math.min(5_000, MOST - n) }, (_, i) => ({
        key: Buffer.from(idOf(n + i)),
        value,
        headers,
      }))
      await producer.send(prefix, some, 60_000)
    }
    let calls = 0
    const auth0: Auth0List = {
      asked: { tenant: 't', retention_days: 30, stream: null, stream_problem: '' },
      delivers: () => true,
      oldest: async () => begin - 1,
      async *pages(from, to) {
        const first = Math.ceil(((from - begin) / DAY_MS) * MOST)
        const last = Math.ceil(((to - begin) / DAY_MS) * MOST)
        for (let n = first; n < last; n += 100) {
          calls++
          yield Array.from({ length: Math.min(100, last - n) }, (_, i) => ({ id: idOf(n + i), type: 's' }))
        }
      },
    }
    const control = await readControl(client, 'test')
    const told: string[] = []
    let most = 0
    globalThis.gc?.()
    const before = process.memoryUsage().rss
    const watch = setInterval(() => void (most = Math.max(most, process.memoryUsage().rss)), 200)
    const began = performance.now()
    const certificate = await proveDay({
      client,
      producer,
      control,
      id: 'million',
      since: Date.now() - HOUR_MS,
      day,
      sinks: knownServices(control),
      auth0,
      key: undefined,
      by: 'test',
      mostLogs: 250_000,
      progress: (done, total, what) => void told.push(`${done.toFixed(2)} of ${total}: ${what}`),
      signal: new AbortController().signal,
    })
    clearInterval(watch)
    const megabytes = Math.round((most - before) / 1_048_576)
    console.log(
      `proof of ${MOST} logs: ${Math.round((performance.now() - began) / 1_000)} s, ${calls} pages, memory grew by ${megabytes} MB at most, ${told.length} times progress`,
    )
    expect(certificate.totals).toMatchObject({ auth0: MOST, topic: MOST, missing: 0, not_listed: 0 })
    expect(certificate.hashes.auth0).toBe(certificate.hashes.topic)
    expect(told.length).toBeGreaterThan(24)
    expect(megabytes).toBeLessThan(200)
  })
})
