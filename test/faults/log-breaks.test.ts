// The log is no longer the one that a commit meant: made anew, cut, or shorter than the commit. What it holds then is all delivered.
import { readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startCluster } from '../support/cluster.ts'
import { deploy } from '../support/deployment.ts'
import { SINKS } from '../support/vendors.ts'
import { breakTold, makeTopicAnew } from './scenes/topic-made-anew.ts'

const LIMITS = { timeout: 240_000 }

async function clusterOf(size: number) {
  const cluster = await startCluster({ size })
  onTestFinished(() => cluster.discard())
  return cluster
}

test.each([1, 3])(
  'topic made anew - under three sinks, %i broker(s): every new event delivered, the break told',
  LIMITS,
  async (size) => {
    const cluster = await clusterOf(size)
    const deployment = await deploy(cluster.brokers)
    const members = await deployment.startAll('ingest', ...SINKS, 'slack')
    await makeTopicAnew(deployment, SINKS, members)
  },
)

test('tail cut - a broker loses half of each log with its power: what is written afterwards is delivered', LIMITS, async () => {
  const cluster = await clusterOf(1)
  const deployment = await deploy(cluster.brokers)
  const members = await deployment.startAll('ingest', ...SINKS, 'slack')
  await deployment.post({ count: 600, perBody: 10 })
  for (const sink of SINKS) await deployment.judge(sink)
  const before = await deployment.ends()
  const [node] = cluster.nodes
  await node.kill()
  for (const folder of readdirSync(node.logDir).filter((name) => name.startsWith(`${deployment.prefix}-`))) {
    const log = join(node.logDir, folder, '00000000000000000000.log')
    truncateSync(log, Math.floor(statSync(log).size / 2))
  }
  await node.start()
  expect(await deployment.ends()).toBeLessThan(before)
  // Fewer than were cut off, then more.
  await deployment.post({ count: 60 })
  await deployment.post({ count: 900 })
  for (const sink of SINKS) {
    const verdict = await deployment.judge(sink)
    console.log(`tail cut: ${sink} ${JSON.stringify(verdict)}`)
    await breakTold(
      deployment,
      sink,
      members.filter(({ name }) => name.endsWith(sink)),
    )
  }
})

test('commit past the end - told, and a new base at the start of the log', LIMITS, async () => {
  const cluster = await clusterOf(1)
  const deployment = await deploy(cluster.brokers)
  const { kafka, prefix, group, post, judge } = deployment
  const [, first] = await deployment.startAll('ingest', 'segment', 'slack')
  await post({ count: 60 })
  await judge('segment')
  await first.stop()
  const partitions = (await deployment.accounts('segment')).map(({ partition, end }) => ({ partition, offset: String(end + 80) }))
  await kafka.admin((it) => it.setOffsets({ groupId: group('segment'), topic: prefix, partitions }))
  const second = deployment.start('segment')
  await second.untilReady()
  // Fewer than lead up to the commit, then more.
  await post({ count: 100 })
  await post({ count: 600 })
  const verdict = await judge('segment')
  expect((await deployment.accounts('segment')).map(({ base }) => base)).toEqual([0, 0, 0])
  expect(verdict.delivered).toBe(760)
  await breakTold(deployment, 'segment', [second])
})
