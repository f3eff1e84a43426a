// One `npm start` at a time in a data folder: a lock file names its holder, and a second start is told about the first. A lock whose
// holder is no longer alive is taken over, once what was left of that run has ended.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pid } from 'node:process'
import { sleep } from '../platform/lifecycle.ts'
import { identify, isAlive, type ProcessId } from './processes.ts'

/** What stands in the file: the holder, since when (ISO 8601), and what it wants others to know. */
export type Holder = { holder: ProcessId; since: string; about: Record<string, unknown> }

export type Lock =
  | {
      taken: true
      /** The dead holder whose lock this was. */
      after?: Holder
      /** Replaces what others are told. */
      tell: (about: Record<string, unknown>) => void
      release: () => void
    }
  | { taken: false; by: Holder }

/** Takes the lock, or answers who has it. Never waits. */
export function takeLock(path: string, about: Record<string, unknown> = {}): Lock {
  const me = identify(pid)
  if (!me) throw new Error(`cannot tell when process ${pid} started: neither /proc nor ps answers`)
  const own = `${path}.${pid}`
  const since = new Date().toISOString()
  const write = (about: Record<string, unknown>) => writeFileSync(own, JSON.stringify({ holder: me, since, about }))
  mkdirSync(dirname(path), { recursive: true })
  write(about)
  let after: Holder | undefined
  try {
    // A link is made in one step, with its content, and only where there is none.
    while (!tryLink(own, path)) {
      const found = read(path)
      if (found && isAlive(found.holder)) return { taken: false, by: found }
      const stale = `${own}.stale`
      if (!tryRename(path, stale)) continue
      const moved = read(stale)
      // Another process may have taken the dead lock over in between: what was moved is then alive and goes back.
      const alive = moved && isAlive(moved.holder)
      if (alive) tryLink(stale, path)
      else after = moved ?? after
      rmSync(stale, { force: true })
      if (alive) return { taken: false, by: moved }
    }
  } finally {
    rmSync(own, { force: true })
  }
  return {
    taken: true,
    after,
    tell: (about) => {
      write(about)
      renameSync(own, path)
    },
    release: () => {
      if (read(path)?.holder.pid === pid) rmSync(path, { force: true })
    },
  }
}

function read(path: string): Holder | undefined {
  try {
    const found = JSON.parse(readFileSync(path, 'utf8')) as Holder
    return typeof found.holder?.pid === 'number' ? found : undefined
  } catch {
    return undefined
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function tryRename(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** What the lock tells a second `npm start`. */
export type About = { watchdog?: ProcessId; brokers?: string; addresses?: Record<string, string> }

/** The watchdog of a crashed run gives its services 10 s. */
const remainsLimitMs = 15_000

/** @throws when another one runs, saying who, since when and where. */
export async function startAlone(
  dataDir: string,
  say: (message: string) => void,
  signal: AbortSignal,
): Promise<Extract<Lock, { taken: true }>> {
  const lock = takeLock(join(dataDir, 'npm-start.lock'))
  if (!lock.taken) throw new Error(describe(lock.by))
  const { watchdog } = (lock.after?.about ?? {}) as About
  if (lock.after && watchdog && isAlive(watchdog)) {
    say(`the last run (process ${lock.after.holder.pid}) was killed: waiting for its services to end`)
    for (const deadline = Date.now() + remainsLimitMs; isAlive(watchdog) && Date.now() < deadline; ) await sleep(100, signal)
  }
  return lock
}

function describe({ holder, since, about }: Holder): string {
  const addresses = Object.entries((about as About).addresses ?? {}).map(([name, address]) => `  ${name} ${address}`)
  return [
    `npm start runs here already: process ${holder.pid}, since ${since}`,
    ...addresses,
    `Stop that one first, with Ctrl-C in its terminal or with: kill ${holder.pid}`,
  ].join('\n')
}
