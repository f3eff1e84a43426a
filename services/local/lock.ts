// A lock file that names its holder. It survives kill -9 sensibly: a lock whose holder is no longer alive is taken over.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { pid } from 'node:process'
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
