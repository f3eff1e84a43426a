// Members of a sink's group stall, come, go, and see their clock stepped, while the vendor is well, slow or away.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { deploy, type Deployment } from '../support/deployment.ts'
import type { Service } from '../support/processes.ts'
import { pause, until } from '../support/wait.ts'

const LIMITS = { timeout: 180_000 }
/** After a fault ends, delivery goes on within 30 s. */
const GOES_ON_MS = 32_000

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
}, 90_000)
afterAll(() => cluster?.discard())

test('a member that stalls past its session - the other takes over; nothing is lost when it wakes', LIMITS, async () => {
  const deployment = await deploy(cluster.brokers)
  const [, , second] = await deployment.startAll('ingest', 'cloudwatch', 'cloudwatch')
  const stream = deployment.stream(200)
  await pause(3_000)
  second.freeze()
  await pause(15_000)
  second.thaw()
  await pause(5_000)
  await stream.end()
  console.log(`member stalled: ${JSON.stringify(await deployment.judge('cloudwatch'))}`)
})

describe('rebalance while retrying', () => {
  const waiting = async (deployment: Deployment, retryAfter?: number) => {
    const { vendors, post } = deployment
    vendors.segment.misbehave({ fault: '503', retryAfter })
    await post({ count: 60 })
    await until(
      'attempts that fail',
      () => vendors.segment.received.counts.faults ?? 0,
      (count) => count > 1,
    )
  }

  test('a member joins and leaves meanwhile - delivered within 30 s of the end of the fault', LIMITS, async () => {
    const deployment = await deploy(cluster.brokers)
    await deployment.startAll('ingest', 'segment')
    await waiting(deployment)
    const second = deployment.start('segment')
    await second.untilReady()
    await pause(2_000)
    await second.stop()
    deployment.vendors.segment.behave()
    await deployment.judge('segment', { limitMs: GOES_ON_MS })
  })

  test('an operator stops and starts the sink meanwhile - delivered within 30 s, on a quiet topic too', LIMITS, async () => {
    const deployment = await deploy(cluster.brokers)
    await deployment.startAll('ingest', 'segment')
    await waiting(deployment, 1)
    deployment.vendors.segment.misbehave({ fault: '503', retryAfter: 20 })
    await pause(3_000)
    await deployment.cli('stop', 'segment')
    deployment.vendors.segment.behave()
    await deployment.cli('start', 'segment')
    await deployment.judge('segment', { limitMs: GOES_ON_MS })
  })
})

describe('deliveries under way on a quiet topic', () => {
  const SLOW_MS = 2_000
  const underWay = async ({ vendors, post }: Deployment) => {
    const { cloudwatch } = vendors
    const faults = () => cloudwatch.received.counts.faults ?? 0
    const before = faults()
    cloudwatch.misbehave({ fault: 'slow', ms: SLOW_MS })
    await post({ count: 30 })
    await until('a delivery under way', faults, (count) => count > before)
  }

  test('a member joins - what is under way is brought home: nothing is sent twice', LIMITS, async () => {
    const deployment = await deploy(cluster.brokers)
    await deployment.startAll('ingest', 'cloudwatch')
    await underWay(deployment)
    const second = deployment.start('cloudwatch')
    await second.untilReady()
    deployment.vendors.cloudwatch.behave()
    expect((await deployment.judge('cloudwatch')).repeats).toBe(0)
  })

  test('a member leaves - the other rejoins from its heartbeat: nothing is sent twice', LIMITS, async () => {
    const deployment = await deploy(cluster.brokers)
    const [, , second] = await deployment.startAll('ingest', 'cloudwatch', 'cloudwatch')
    await pause(3_000)
    await underWay(deployment)
    await second.stop()
    deployment.vendors.cloudwatch.behave()
    expect((await deployment.judge('cloudwatch')).repeats).toBe(0)
  })
})

test('a second Papertrail member - delivers within 15 s of being up, under load', LIMITS, async () => {
  const deployment = await deploy(cluster.brokers)
  await deployment.startAll('ingest', 'papertrail')
  const stream = deployment.stream(200)
  await pause(5_000)
  const second = deployment.start('papertrail')
  await second.origin() // how long Node takes to load it is no matter of the group
  const began = performance.now()
  await until(
    'batches of the second member',
    () => metric(second, 'auth0_logs_batch_events_count'),
    (count) => count > 0,
    { limitMs: 60_000 },
  )
  const tookMs = Math.round(performance.now() - began)
  console.log(`second Papertrail member delivers after ${tookMs} ms`)
  await stream.end()
  expect((await deployment.judge('papertrail')).repeats).toBe(0)
  expect(tookMs).toBeLessThan(15_000)
})

describe('clock steps', () => {
  const MINUTE_MS = 60_000

  async function withClock(sink: 'segment' | 'papertrail', firstMs: number) {
    const dir = mkdtempSync(join(tmpdir(), 'clock-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    const file = join(dir, 'shift')
    const fixture = new URL('fixtures/shifted-clock.mjs', import.meta.url).pathname
    writeFileSync(file, String(firstMs))
    const deployment = await deploy(cluster.brokers, { KAFKA_SESSION_TIMEOUT: '20' })
    const [ingest, member] = [
      deployment.start('ingest'),
      deployment.start(sink, { NODE_OPTIONS: `--import=${fixture}`, CLOCK_SHIFT: file }),
    ]
    await Promise.all([ingest.untilReady(), member.untilReady()])
    await deployment.post({ count: 60 })
    await deployment.judge(sink)
    const step = async (ms: number) => {
      writeFileSync(file, String(ms))
      member.signal('SIGUSR2')
      await pause(200)
    }
    return { deployment, step }
  }

  test.each([
    ['back by 50 minutes', [50 * MINUTE_MS, 0]],
    ['ahead by 30 minutes and back', [0, 30 * MINUTE_MS, 0]],
  ])('%s - events are delivered and committed at once', LIMITS, async (_, [first, ...steps]) => {
    const { deployment, step } = await withClock('segment', first)
    for (const ms of steps) {
      await step(ms)
      for (let i = 0; i < 3; i++) {
        await deployment.post({ count: 20 })
        await deployment.judge('segment', { limitMs: 10_000 })
      }
    }
  })

  test('ahead by 50 minutes before a delivery has settled - the step settles nothing', LIMITS, async () => {
    const { deployment, step } = await withClock('papertrail', 0)
    const { papertrail } = deployment.vendors
    papertrail.misbehave('hang')
    await deployment.post({ count: 20 })
    await until(
      'events that wait unread',
      () => papertrail.received.counts.faults ?? 0,
      (count) => count > 0,
    )
    await pause(1_000)
    await step(50 * MINUTE_MS)
    await pause(1_000)
    papertrail.misbehave('reset', 1)
    await deployment.judge('papertrail')
  })
})

/** Sum of a metric's samples. */
async function metric(service: Service, name: string): Promise<number> {
  const text = await fetch(`${await service.origin()}/metrics`).then(
    (answer) => answer.text(),
    () => '',
  )
  const samples = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
