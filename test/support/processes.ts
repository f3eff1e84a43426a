// The services as real processes on any Kafka: started, killed, frozen and read from outside, as an operator's machines run them.
import { type Child, type Ending, startChild } from '../../services/local/child.ts'
import { startWatchdog } from '../../services/local/watchdog.ts'
import type { Environment } from '../../services/platform/settings.ts'
import { until } from './wait.ts'

const ROOT = new URL('../../services/', import.meta.url).pathname
/** SIGTERM: within 10 s by contract. */
const STOP_MS = 15_000
const LINES_KEPT = 20_000

export type Service = {
  /** Folder below services/, as `sinks/segment`. */
  name: string
  pid: number
  /** Everything it has printed, a line each: JSON of its logger, or an error of Node. */
  lines: readonly string[]
  /** Where its health and metrics are. */
  origin: () => Promise<string>
  /** Status of a health route, e.g. `/readyz`; 0 where nothing answers. */
  status: (path: string) => Promise<number>
  untilReady: (limitMs?: number) => Promise<void>
  hasEnded: () => boolean
  ended: Promise<Ending>
  kill: () => Promise<void>
  /** As a machine that stalls. */
  freeze: () => void
  thaw: () => void
  signal: (name: NodeJS.Signals) => void
  /** SIGTERM, and SIGKILL where it does not end in time. */
  stop: () => Promise<void>
}

const watchdog = startWatchdog()

/** Its whole environment is `env`; ports are free ones unless given. */
export function startService(name: string, env: Environment): Service {
  const lines: string[] = []
  const child: Child = startChild(
    {
      command: process.execPath,
      args: [`${ROOT}${name}/main.ts`],
      env: {
        PATH: process.env.PATH,
        LOGGER_LEVEL: 'info',
        SINK_PORT: '0',
        INGEST_PORT: '0',
        SLACK_PORT: '0',
        CONSOLE_PORT: '0',
        ...env,
      },
    },
    (line) => {
      lines.push(line)
      if (lines.length > LINES_KEPT) lines.splice(0, LINES_KEPT / 2)
    },
  )
  watchdog.watch({ pid: child.pid })
  let found = ''
  const signal = (what: NodeJS.Signals) => {
    if (!child.hasEnded()) process.kill(child.pid, what)
  }
  async function origin(): Promise<string> {
    const port = () => {
      if (child.hasEnded()) throw new Error(`${name} has ended: ${lines.slice(-5).join('\n')}`)
      return lines.map((line) => /"port":(\d+)/.exec(line)?.[1]).find((port) => port !== undefined)
    }
    return (found ||= `http://127.0.0.1:${await until(`${name} to listen`, port, (port) => port !== undefined, { limitMs: 30_000 })}`)
  }
  async function status(path: string): Promise<number> {
    const answer = await fetch(`${await origin()}${path}`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined)
    await answer?.body?.cancel()
    return answer?.status ?? 0
  }
  return {
    name,
    pid: child.pid,
    lines,
    origin,
    status,
    async untilReady(limitMs = 60_000) {
      await until(
        `${name} to be ready`,
        () => status('/readyz'),
        (answer) => answer === 200,
        { limitMs, everyMs: 50 },
      )
    },
    hasEnded: child.hasEnded,
    ended: child.ended,
    async kill() {
      child.kill()
      await child.ended
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    signal,
    async stop() {
      signal('SIGCONT')
      await child.end(STOP_MS)
    },
  }
}

/** Runs a command to its end: `auth0-logs` of the operator. @throws with what it printed where its status is not 0 */
export async function runCommand(args: readonly string[], env: Environment, limitMs = 30_000): Promise<string> {
  const out: string[] = []
  const child = startChild(
    { command: process.execPath, args: [`${ROOT}cli/main.ts`, ...args], env: { PATH: process.env.PATH, ...env } },
    (line) => out.push(line),
  )
  watchdog.watch({ pid: child.pid })
  const late = setTimeout(() => child.kill(), limitMs)
  const { status } = await child.ended
  clearTimeout(late)
  if (status !== 0)
    throw new Error(`auth0-logs ${args.join(' ')} ended with ${status ?? `a kill after ${limitMs} ms`}: ${out.join('\n')}`)
  return out.join('\n')
}
