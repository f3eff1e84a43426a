// `npm start`: a broker, the sandbox and every service on this machine, in the order in which they need each other.
import { join } from 'node:path'
import type { Lifecycle } from '../platform/lifecycle.ts'
import { type Environment, readSettings } from '../platform/settings.ts'
import { banner, curlLine } from './banner.ts'
import { openBroker } from './broker/keep.ts'
import { checkPorts, serviceEnvironment, withDotEnv } from './environment.ts'
import { localFields } from './fields.ts'
import { startAlone } from './lock.ts'
import { createOutput } from './output.ts'
import { freePort } from './ports.ts'
import { identify } from './processes.ts'
import { readRoster, rosterPorts } from './roster.ts'
import { keptSecret, privateFolder } from './secrets.ts'
import { openServices } from './services.ts'
import { startWatchdog } from './watchdog.ts'

export type StartOptions = {
  /** The project: its .env is read, and the services run in it. */
  root: string
  servicesRoot: string
  /** Keeps the broker's data, the secrets made here, and the lock. */
  dataDir: string
  stdout: { write: (text: string) => unknown; isTTY?: boolean }
  /** Registers what is to be done when this process exits, however that comes; it cannot wait for anything. */
  onExit: (kill: () => void) => void
}

/** Settles when the banner is printed; everything then runs until `lifecycle` closes. */
export async function startAll(given: Environment, lifecycle: Lifecycle, options: StartOptions): Promise<void> {
  const { root, dataDir, stdout, onExit } = options
  privateFolder(dataDir)
  const env = withDotEnv(root, given)
  const settings = readSettings(localFields, env)
  const roster = readRoster(options.servicesRoot)
  const output = createOutput({
    write: (text) => void stdout.write(text),
    names: roster.names,
    level: settings.loggerLevel,
    colour: stdout.isTTY === true && !env.NO_COLOR,
  })

  output.print(`npm start: ${roster.names.length} processes are started, Kafka first; the first time it takes a minute or two.\n`)
  const lock = await startAlone(dataDir, (message) => output.say('info', message), lifecycle.signal)
  lifecycle.onClose('the lock', lock.release)
  await checkPorts(rosterPorts(roster, settings), settings.host)
  if (settings.sandboxPort !== 0) settings.sandboxPort = await freePort(settings.sandboxPort)
  const watchdog = startWatchdog()
  const about = { watchdog: identify(watchdog.pid) }
  lock.tell(about)

  const token = settings.ingestTokens[0] ?? keptSecret(join(dataDir, 'ingest-token'))
  const login = settings.consoleUsers ? undefined : { name: 'operator', password: keptSecret(join(dataDir, 'console-password')) }
  const common = { output, lifecycle, onExit, onStart: watchdog.watch }
  lifecycle.signal.throwIfAborted()
  const stopping = () =>
    output.say('info', 'stopping: the services, then the sandbox, then the broker. Ctrl-C again ends them at once')
  lifecycle.signal.addEventListener('abort', stopping, { once: true })
  const progress = tellProgress((text) => output.print(text))
  lifecycle.signal.addEventListener('abort', progress.end, { once: true })
  // Nothing here needs the broker at first; what is opened first is closed last.
  const openingBroker = openBroker({ ...common, given: settings.kafkaBrokers, dataDir, env })
  const services = openServices({ ...common, roster, root, env: serviceEnvironment(env, settings, dataDir, { token, login }) })
  const [broker] = await Promise.all([openingBroker, services.prepared])
  progress.now('Kafka serves; waiting for the services to be ready')
  services.start(broker.env)
  const told = { ...about, brokers: broker.env.KAFKA_BROKERS ?? settings.kafkaBrokers }
  lock.tell(told)
  const { rows, origins } = await services.ready({ token, login })
  lock.tell({ ...told, addresses: origins })
  progress.end()
  lifecycle.signal.throwIfAborted()
  output.print(
    banner([{ name: 'Kafka', text: broker.text }, ...rows], curlLine(origins.ingest, token, new Date()), origins.console),
  )
}

const PROGRESS_MS = 10_000

/** A line every ten seconds, whatever the level of the log: a start that takes long must not look like one that hangs. */
function tellProgress(print: (text: string) => void) {
  const began = performance.now()
  let what = 'waiting for Kafka and the sandbox'
  const timer = setInterval(
    () => print(`npm start: ${what} (${Math.round((performance.now() - began) / 1_000)} s)\n`),
    PROGRESS_MS,
  )
  return {
    now(text: string): void {
      what = text
    },
    end: () => clearInterval(timer),
  }
}
