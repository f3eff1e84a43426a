// A Papertrail sink that stands still, again and again, while the connection is reset: twenty times, and nothing is lost.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { deploy } from '../support/deployment.ts'
import { standStill } from './scenes/stand-still.ts'

const ROUNDS = 20

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
}, 90_000)
afterAll(() => cluster?.discard())

test('twenty times a standstill of 6 s with a reset meanwhile - nothing that was unread counts as delivered', {
  timeout: 400_000,
}, async () => {
  const deployment = await deploy(cluster.brokers, { KAFKA_SESSION_TIMEOUT: '20' })
  const [, sink] = await deployment.startAll('ingest', 'papertrail')
  for (let round = 0; round < ROUNDS; round++) await standStill(deployment, sink, 200 + 150 * round)
  const verdict = await deployment.judge('papertrail')
  console.log(`${ROUNDS} standstills: ${JSON.stringify(verdict)}`)
  expect(verdict.delivered).toBe(deployment.answered.size)
})
