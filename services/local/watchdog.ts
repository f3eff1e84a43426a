// The watchdog: a small process that outlives us. It holds the other end of a pipe of ours; when we are gone, however that came,
// the pipe ends and it ends every process that it was told of.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { sleep } from '../platform/lifecycle.ts'
import { run } from './child.ts'
import { identify, isAlive, type ProcessId, signalGroup } from './processes.ts'

/** `last` is a command that ends what the death of the process may leave running: a container. */
export type Watched = { pid: number; last?: readonly string[] }

export type Watchdog = { pid: number; watch: (watched: Watched) => void }

const graceMs = 10_000
const lastLimitMs = 20_000

/** Starts the watchdog. It ends by itself after us. */
export function startWatchdog(): Watchdog {
  const main = join(import.meta.dirname, 'watchdog', 'main.ts')
  const child = spawn(execPath, [main], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  child.unref()
  return {
    pid: child.pid ?? 0,
    watch: (watched) => {
      if (watched.pid > 0) child.stdin.write(`${JSON.stringify(watched)}\n`)
    },
  }
}

/** What the watchdog does: reads one process a line, and at the end of `input` ends them all, SIGKILL 10 s after SIGTERM. */
export async function guard(input: Readable): Promise<void> {
  const all: { id: ProcessId; last?: readonly string[] }[] = []
  for await (const line of createInterface({ input })) {
    const { pid, last } = JSON.parse(line) as Watched
    // Told right after the start: the process that has this pid now is the one that is meant.
    const id = identify(pid)
    if (id) all.push({ id, last })
  }
  const orphans = all.filter(({ id }) => isAlive(id))
  const left = () => orphans.filter(({ id }) => isAlive(id))
  for (const { id } of orphans) signalGroup(id.pid, 'SIGTERM')
  for (const deadline = Date.now() + graceMs; Date.now() < deadline && left().length > 0; ) await sleep(100)
  for (const { id } of left()) signalGroup(id.pid, 'SIGKILL')
  for (const { last } of orphans) {
    if (last) await run({ command: last[0], args: last.slice(1) }, lastLimitMs)
  }
}
