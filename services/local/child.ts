// A child process: its own group (a Ctrl-C in the terminal reaches only us), its output line by line, its end as a value.
import { execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { sleep, within } from '../platform/lifecycle.ts'
import type { Environment } from '../platform/settings.ts'
import { signalGroup } from './processes.ts'

export type Stream = 'stdout' | 'stderr'
export type OnLine = (line: string, stream: Stream) => void

/** How a process ended: with a status, by a signal, or not even started (`problem`). */
export type Ending = { status: number | null; signal: NodeJS.Signals | null; problem?: string }

export type Child = {
  /** 0 where the process could not be started. */
  pid: number
  /** Settles when the process has ended and its output is read; never rejects. */
  ended: Promise<Ending>
  hasEnded: () => boolean
  /** Its last lines of output, oldest first. */
  lastLines: () => string[]
  kill: () => void
  /** SIGTERM, and SIGKILL after `graceMs`; done when it has ended. */
  end: (graceMs: number) => Promise<void>
}

export type Command = { command: string; args: readonly string[]; cwd?: string; env?: Environment }

const linesKept = 20

export function startChild(command: Command, onLine: OnLine): Child {
  const child = spawn(command.command, command.args, {
    cwd: command.cwd,
    env: command.env as NodeJS.ProcessEnv | undefined,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const last: string[] = []
  for (const stream of ['stdout', 'stderr'] as const) {
    createInterface({ input: child[stream] }).on('line', (line) => {
      if (last.push(line) > linesKept) last.shift()
      onLine(line, stream)
    })
  }
  let over = false
  const ended = new Promise<Ending>((resolve) => {
    child.once('error', (error) => resolve({ status: null, signal: null, problem: error.message }))
    child.once('close', (status, signal) => resolve({ status, signal }))
    // A grandchild may hold the output open: the end of the child itself is what counts.
    child.once('exit', (status, signal) => {
      over = true
      setTimeout(() => resolve({ status, signal }), 500).unref()
    })
  }).then((ending) => {
    over = true
    return ending
  })
  const pid = child.pid ?? 0
  const signal = (name: NodeJS.Signals) => {
    if (pid > 0 && !over) signalGroup(pid, name)
  }
  return {
    pid,
    ended,
    hasEnded: () => over,
    lastLines: () => [...last],
    kill: () => signal('SIGKILL'),
    end: async (graceMs) => {
      signal('SIGTERM')
      const patience = new AbortController()
      await Promise.race([ended, sleep(graceMs, patience.signal)])
      patience.abort()
      signal('SIGKILL')
      await within(ended, 5_000, `ending process ${pid}`)
    },
  }
}

/** `status 1`, `signal SIGKILL` or why it could not be started: fits after "ended with". */
export function describeEnding(ending: Ending): string {
  return ending.problem ?? (ending.signal ? `signal ${ending.signal}` : `status ${ending.status}`)
}

/** Runs a command to its end within a time limit and answers what it printed; a failure is a value too. `late`: it was cut by the limit. */
export function run(
  command: Command,
  limitMs: number,
  signal?: AbortSignal,
): Promise<{ ok: boolean; late: boolean; stdout: string; stderr: string }> {
  const env = command.env as NodeJS.ProcessEnv | undefined
  const options = { cwd: command.cwd, env, timeout: limitMs, killSignal: 'SIGKILL', signal } as const
  return new Promise((resolve) => {
    execFile(command.command, command.args, options, (error, stdout, stderr) => {
      const late = error?.killed === true && !signal?.aborted
      const why = late ? `no answer within ${limitMs / 1_000} s` : (error?.message ?? '')
      resolve({ ok: !error, late, stdout, stderr: stderr || why })
    })
  })
}
