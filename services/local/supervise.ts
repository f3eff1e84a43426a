// One service, kept alive: started, listened to, started again with a growing wait when it dies, left alone when it refuses its settings.
import { execPath } from 'node:process'
import { restartDelayMs } from '../platform/backoff.ts'
import { errorText } from '../platform/errors.ts'
import { sleep } from '../platform/lifecycle.ts'
import type { Environment } from '../platform/settings.ts'
import { type Child, describeEnding, type OnLine, startChild } from './child.ts'
import type { Level } from './output.ts'
import type { Watched } from './watchdog.ts'

/** `waiting`: died, to be started again. `refused`: bad settings, not started again. */
export type ServiceState = 'running' | 'waiting' | 'refused' | 'stopped'

export type Service = {
  name: string
  state: () => ServiceState
  /** Where it listens, as soon as it has said so in its log. */
  port: () => number | undefined
  /** What it printed last. */
  lastLines: () => string[]
  /** Ends it gracefully and starts it again at once, with its environment as it is now. */
  replace: () => void
  /** SIGTERM, SIGKILL after `graceMs`. */
  stop: (graceMs: number) => Promise<void>
  /** SIGKILL at once. */
  kill: () => void
}

/** Exit status of a service whose settings are bad. */
const badSettings = 2
const graceMs = 10_000

export function supervise(options: {
  name: string
  main: string
  cwd: string
  /** Read at every start. */
  env: () => Environment
  onLine: OnLine
  say: (level: Level, message: string) => void
  /** Told each process, as soon as it is started. */
  onStart: (watched: Watched) => void
}): Service {
  const { name, say } = options
  const stopping = new AbortController()
  let state: ServiceState = 'running'
  let replacing = false
  let port: number | undefined
  let child: Child = start()
  const life = keepAlive()

  function start(): Child {
    port = undefined
    state = 'running'
    const onLine: OnLine = (line, stream) => {
      port ??= portIn(line)
      options.onLine(line, stream)
    }
    const child = startChild({ command: execPath, args: [options.main], cwd: options.cwd, env: options.env() }, onLine)
    options.onStart({ pid: child.pid })
    return child
  }

  async function keepAlive(): Promise<void> {
    for (let delay: number | undefined; ; child = start()) {
      const startedAt = performance.now()
      const ending = await child.ended
      if (stopping.signal.aborted) break
      if (replacing) {
        replacing = false
        continue
      }
      if (ending.status === badSettings) {
        state = 'refused'
        say('error', `${name} refuses its settings and is not started again: fix what it says above, then run npm start again`)
        return
      }
      delay = restartDelayMs(delay, performance.now() - startedAt)
      state = 'waiting'
      say('error', `${name} ended with ${describeEnding(ending)}: starting it again in ${delay / 1_000} s`)
      await sleep(delay, stopping.signal)
      if (stopping.signal.aborted) break
    }
    state = 'stopped'
  }

  return {
    name,
    state: () => state,
    port: () => port,
    lastLines: () => child.lastLines(),
    replace: () => {
      if (state !== 'running') return
      replacing = true
      child.end(graceMs).catch((error) => say('error', `${name}: ${errorText(error)}`))
    },
    stop: async (graceMs) => {
      stopping.abort()
      await child.end(graceMs)
      await life
    },
    kill: () => child.kill(),
  }
}

/** The port in the log line `{"message":"listening","port":N}` of a service. */
function portIn(line: string): number | undefined {
  if (!line.includes('"listening"')) return undefined
  try {
    const entry = JSON.parse(line) as { message?: unknown; port?: unknown }
    return entry.message === 'listening' && typeof entry.port === 'number' ? entry.port : undefined
  } catch {
    return undefined
  }
}
