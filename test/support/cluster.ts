// A cluster for tests that lose brokers: one controller that stays, and brokers that can be killed, frozen, stopped and started again.
// The tests' one broker (broker.ts) cannot show what becomes of leaders and coordinators.
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kill } from 'node:process'
import { type Child, describeEnding, run, startChild } from '../../services/local/child.ts'
import { classArchive } from '../../services/local/broker/class-archive.ts'
import { askClusterId } from '../../services/local/broker/cluster-id.ts'
import { findJava } from '../../services/local/broker/find-java.ts'
import { kafkaArtifacts } from '../../services/local/broker/kafka-artifacts.ts'
import { freePort } from '../../services/local/ports.ts'
import { startWatchdog } from '../../services/local/watchdog.ts'
import { until } from './wait.ts'

const CONTROLLER = 100
const READY_MS = 60_000
const STOP_MS = 30_000

export type Node = {
  id: number
  /** host:port, the same over restarts. */
  address: string
  /** Of the process that runs now. */
  readonly pid: number
  /** Holds a folder for each partition. */
  logDir: string
  /** kill -9. */
  kill: () => Promise<void>
  /** As a machine that stalls: connections stay open and nothing is answered. */
  freeze: () => void
  thaw: () => void
  /** In order, as in a rolling restart: leaders move away before it ends. */
  stop: () => Promise<void>
  /** Starts it again on its port with its data, and waits until it serves. */
  start: () => Promise<void>
}

export type Cluster = {
  /** All brokers, comma-separated. */
  brokers: string
  nodes: readonly Node[]
  node: (id: number) => Node
  /** Starts every broker that does not run, and wakes those that are frozen. */
  heal: () => Promise<void>
  /** Ends everything and removes all data. */
  discard: () => Promise<void>
}

export type ClusterOptions = {
  /** How many brokers, default 3. Topics of Kafka's own have a copy on each. */
  size?: number
  /** Where the brokers listen, default 127.0.0.1; an IPv6 address as `[::1]`. */
  host?: string
  /** Of the brokers and the controller, beside and over those below. */
  properties?: Record<string, string | number>
}

/** KAFKA_VERSION in the environment chooses the Kafka. @throws where there is no Java or no Maven to download Kafka with */
export async function startCluster({ size = 3, host = '127.0.0.1', properties = {} }: ClusterOptions = {}): Promise<Cluster> {
  const java = await findJava(process.env)
  if ('problem' in java) throw new Error(`the tests' cluster needs Java 17 or newer: ${java.problem}`)
  const watchdog = startWatchdog()
  const artifacts = await kafkaArtifacts(process.env, console.log, new AbortController().signal, watchdog.watch)
  if ('problem' in artifacts) throw new Error(`the tests' cluster needs Kafka's Maven artifacts: ${artifacts.problem}`)
  const dir = mkdtempSync(join(tmpdir(), 'auth0-log-pipeline-cluster-'))
  const clusterId = newClusterId()
  const ids = Array.from({ length: size }, (_, n) => n + 1)
  // Asked for one after the other: two at a time may be given the same one.
  const controllerPort = await freePort()
  const ports = new Map<number, number>()
  while (ports.size < size) {
    const port = await freePort()
    if (port !== controllerPort && ![...ports.values()].includes(port)) ports.set(ports.size + 1, port)
  }
  const archive = classArchive(artifacts.libs, java.version)
  const common = {
    'controller.quorum.voters': `${CONTROLLER}@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'default.replication.factor': size,
    'min.insync.replicas': Math.max(1, size - 1),
    ...ofKafkasOwnTopics(size),
    ...speeds,
    ...properties,
  }

  const command = (heap: string, main: string, ...args: string[]) => ({
    command: java.java,
    // No warnings: brokers that lose each other have many, and nobody reads them. What ends a broker is an error.
    args: [
      ...archive.use(),
      ...heap.split(' '),
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
      '-cp',
      join(artifacts.libs, '*'),
      main,
      ...args,
    ],
    cwd: dir,
  })

  /** Writes the configuration and formats the folder. Answers how to start it. */
  async function prepare(id: number, heap: string, own: Record<string, string>): Promise<() => Child> {
    const logDir = join(dir, String(id))
    const file = join(dir, `${id}.properties`)
    mkdirSync(logDir)
    const all = { ...common, 'node.id': id, 'log.dirs': logDir, ...own }
    writeFileSync(
      file,
      Object.entries(all)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
    const formatted = await run(
      command('-XX:TieredStopAtLevel=1', 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file),
      READY_MS,
    )
    if (!formatted.ok) throw new Error(`Kafka could not format ${logDir}: ${formatted.stderr || formatted.stdout}`)
    return () => {
      const child = startChild(command(heap, 'kafka.Kafka', file), () => {})
      watchdog.watch({ pid: child.pid, last: ['rm', '-rf', dir] })
      return child
    }
  }

  async function openNode(id: number): Promise<Node> {
    const port = ports.get(id)!
    const address = `${host}:${port}`
    const launch = await prepare(id, '-Xms128m -Xmx384m', {
      'process.roles': 'broker',
      // In IPv6 it can be reached in IPv4 too: kafkajs takes no address in brackets to begin with.
      listeners: `CLIENT://${host.startsWith('[') ? `[::]:${port}` : address}`,
      'advertised.listeners': `CLIENT://${address}`,
      'inter.broker.listener.name': 'CLIENT',
    })
    const isUp = async () => (await askClusterId(port, 1_000, host.replaceAll(/[[\]]/g, ''))) === clusterId
    return startNode({ id, address, logDir: join(dir, String(id)) }, launch, isUp)
  }

  const launchController = await prepare(CONTROLLER, '-Xms64m -Xmx192m', {
    'process.roles': 'controller',
    listeners: `CONTROLLER://127.0.0.1:${controllerPort}`,
  })
  const controller = launchController()
  const nodes: Node[] = []
  async function discard(): Promise<void> {
    // Nothing of it is kept: no need to wait until each has handed over its leaders.
    await Promise.all(nodes.map((node) => node.kill()))
    controller.kill()
    await controller.ended
    rmSync(dir, { recursive: true, force: true })
  }
  const opened = await Promise.allSettled(ids.map(openNode))
  for (const one of opened) if (one.status === 'fulfilled') nodes.push(one.value)
  const failed = opened.find((one) => one.status === 'rejected')
  if (failed) {
    await discard()
    throw failed.reason
  }
  return {
    brokers: nodes.map(({ address }) => address).join(),
    nodes,
    node: (id) => nodes.find((node) => node.id === id)!,
    heal: async () => void (await Promise.all(nodes.map((node) => node.start()))),
    discard,
  }
}

