// Brokers die, stall and are restarted under a stream of events: nothing that was answered is missing at any sink.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { deploy, type Deployment } from '../support/deployment.ts'
import { startService } from '../support/processes.ts'
import { SINKS } from '../support/vendors.ts'
import { pause, until } from '../support/wait.ts'

const RATE = 200
const LIMITS = { timeout: 240_000 }

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
}, 90_000)
beforeEach(() => cluster.heal(), 90_000)
afterAll(() => cluster?.discard())

test('leader killed - the other two go on with what it led', LIMITS, async () => {
  const deployment = await underStream(async ({ kafka, prefix }) => {
    await cluster.node(await kafka.leaderOf(prefix, 0)).kill()
    await pause(15_000)
  })
  await verdicts(deployment, 'leader killed')
})

test('rolling restart - one broker after the other, in order', LIMITS, async () => {
  const deployment = await underStream(async () => {
    for (const node of cluster.nodes) {
      await node.stop()
      await node.start()
      await pause(3_000)
    }
  })
  await verdicts(deployment, 'rolling restart')
})

test('all brokers away and back - what was answered before and after is delivered', LIMITS, async () => {
  const deployment = await underStream(async () => {
    await Promise.all(cluster.nodes.map((node) => node.kill()))
    await pause(5_000)
    await cluster.heal()
    await pause(5_000)
  })
  await verdicts(deployment, 'all brokers away')
})

test(
  'two of three gone - the ingest answers 503 rather than keep a single copy; all goes on when they are back',
  LIMITS,
  async () => {
    const deployment = await underStream(async ({ services }) => {
      const ingest = services.find(({ name }) => name === 'ingest')!
      await Promise.all([cluster.nodes[0].kill(), cluster.nodes[1].kill()])
      await pause(6_000)
      const body = JSON.stringify([{ log_id: 'refused', data: { log_id: 'refused', type: 's' } }])
      const post = async () => {
        const headers = { authorization: 'Bearer of-the-tests' }
        const answer = await fetch(`${await ingest.origin()}/logs`, { method: 'POST', headers, body })
        return answer.status
      }
      for (let i = 0; i < 3; i++) expect(await post()).toBe(503)
      await cluster.heal()
    })
    await verdicts(deployment, 'two of three gone')
  },
)

test('a service that is stopped while a broker stalls - ends within 10 s, as one that ended well', LIMITS, async () => {
  const env = { KAFKA_BROKERS: cluster.brokers, KAFKA_REPLICATION_FACTOR: '3', TOPIC_PREFIX: `stop.${Date.now()}` }
  for (const node of cluster.nodes) {
    const consoles = [startService('console', env), startService('console', env)]
    await Promise.all(consoles.map((service) => service.untilReady()))
    await pause(1_500)
    node.freeze()
    await pause(2_500)
    const endings = consoles.map(async ({ stop, ended, lines }) => {
      const began = performance.now()
      await stop()
      const { status } = await ended
      return {
        status,
        inTime: performance.now() - began < 10_000,
        unclean: lines.filter((line) => line.startsWith('not closed')),
      }
    })
    expect(await Promise.all(endings)).toEqual(Array(2).fill({ status: 0, inTime: true, unclean: [] }))
    await cluster.heal()
  }
})

test('a broker that stalls - frozen for 12 s, its connections open', LIMITS, async () => {
  const deployment = await underStream(async ({ kafka, prefix }) => {
    const node = cluster.node(await kafka.leaderOf(prefix, 1))
    node.freeze()
    await pause(12_000)
    node.thaw()
    await pause(3_000)
  })
  await verdicts(deployment, 'broker stalled')
})

/** Ingest and the three sinks; the fault happens once events flow, and some flow after it. */
async function underStream(fault: (deployment: Deployment) => Promise<void>): Promise<Deployment> {
  const deployment = await deploy(cluster.brokers)
  await deployment.startAll('ingest', ...SINKS)
  const stream = deployment.stream(RATE)
  const flowing = async () => Math.min(...SINKS.map((sink) => deployment.vendors.arrived(sink).size))
  await until('events at every sink', flowing, (count) => count > RATE)
  await fault(deployment)
  await pause(3_000)
  await stream.end()
  return deployment
}

async function verdicts(deployment: Deployment, fault: string): Promise<void> {
  for (const sink of SINKS) console.log(`${fault}: ${sink} ${JSON.stringify(await deployment.judge(sink))}`)
}
