// What every measurement stands on: a fresh broker, a topic of its own for each, and processes that end with the bench.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker } from '../../services/local/broker/broker.ts'
import { type Command, describeEnding } from '../../services/local/child.ts'
import { startWatchdog, type Watched } from '../../services/local/watchdog.ts'
import type { Lifecycle } from '../../services/platform/lifecycle.ts'
import { createLogger } from '../../services/platform/logger.ts'
import { type Environment, readSettings } from '../../services/platform/settings.ts'
import { connectKafka, type KafkaClient, withAdmin } from '../../services/topics/client.ts'
import { kafkaFields } from '../../services/topics/fields.ts'
import { type Measured, startMeasured } from './measured.ts'

export type Surroundings = {
  brokers: string
  dir: string
  /** The environment of the bench itself, for finding Java; no measured service gets it. */
  env: Environment
  lifecycle: Lifecycle
  log: (line: string) => void
  /** Ends these too where the bench is killed. */
  watch: (watched: Watched) => void
  /** Starts a process that ends with the bench at the latest. */
  start: (command: Command, onLine: (line: string, stream: 'stdout' | 'stderr') => void) => Measured
  /** Runs `work` under a fresh TOPIC_PREFIX; its processes are ended and its topics removed afterwards. */
  withPrefix: <T>(name: string, work: (prefixed: Prefixed) => Promise<T>) => Promise<T>
}

/** @property env what a service needs to reach this prefix on this broker, and nothing else of the bench's own environment */
export type Prefixed = { prefix: string; client: KafkaClient; env: Environment }

/** The broker gets 20 s to end. */
const DISCARD_MS = 30_000
const GRACE_MS = 5_000

export async function prepareSurroundings(
  env: Environment,
  lifecycle: Lifecycle,
  log: (line: string) => void,
): Promise<Surroundings> {
  const watchdog = startWatchdog()
  const { signal } = lifecycle
  const dir = mkdtempSync(join(tmpdir(), 'auth0-log-pipeline-bench-'))
  // Its last lines are in the error where it does not start.
  const starting = startBroker({ dataDir: dir, log, onLine: () => {}, env, signal, onStart: watchdog.watch })
  // Interrupted while it starts, the start itself stops it.
  const removeDir = () => rmSync(dir, { recursive: true, force: true })
  lifecycle.onClose('the broker', () => starting.then((broker) => broker.discard(), removeDir), DISCARD_MS)
  const broker = await starting
  const logger = createLogger('bench', 'silent')
  const running: Measured[] = []
  let prefixes = 0

  return {
    brokers: broker.brokers,
    dir,
    env,
    lifecycle,
    log,
    watch: watchdog.watch,
    start(command, onLine) {
      signal.throwIfAborted()
      const child = startMeasured(command, onLine)
      watchdog.watch({ pid: child.pid })
      running.push(child)
      lifecycle.onClose(`process ${child.pid}`, () => child.end(GRACE_MS), 2 * GRACE_MS)
      return child
    },
    async withPrefix(name, work) {
      const prefix = `bench.${++prefixes}.${name}`
      const { PATH, HOME } = env
      const own = { PATH, HOME, KAFKA_BROKERS: broker.brokers, TOPIC_PREFIX: prefix, LOGGER_LEVEL: 'warn' }
      const client = connectKafka(readSettings(kafkaFields, own), logger, 'bench')
      try {
        return await work({ prefix, client, env: own })
      } finally {
        for (const child of running.splice(0)) await child.end(GRACE_MS)
        const failed = () => log(`the topics of ${prefix} could not be removed; they go with the broker`)
        if (!signal.aborted) await removeTopics(client, prefix).catch(failed)
      }
    },
  }
}

const removeTopics = (client: KafkaClient, prefix: string) =>
  withAdmin(client, async (admin) => {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix))
    if (topics.length > 0) await admin.deleteTopics({ topics, timeout: 10_000 })
  })

/** Waits for the end of a process that ends by itself. @throws with its last lines where it fails */
export async function untilEnded(child: Measured, what: string): Promise<void> {
  const ending = await child.ended
  if (ending.status === 0) return
  throw new Error([`${what} ended with ${describeEnding(ending)}:`, ...child.lastLines()].join('\n  '))
}
