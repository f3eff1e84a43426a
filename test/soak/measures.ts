// RSS, open descriptors and CPU of processes, from /proc, and whether they grow.
import { readdirSync, readFileSync } from 'node:fs'

/** CPU in percent of one core since the sample before. */
export type Sample = { rssMiB: number; descriptors: number; cpuPercent: number }
export type Usage = { begin: Sample; end: Sample }

const TICKS_A_SECOND = 100 // of /proc/<pid>/stat: USER_HZ, the same on every Linux

/** A process restarted meanwhile is measured anew from its next sample on. */
export function createMeter() {
  const last = new Map<number, { ticks: number; at: number }>()
  return function sample(pid: number): Sample | undefined {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const now = { ticks: Number(fields[11]) + Number(fields[12]), at: performance.now() }
      const before = last.get(pid)
      last.set(pid, now)
      const rssMiB = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024
      const descriptors = readdirSync(`/proc/${pid}/fd`).length
      if (!before) return undefined
      return { rssMiB, descriptors, cpuPercent: ((now.ticks - before.ticks) / TICKS_A_SECOND / (now.at - before.at)) * 100_000 }
    } catch {
      return undefined // it has just ended
    }
  }
}

/** Of each figure by itself; undefined where there is nothing to take it of. */
export function medianOf(samples: readonly Sample[]): Sample | undefined {
  if (samples.length === 0) return undefined
  const of = (name: keyof Sample) => samples.map((sample) => sample[name]).toSorted((a, b) => a - b)[samples.length >> 1]
  return { rssMiB: of('rssMiB'), descriptors: of('descriptors'), cpuPercent: of('cpuPercent') }
}

/**
 * What grew from a calm time at the beginning to a calm time at the end, in words; both under the same load. V8 keeps what it once
 * needed, so memory may be a third and 40 MiB above its first value; connections to each broker and spares of a pool are some
 * descriptors; CPU is compared only where it is more than noise.
 */
export function growth({ begin, end }: Usage): string[] {
  const grown: string[] = []
  if (end.rssMiB > begin.rssMiB * 1.33 + 40) grown.push(`memory ${begin.rssMiB.toFixed(0)} -> ${end.rssMiB.toFixed(0)} MiB`)
  if (end.descriptors > begin.descriptors + 15) grown.push(`descriptors ${begin.descriptors} -> ${end.descriptors}`)
  if (end.cpuPercent > 2 * begin.cpuPercent + 5)
    grown.push(`CPU ${begin.cpuPercent.toFixed(1)} -> ${end.cpuPercent.toFixed(1)} %`)
  return grown
}
