// The broker that coordinates a group is killed and stays away: every group that the services have goes on at the next coordinator.
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { start as startAuth0 } from '../../services/sandbox/auth0/start.ts'
import { backfillEnv, logsInTopic, metadataOf } from '../support/backfill.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { deploy, type Deployment } from '../support/deployment.ts'
import { pause, until } from '../support/wait.ts'
import { loseCoordinator } from './scenes/coordinator-lost.ts'

const GOES_ON_MS = 15_000

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
}, 90_000)
beforeEach(() => cluster.heal(), 90_000)
afterAll(() => cluster?.discard())

describe.each([
  ['cloudwatch', 0],
  ['segment', 0],
  ['papertrail', 5_000],
] as const)('%s', (sink, settleMs) => {
  test(`coordinator lost - ${sink}: 1,000 events a second, two members: commits go on, nothing is lost`, {
    timeout: 180_000,
  }, async () => {
    const deployment = await deploy(cluster.brokers)
    await deployment.startAll('ingest', sink, sink)
    const verdict = await loseCoordinator(cluster, deployment, { sink, rate: 1_000, settleMs, afterMs: 8_000 })
    console.log(`coordinator of ${sink} lost: ${JSON.stringify(verdict)}`)
  })
})

test('coordinator lost - a replay job goes on at the next one and ends', { timeout: 180_000 }, async () => {
  const deployment = await deploy(cluster.brokers)
  const { kafka, group, vendors } = deployment
  await deployment.startAll('ingest', 'cloudwatch')
  await deployment.post({ count: 2_000 })
  await deployment.judge('cloudwatch')
  const replay = await deployment.cli(
    'replay',
    'cloudwatch',
    '--from',
    'earliest',
    '--to',
    'latest',
    '--rate',
    '100',
    '--apply',
    '--json',
  )
  const { job } = JSON.parse(replay) as { job: string }
  await until(
    'the job under way',
    () => vendors.repeats('cloudwatch'),
    (count) => count > 300,
    { limitMs: 30_000 },
  )
  await cluster.node(await kafka.coordinatorOf(`${group('cloudwatch')}.job.${job}`)).kill()
  const show = async () => JSON.parse(await deployment.cli('jobs', 'show', job, '--json')) as { state: string; delivered: number }
  const shown = await until(
    'the end of the job',
    () => show().catch(() => undefined),
    (row) => row?.state === 'done',
    { limitMs: 60_000, everyMs: 1_000 },
  )
  expect(shown?.delivered).toBe(2_000)
  const repeated = vendors.repeats('cloudwatch') - 2_000
  console.log(`coordinator of a replay job lost: ${repeated} sent more often than asked for`)
  // A job at 100 a second has at most a second's worth under way.
  expect(repeated).toBeGreaterThanOrEqual(0)
  expect(repeated).toBeLessThanOrEqual(100)
})

test('coordinator lost - the backfill goes on: checkpoints are committed, every log is in the topic', {
  timeout: 180_000,
}, async () => {
  const deployment = await deploy(cluster.brokers)
  const { kafka, prefix } = deployment
  const auth0 = await startAuth0({ latencyMs: 50 })
  onTestFinished(() => auth0.close())
  auth0.fill({ count: 20_000 })
  const settings = backfillEnv(cluster.brokers, prefix, auth0)
  const worker = deployment.start('ingest', { ...settings, START_FROM: auth0.ids('', 1)[0], LOGGER_LEVEL: 'info' })
  await worker.untilReady()
  const all = () => auth0.ids('', 100_000)
  const reached = async () => all().indexOf((await metadataOf(kafka, prefix).catch(() => ({ checkpoint: '' }))).checkpoint ?? '')
  await until('3,000 logs', reached, (at) => at >= 3_000, { limitMs: 60_000, everyMs: 50 })
  await cluster.node(await kafka.coordinatorOf(`${prefix}.backfill`)).kill()
  await pause(6_000) // it would have been at the end by now if nothing had happened
  const at = await reached()
  await until('checkpoints at the new coordinator', reached, (now) => now > at || now === all().length - 1, {
    limitMs: GOES_ON_MS,
  })
  await until('the last checkpoint', reached, (now) => now === all().length - 1, { limitMs: 60_000, everyMs: 200 })
  const topic = await logsInTopic(kafka, prefix)
  await until(
    'every log in the topic',
    () => new Set(topic.ids()).size,
    (count) => count >= all().length,
    { limitMs: 30_000 },
  )
  const repeated = topic.ids().length - new Set(topic.ids()).size
  console.log(`coordinator of the backfill lost: ${all().length} logs, ${repeated} repeated`)
  expect(new Set(topic.ids())).toEqual(new Set(all()))
})

test('coordinator lost - Slack is told of what fails afterwards, once, and that is committed', { timeout: 180_000 }, async () => {
  const deployment = await deploy(cluster.brokers)
  const { kafka, vendors, slack, post } = deployment
  await deployment.startAll('ingest', 'segment', 'slack')
  await failOnce(deployment, 'before')
  await cluster.node(await kafka.coordinatorOf(`${deployment.prefix}.slack`)).kill()
  // So soon after its recovery this is the same outage: told as having come back, and its end when it has held for a while.
  await failOnce(deployment, 'after', { recoveryIsTold: false })
  vendors.segment.behave()
  await post({ count: 10 })
  await deployment.judge('segment')
  await pause(3_000)
  const errors = slack.received.last().filter(({ text }) => /Logs Export Error/.test(text) && /segment/i.test(text))
  expect(errors.length).toBe(2)
  const [end] = await kafka.admin((it) => it.fetchTopicOffsets(`${deployment.prefix}.reports`))
  const committed = () =>
    kafka.admin((it) => it.fetchOffsets({ groupId: `${deployment.prefix}.slack`, topics: [`${deployment.prefix}.reports`] }))
  await until(
    'what Slack was told is committed',
    () => committed().catch(() => []),
    (found) => Number(found[0]?.partitions[0]?.offset) >= Number(end.high),
    { limitMs: GOES_ON_MS },
  )
})

/** A failure, told in Slack, and a recovery, told too unless it is not. */
async function failOnce(deployment: Deployment, when: string, { recoveryIsTold = true } = {}): Promise<void> {
  const { vendors, slack, post, judge } = deployment
  const told = (title: string) => slack.received.last().filter(({ text }) => text.includes(title)).length
  const [errors, recovered] = [told('Logs Export Error'), told('Logs Export Recovered')]
  vendors.segment.misbehave('403')
  await post({ count: 10 })
  await until(
    `a failure told ${when}`,
    () => told('Logs Export Error'),
    (count) => count > errors,
    { limitMs: 40_000 },
  )
  vendors.segment.behave()
  await judge('segment')
  await reported(deployment, 'recovered', recovered)
  if (!recoveryIsTold) return
  await until(
    `a recovery told ${when}`,
    () => told('Logs Export Recovered'),
    (count) => count > recovered,
    { limitMs: 40_000 },
  )
}

/** More reports of this status than before are in the topic; read anew each time, for a reader may be hit by the fault too. */
async function reported({ kafka, prefix }: Deployment, status: string, before: number): Promise<void> {
  const count = async () => {
    let found = 0
    const reading = await kafka.read([`${prefix}.reports`], ({ message }) => {
      if ((JSON.parse(String(message.value)) as { status: string }).status === status) found++
    })
    await pause(3_000)
    await reading.close()
    return found
  }
  await until(`a report ${status}`, count, (found) => found > before, { limitMs: 40_000 })
}
