// The one broker of `npm start` and of the tests: Docker where an engine answers, else Java; ready only when the cluster that
// answers on the port is the one that was started.
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sleep } from '../../platform/lifecycle.ts'
import type { Environment } from '../../platform/settings.ts'
import { dockerLauncher } from './docker.ts'
import { javaLauncher } from './java.ts'
import { type Child, describeEnding, type Ending, type OnLine } from '../child.ts'
import { askClusterId } from './cluster-id.ts'
import { kafkaVersionFrom } from './kafka-artifacts.ts'
import type { Launcher, LauncherOptions } from './launcher.ts'
import { freePort } from '../ports.ts'
import type { Watched } from '../watchdog.ts'

export type Broker = {
  /** host:port, the same over restarts. */
  brokers: string
  way: Launcher['way']
  /** Of the process that runs now. */
  readonly pid: number
  /** Settles when the process that runs now ends, asked to or not. */
  ended: () => Promise<Ending>
  stop: () => Promise<void>
  /** kill -9. */
  kill: () => void
  /** Stops it where it runs and starts it on the same port with the same data. */
  restart: () => Promise<void>
  /** Stops it and removes its data. */
  discard: () => Promise<void>
}

export type BrokerOptions = {
  /** Keeps the data, the cluster's id and the port between starts. */
  dataDir: string
  log: (line: string) => void
  /** The broker's own output; by default it goes to `log`. */
  onLine?: OnLine
  /** JAVA_HOME and XDG_CACHE_HOME are read from it. */
  env?: Environment
  /** Aborted when the start is no longer wanted. */
  signal?: AbortSignal
  /** Told each process that runs the broker, as soon as it is started. */
  onStart?: (watched: Watched) => void
  /** Further settings of a broker on Java, in Kafka's own names; for tests. */
  properties?: (ports: { port: number; controllerPort: number }) => Readonly<Record<string, string | number>>
}

/** Up in 3 s on two idle cores; after a kill -9 about 6 s (the old session has to expire). */
const readyLimitMs = 60_000
const attempts = 4
const portTaken = /address already in use|failed to bind|port is already allocated|ports are not available/i

/**
 * Starts a broker and waits until it serves.
 * @throws naming the three ways where none works, or with the broker's last lines where it ended early.
 */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { dataDir, log, onLine = log, env = {}, signal = new AbortController().signal, onStart = () => {}, properties } = options
  const memory = readMemory(dataDir)
  const clusterId = memory.clusterId ?? newClusterId()
  const launcher = await chooseLauncher({ dataDir, clusterId, env, log, signal, onStart, properties })
  const kafka = `Kafka ${kafkaVersionFrom(env)}`
  log(`starting ${kafka} (${launcher.way})`)
  if (memory.way && memory.way !== launcher.way) log(`the last one ran with ${memory.way}: what it stored is not seen from here`)
  let port = await freePort(memory.port)
  let child: Child

  /** Answers false where somebody else has the port. */
  async function launch(): Promise<boolean> {
    writeFileSync(join(dataDir, 'broker.json'), JSON.stringify({ clusterId, port, way: launcher.way } satisfies Memory))
    child = await launcher.launch(port, onLine)
    onStart({ pid: child.pid, last: launcher.last })
    const end = await untilReady(child, port, clusterId, signal)
    if (end === 'ready') {
      log(`Kafka serves on 127.0.0.1:${port} (process ${child.pid})`)
      return true
    }
    await launcher.stop(child)
    const lines = child.lastLines()
    if (end === 'foreign' || lines.some((line) => portTaken.test(line))) return false
    const last = lines.map((line) => `\n  ${line}`).join('')
    throw new Error(`the broker (${kafka}, ${launcher.way}) ${end}${last ? `; its last lines:${last}` : ''}`)
  }

  for (let left = attempts; !(await launch()); port = await freePort()) {
    if (--left === 0) throw new Error(`the broker found no free port in ${attempts} attempts`)
    log(`port ${port} was taken by another process meanwhile: trying another one`)
  }
  const stop = () => launcher.stop(child)
  return {
    brokers: `127.0.0.1:${port}`,
    way: launcher.way,
    get pid() {
      return child.pid
    },
    ended: () => child.ended,
    stop,
    kill: () => launcher.kill(child),
    restart: async () => {
      await stop()
      for (let left = attempts; !(await launch()); await sleep(500, signal)) {
        if (--left === 0) throw new Error(`port ${port} of the broker is taken by another process: free it`)
      }
    },
    discard: async () => {
      await stop()
      await launcher.removeData()
    },
  }
}

async function chooseLauncher(options: LauncherOptions): Promise<Launcher> {
  mkdirSync(options.dataDir, { recursive: true })
  const docker = await dockerLauncher(options)
  if (!('problem' in docker)) return docker
  const java = await javaLauncher(options)
  if (!('problem' in java)) return java
  throw new Error(
    [
      'there is no Kafka broker. One of three ways is needed:',
      '  1. a Kafka that runs already: set KAFKA_BROKERS to its address, e.g. KAFKA_BROKERS=kafka:9092',
      `  2. a Docker engine: start it. Now: ${docker.problem}`,
      `  3. Java 17 or newer, and Maven to download Kafka once: install both. Now: ${java.problem}`,
    ].join('\n'),
  )
}

/** Polls until the port answers as this cluster. Else: `foreign`, or what happened in words. */
async function untilReady(child: Child, port: number, clusterId: string, signal: AbortSignal): Promise<string> {
  const deadline = Date.now() + readyLimitMs
  while (Date.now() < deadline) {
    if (signal.aborted) return 'is no longer wanted'
    const answer = await askClusterId(port, 1_000)
    if (child.hasEnded()) return `ended with ${describeEnding(await child.ended)}`
    if (answer !== undefined) return answer === clusterId ? 'ready' : 'foreign'
    await sleep(50, signal)
  }
  return `does not serve after ${readyLimitMs / 1_000} s`
}

type Memory = { clusterId?: string; port?: number; way?: string }

function readMemory(dataDir: string): Memory {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'broker.json'), 'utf8')) as Memory
  } catch {
    return {}
  }
}

/** 16 random bytes as Kafka writes them; a leading dash would read as an option. */
function newClusterId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? newClusterId() : id
}
