// Kafka away: not there at the start, hanging, killed. Every sender gets an answer in time, and what was acknowledged is in the topic.
// A broker of its own, for it is stopped here; the tests go on from each other.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kill } from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Broker, startBroker } from '../../services/local/broker/broker.ts'
import { freePort } from '../../services/local/ports.ts'
import { sleep } from '../../services/platform/lifecycle.ts'
import { startWatchdog, type Watchdog } from '../../services/local/watchdog.ts'
import {
  type Answer,
  followTopics,
  ingestEnv,
  metric,
  openIngest,
  send,
  startProcess,
  type TestIngest,
  untilReady,
} from '../support/ingest.ts'
import { newPrefix } from '../support/kafka.ts'
import { until } from '../support/wait.ts'

const ACK_TIMEOUT_MS = 1_000
/** What an answer may take beside a wait, on a machine that is busy. */
const MARGIN_MS = 900

const dataDir = mkdtempSync(join(tmpdir(), 'kafka-away-'))
const prefix = newPrefix()
let watchdog: Watchdog
let broker: Broker | undefined
let ingest: TestIngest

beforeAll(async () => {
  // The broker will be started later, on the port of its last start.
  const port = await freePort()
  writeFileSync(join(dataDir, 'broker.json'), JSON.stringify({ port }))
  watchdog = startWatchdog()
  ingest = await openIngest({ ...ingestEnv(`127.0.0.1:${port}`, prefix), INGEST_ACK_TIMEOUT: '1' }, { ready: false })
})
afterAll(async () => {
  await ingest?.close()
  await broker?.discard()
  rmSync(dataDir, { recursive: true, force: true })
})

const accepted: string[] = []
let made = 0
/** Sends one event; its id is remembered where it is acknowledged. */
async function post(to = ingest.origin): Promise<Answer> {
  const id = `event-${++made}`
  const answer = await send(to, { body: `{"log_id":"${id}","data":{"type":"s"}}` })
  if (answer.status === 200) accepted.push(id)
  return answer
}
const get = async (path: string) => (await send(ingest.origin, { method: 'GET', path })).status

function expectUnavailable(answer: Answer, limitMs: number): void {
  expect([answer.status, answer.headers['retry-after']]).toEqual([503, expect.stringMatching(/^[1-9]\d*$/)])
  expect(JSON.parse(answer.text)).toEqual({ error: 'unavailable', message: expect.stringContaining('Kafka') })
  expect(answer.ms).toBeLessThan(limitMs)
}
const untilAccepted = (limitMs: number) =>
  until('an event to be accepted', post, ({ status }) => status === 200, { limitMs, everyMs: 100 })

/** Every acknowledged event is in the topic. One that was answered 503 may be there too: Auth0 sends it again. */
async function expectAllStored(): Promise<void> {
  const topics = await followTopics((broker as Broker).brokers, prefix)
  const { events } = await topics.news()
  await topics.close()
  expect(events.map(({ key }) => key)).toEqual(expect.arrayContaining(accepted))
}

/** Stops the broker's process where it is, or lets it go on: connections stay, nothing is answered. */
function freeze(signal: 'SIGSTOP' | 'SIGCONT'): void {
  const { way, pid } = broker as Broker
  if (way === 'Java') return void kill(pid, signal)
  const { clusterId } = JSON.parse(readFileSync(join(dataDir, 'broker.json'), 'utf8')) as { clusterId: string }
  execFileSync('docker', [signal === 'SIGSTOP' ? 'pause' : 'unpause', `auth0-log-pipeline-${clusterId}`])
}

test('started without Kafka - it lives, is not ready, answers 503 at once, and takes events when Kafka comes', async () => {
  expect([await get('/livez'), await get('/readyz')]).toEqual([200, 503])
  expectUnavailable(await post(), MARGIN_MS)
  const log = (): void => {}
  broker = await startBroker({ dataDir, log, onLine: log, env: process.env, onStart: watchdog.watch })
  await untilReady(ingest.origin)
  expect((await post()).text).toBe('{"accepted":1,"quarantined":0}')
  await expectAllStored()
}, 60_000)

test('Kafka hangs - who waits is answered 503 in time, who comes then at once; afterwards events are taken again', async () => {
  freeze('SIGSTOP')
  const first = post()
  await sleep(400)
  const begun = post()
  const bad = send(ingest.origin, { body: 'no JSON' })
  expectUnavailable(await first, ACK_TIMEOUT_MS + MARGIN_MS)
  // They wait no longer than the first one did: for what Kafka does not take from it, it will not take from them.
  expectUnavailable(await begun, ACK_TIMEOUT_MS - 400 + MARGIN_MS)
  expectUnavailable(await bad, ACK_TIMEOUT_MS + MARGIN_MS)
  for (let i = 0; i < 3; i++) expectUnavailable(await post(), MARGIN_MS)
  expect([await get('/livez'), await get('/readyz')]).toEqual([200, 200])
  await sleep(1_000)
  expectUnavailable(await post(), MARGIN_MS)
  freeze('SIGCONT')
  await untilAccepted(5_000)
  await expectAllStored()
})

test('SIGTERM while Kafka hangs - what was sent before is answered when Kafka goes on, and the process ends well', async () => {
  const env = { ...ingestEnv((broker as Broker).brokers, prefix), INGEST_ACK_TIMEOUT: '10', LOGGER_LEVEL: 'info' }
  const child = startProcess(env)
  const origin = await child.origin()
  await untilReady(origin)
  await post(origin)
  freeze('SIGSTOP')
  const answers = Promise.all(Array.from({ length: 20 }, () => post(origin)))
  await until(
    'all to wait',
    () => metric(origin, 'ingest_in_flight_bytes'),
    (bytes) => bytes > 20 * 40,
  )
  const before = performance.now()
  const ended = child.end('SIGTERM')
  await sleep(500)
  await expect(send(origin, { method: 'GET', path: '/livez' }), 'nobody new is let in').rejects.toThrow()
  freeze('SIGCONT')
  expect((await answers).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
  expect([await ended, child.output.err]).toEqual([0, ''])
  expect(performance.now() - before).toBeLessThan(10_000)
  await expectAllStored()
})

test('Kafka killed - is answered 503, and events are taken again when it is back on its port', async () => {
  const { ended, kill: killBroker, restart } = broker as Broker
  killBroker()
  await ended()
  expectUnavailable(await post(), ACK_TIMEOUT_MS + MARGIN_MS)
  expectUnavailable(await post(), MARGIN_MS)
  await restart()
  await untilAccepted(15_000)
  await expectAllStored()
}, 60_000)
