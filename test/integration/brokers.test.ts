// The quick ones of the faults: a broker lost of three, a topic made anew, a process that stands still. All of them: npm run test:faults.
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { loseCoordinator } from '../faults/scenes/coordinator-lost.ts'
import { standStill } from '../faults/scenes/stand-still.ts'
import { makeTopicAnew } from '../faults/scenes/topic-made-anew.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { deploy } from '../support/deployment.ts'

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
}, 90_000)
afterAll(() => cluster?.discard())

test('topic made anew - every event of the new one is delivered from a new base, and the break is told', {
  timeout: 120_000,
}, async () => {
  // The session outlasts the standstill: nothing but the break itself may bring the events back.
  const deployment = await deploy(cluster.brokers, { KAFKA_SESSION_TIMEOUT: '20' })
  const [, sink] = await deployment.startAll('ingest', 'segment', 'slack')
  await makeTopicAnew(deployment, ['segment'], [sink])
})

test('a process that stands still while its connection is reset - nothing that was unread counts as delivered', {
  timeout: 90_000,
}, async () => {
  const deployment = await deploy(inject('brokers'))
  const [, sink] = await deployment.startAll('ingest', 'papertrail')
  await standStill(deployment, sink, 200)
  expect((await deployment.judge('papertrail')).delivered).toBe(deployment.answered.size)
})

// The last one: the broker stays dead.
test('coordinator lost - commits go on at the next one within 15 s, only what was uncommitted is repeated', {
  timeout: 90_000,
}, async () => {
  const deployment = await deploy(cluster.brokers)
  await deployment.startAll('ingest', 'segment')
  await loseCoordinator(cluster, deployment, { sink: 'segment', rate: 100 })
})
