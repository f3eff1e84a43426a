// A child process and what it costs: CPU time and peak memory as Linux tells them in /proc, sampled until it ends.
import { readFileSync } from 'node:fs'
import { type Child, type Command, type OnLine, startChild } from '../../services/local/child.ts'
import { nowUs } from './events.ts'

export type Measured = Child & {
  /** CPU-seconds of the process, user and system, between two moments of nowUs(); without them its whole life. */
  cpuSeconds: (fromUs?: number, toUs?: number) => number
  /** The most memory that it ever held, MiB. */
  peakRssMiB: () => number
}

const SAMPLE_MS = 20
/** Peak memory is kept by the kernel: reading it now and then is enough. */
const MEMORY_EVERY = 5
/** Ticks a second of the times in /proc/<pid>/stat: 100 on every Linux, see proc(5). */
const TICKS = 100

/** Starts it. Where there is no /proc both figures are NaN. */
export function startMeasured(command: Command, onLine: OnLine): Measured {
  const child = startChild(command, onLine)
  const samples: { us: number; seconds: number }[] = [{ us: nowUs(), seconds: 0 }]
  let peakMiB = Number.NaN
  let turn = 0
  function sample(): void {
    const seconds = cpuOf(child.pid)
    if (seconds === undefined) return
    samples.push({ us: nowUs(), seconds })
    if (turn++ % MEMORY_EVERY === 0) peakMiB = peakOf(child.pid) ?? peakMiB
  }
  const timer = setInterval(sample, SAMPLE_MS)
  void child.ended.then(() => clearInterval(timer))

  /** Between two samples the time is shared out evenly. */
  function secondsAt(us: number): number {
    const next = samples.findIndex((one) => one.us >= us)
    if (next <= 0) return (next === 0 ? samples[0] : samples[samples.length - 1]).seconds
    const [before, after] = [samples[next - 1], samples[next]]
    return before.seconds + ((after.seconds - before.seconds) * (us - before.us)) / (after.us - before.us)
  }
  return {
    ...child,
    cpuSeconds: (fromUs = 0, toUs = Number.POSITIVE_INFINITY) =>
      samples.length > 1 ? secondsAt(toUs) - secondsAt(fromUs) : Number.NaN,
    peakRssMiB: () => peakMiB,
  }
}

/** Undefined where the process has ended: what is left of it tells no memory any more, and its parent has had its times. */
function cpuOf(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // The command, field 2, stands in brackets and may hold anything: count from its end. utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

function peakOf(pid: number): number | undefined {
  const kib = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1]
  return kib === undefined ? undefined : Number(kib) / 1024
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
