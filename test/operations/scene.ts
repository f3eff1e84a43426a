// What the tests of replays share: a stand-in of Segment that counts arrivals by id, and an installation with that one sink.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, inject, test as base } from 'vitest'
import { start as startSegment } from '../../services/sinks/segment/stand-in/start.ts'
import type { StandIn } from '../../services/sandbox/stand-in.ts'
import type { Sink } from '../../services/sinks/runtime/contract.ts'
import { segment } from '../../services/sinks/segment/sink.ts'
import { type Installation, install } from '../support/installation.ts'
import { type Broker, openBroker } from '../support/plain-kafka.ts'
import { until } from '../support/wait.ts'
import { type Operator, operator } from './asking.ts'

export type Scene = {
  vendor: StandIn
  /** Every event that Segment was sent, repeats that it drops by itself included. */
  arrived: () => string[]
  place: Installation
  ask: Operator['do']
}

let broker: Broker

/** `test` with a scene of its own for each; call once a file. */
export function sceneTest() {
  beforeAll(async () => {
    broker = await openBroker(inject('brokers'))
  })
  afterAll(() => broker.close())
  return base.extend<Scene>({
    // oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern what a fixture needs
    vendor: async ({}, use) => {
      const vendor = await startSegment()
      await use(vendor)
      await vendor.close()
    },
    arrived: async ({ vendor: { received } }, use) => {
      const dropped = () => received.refused().filter(({ why }) => why === 'deduplicated')
      await use(() => [...received.last(), ...dropped()].map(({ id }) => id).toSorted())
    },
    place: async ({ vendor }, use) => {
      const place = install(broker, segment as unknown as Sink, { SEGMENT_KEY: 'key', SEGMENT_HOST: vendor.origin })
      await use(place)
      await place.close()
    },
    ask: async ({ place }, use) => {
      const asking = operator(broker.brokers, place.prefix)
      await use(asking.do)
      await asking.close()
    },
  })
}

export const testBroker = () => broker

/** The sink as a process of its own, ready. Killed when the test has ended, if not before. */
export async function startProcess(place: Installation, vendor: StandIn, finished: (work: () => void) => void) {
  const env = {
    PATH: process.env.PATH,
    KAFKA_BROKERS: broker.brokers,
    KAFKA_SESSION_TIMEOUT: '6',
    TOPIC_PREFIX: place.prefix,
    PARTITIONS: '3',
    SINK_PORT: '0',
    SEGMENT_KEY: 'key',
    SEGMENT_HOST: vendor.origin,
  }
  const child = spawn(process.execPath, ['services/sinks/segment/main.ts'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  finished(() => void child.kill('SIGKILL'))
  let log = ''
  child.stdout.on('data', (data: Buffer) => (log += data.toString()))
  await until(
    'the sink to be started',
    () => log,
    (text) => text.includes('"message":"started"'),
    { limitMs: 60_000 }, // a busy machine needs half of it to load a sink
  )
  return {
    async kill(): Promise<void> {
      const closed = once(child, 'close')
      child.kill('SIGKILL')
      await closed
    },
  }
}
