// kill -9 of the backfill worker, twice, and of the broker, while 20,000 logs are polled: every log is in the topic, at most one page comes
// again per kill. And how fast it polls, against sequential pages at the same latency.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type Broker as LocalBroker, startBroker } from '../../services/local/broker/broker.ts'
import { startWatchdog } from '../../services/local/watchdog.ts'
import { start as startAuth0 } from '../../services/sandbox/auth0/start.ts'
import { backfillEnv, logsInTopic, metadataOf } from '../support/backfill.ts'
import { startProcess } from '../support/ingest.ts'
import { openBroker } from '../support/plain-kafka.ts'
import { until } from '../support/wait.ts'

const LOGS = 20_000
const PAGE = 100
const LATENCY_MS = 20

let broker: LocalBroker
const watchdog = startWatchdog()
beforeAll(async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'faults-'))
  broker = await startBroker({ dataDir, log: () => {}, onLine: () => {}, env: process.env, onStart: watchdog.watch })
}, 60_000)
afterAll(() => broker.discard())

test('kill -9 of worker, worker and broker - every log is in the topic, at most one page repeated per kill', {
  timeout: 180_000,
}, async () => {
  const auth0 = await startAuth0({ latencyMs: LATENCY_MS })
  onTestFinished(() => auth0.close())
  auth0.fill({ count: LOGS })
  // The same START_FROM at each start: a killed worker goes on from the checkpoint.
  const begin = { START_FROM: auth0.ids('', 1)[0], LOGGER_LEVEL: 'info' }
  const env = { ...backfillEnv(broker.brokers, `faults.backfill.${Date.now()}`, auth0), ...begin }
  let worker = startProcess(env)
  const kafka = await openBroker(broker.brokers)
  onTestFinished(() => kafka.close())
  const reached = async () =>
    auth0
      .ids('', LOGS * 2)
      .indexOf((await metadataOf(kafka, env.TOPIC_PREFIX).catch(() => ({ checkpoint: '' }))).checkpoint ?? '')
  const pass = (share: number) =>
    until(`${share} of the logs`, reached, (at) => at >= LOGS * share, { limitMs: 60_000, everyMs: 20 })
  for (const share of [0.2, 0.4]) {
    await pass(share)
    await worker.end('SIGKILL')
    worker = startProcess(env)
  }
  await pass(0.6)
  broker.kill()
  await broker.restart()
  const all = () => auth0.ids('', LOGS * 2)
  await until(
    'the checkpoint at the end',
    async () => (await metadataOf(kafka, env.TOPIC_PREFIX).catch(() => ({ checkpoint: '' }))).checkpoint,
    (at) => at === all().at(-1),
    { limitMs: 90_000, everyMs: 100 },
  )
  const topic = await logsInTopic(kafka, env.TOPIC_PREFIX)
  await until(
    'all records',
    () => new Set(topic.ids()).size,
    (count) => count >= all().length,
    { limitMs: 30_000 },
  )
  const repeated = topic.ids().length - new Set(topic.ids()).size
  console.log(`three kills: ${all().length} logs, ${new Set(topic.ids()).size} in the topic, ${repeated} repeated`)
  expect(new Set(topic.ids())).toEqual(new Set(all()))
  expect(repeated).toBeLessThanOrEqual(3 * PAGE)
})

test('speed - at least 80 % of what sequential pages at this latency allow; memory flat over 500,000 logs', {
  timeout: 300_000,
}, async () => {
  const auth0 = await startAuth0({ latencyMs: LATENCY_MS })
  onTestFinished(() => auth0.close())
  auth0.fill({ count: 500_000 })
  const env = { ...backfillEnv(broker.brokers, `speed.backfill.${Date.now()}`, auth0), LOGGER_LEVEL: 'info' }
  const worker = startProcess(env)
  const read = () => auth0.received.counts.pages ?? 0
  // From here on its memory of what was published is full: 200,000 ids.
  await until('200,000 logs', read, (pages) => pages > 2_000, { limitMs: 90_000 })
  const [from, at, early] = [read(), performance.now(), worker.residentMiB()]
  await until('all pages', read, (pages) => pages >= 5_000, { limitMs: 240_000, everyMs: 50 })
  const seconds = (performance.now() - at) / 1000
  const rate = ((read() - from) * PAGE) / seconds
  const late = worker.residentMiB()
  // What one caller gets who does nothing but ask: the same pages, one after the other.
  const token = await tokenOf(auth0)
  let cursor = auth0.ids('', 1)[0]
  const begun = performance.now()
  for (let page = 0; page < 300; page++) {
    const response = await fetch(`${auth0.origin}/api/v2/logs?from=${cursor}&take=${PAGE}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    cursor = ((await response.json()) as { log_id: string }[]).at(-1)!.log_id
  }
  const sequential = (300 * PAGE) / ((performance.now() - begun) / 1000)
  console.log(`polled ${Math.round(rate)} logs/s, sequential pages ${Math.round(sequential)} logs/s; RSS ${early} -> ${late} MiB`)
  expect(rate).toBeGreaterThan(0.8 * sequential)
  expect(late).toBeLessThan(early + 60)
})

async function tokenOf({ origin, domain, clientId, clientSecret }: Awaited<ReturnType<typeof startAuth0>>): Promise<string> {
  const response = await fetch(`${origin}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      audience: `https://${domain}/api/v2/`,
    }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}
