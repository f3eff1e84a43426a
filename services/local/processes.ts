// Who a process is: its pid together with when it started, so that a pid given to another process is never mistaken for it.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { kill } from 'node:process'

/** `startedAt` only serves to compare: its form depends on the system. */
export type ProcessId = { pid: number; startedAt: string }

/** The process that has this pid now; undefined where there is none, or only one that has ended and awaits its parent. */
export function identify(pid: number): ProcessId | undefined {
  const startedAt = fromProc(pid) ?? fromPs(pid)
  return startedAt ? { pid, startedAt } : undefined
}

export function isAlive(id: ProcessId): boolean {
  return identify(id.pid)?.startedAt === id.startedAt
}

/** Sends a signal to the process and to its group, which it leads when it was started by us. Nothing happens where it is gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      kill(target, signal)
      return
    } catch {
      // No such group (or process): try the process itself, then it has ended already.
    }
  }
}

/** Linux: state and start time (field 22, in ticks since boot) of /proc/<pid>/stat; the boot's id tells boots apart. See proc(5). */
function fromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command, field 2, stands in brackets and may hold anything: count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return ''
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[19]}`
  } catch (error) {
    // An existing /proc without this pid: it has ended. No /proc at all: another system.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && hasProc() ? '' : undefined
  }
}

function hasProc(): boolean {
  try {
    return readFileSync('/proc/self/stat').length > 0
  } catch {
    return false
  }
}

/** macOS and BSD: ps(1), to the second. */
function fromPs(pid: number): string | undefined {
  try {
    const [state, ...start] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 3_000 })
      .trim()
      .split(/\s+/)
    return state.startsWith('Z') ? undefined : start.join(' ')
  } catch {
    return undefined
  }
}