async function startNode(
  place: Pick<Node, 'id' | 'address' | 'logDir'>,
  launch: () => Child,
  isUp: () => Promise<boolean>,
): Promise<Node> {
  const name = `broker ${place.id}`
  let child = launch()
  let frozen = false
  const serves = async () => {
    if (!child.hasEnded()) return isUp()
    throw new Error(`${name} ended with ${describeEnding(await child.ended)}: ${child.lastLines().join('\n')}`)
  }
  const untilUp = () => until(`${name} to serve`, serves, (up) => up, { limitMs: READY_MS, everyMs: 100 })
  const thaw = () => {
    if (frozen) kill(child.pid, 'SIGCONT')
    frozen = false
  }
  await untilUp()
  return {
    ...place,
    get pid() {
      return child.pid
    },
    async kill() {
      child.kill()
      await child.ended
      frozen = false
    },
    freeze() {
      kill(child.pid, 'SIGSTOP')
      frozen = true
    },
    thaw,
    async stop() {
      thaw()
      await child.end(STOP_MS)
    },
    async start() {
      thaw()
      if (child.hasEnded()) child = launch()
      await untilUp()
    },
  }
}

const ofKafkasOwnTopics = (size: number) => ({
  'offsets.topic.replication.factor': size,
  'offsets.topic.num.partitions': 8,
  'transaction.state.log.replication.factor': size,
  'transaction.state.log.num.partitions': 4,
  'transaction.state.log.min.isr': Math.max(1, size - 1),
  'share.coordinator.state.topic.replication.factor': size,
  'auto.create.topics.enable': 'false',
  'group.initial.rebalance.delay.ms': 0,
  'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
})

/** A dead broker is known to be dead after this long (9 s by default): tests wait for it again and again. */
const speeds = {
  'broker.session.timeout.ms': 4_000,
  'broker.heartbeat.interval.ms': 500,
  'controlled.shutdown.retry.backoff.ms': 500,
  'num.network.threads': 2,
  'num.io.threads': 4,
}

/** 16 random bytes as Kafka writes them; a leading dash would read as an option. */
function newClusterId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? newClusterId() : id
}
