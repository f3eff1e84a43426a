// A scheduled sink is paused between ticks; a tick delivers what the topic held when it came due, in every instance its own partitions.
import { sleep } from '../../platform/lifecycle.ts'
import { CONTINUOUS, lastTick, type Schedule, ticksBetween } from '../../platform/schedule.ts'
import type { KafkaClient } from '../../topics/client.ts'
import type { LogRange } from '../../topics/groups.ts'
import { readReports } from '../../topics/reports.ts'
import type { Runs } from '../../topics/runs.ts'
import type { Flow } from './flow.ts'
import { nextOf } from './lane.ts'

/** How soon a tick, or a changed schedule, is seen. */
const LOOK_MS = 500
/** How far back the tick that ran last is looked for in the reports. */
const REPORTS_READ = 5_000
/** An instance that has no partition by then has nothing to do in this tick. */
const UNASSIGNED_MS = 10_000

export type TickOptions = {
  flow: Flow
  schedule: () => Schedule
  /** The operator's wish is `running`. */
  mayRun: () => boolean
  /** Fetching is on or off by the clock; the operator's wish counts too. */
  gate: (open: boolean) => void
  ends: () => Promise<LogRange[]>
  runs: Runs
  /** The tick that ran last, by the reports; undefined where none did. */
  last: Date | undefined
  skipped: (ticks: number) => void
  signal: AbortSignal
}

/**
 * Opens and shuts the gate until the signal is aborted. A tick that came due while nobody ran is run once, however many were missed;
 * ticks that come due during a run are skipped and counted.
 */
export async function followTicks(options: TickOptions): Promise<void> {
  const { schedule, mayRun, gate, runs, skipped, signal } = options
  let { last } = options
  let begun = new Date()
  while (!signal.aborted) {
    const current = schedule()
    if (current.pattern === CONTINUOUS) {
      gate(true)
      begun = new Date()
    } else {
      gate(false)
      const due = lastTick(current, new Date())
      const isMissed = due !== undefined && last !== undefined && due > last
      if (mayRun() && due && (due > begun || isMissed)) {
        await runs.beginTick(due)
        await drain(options)
        await runs.endTick()
        const missed = ticksBetween(current, due, new Date())
        if (missed > 0) skipped(missed)
        last = begun = new Date()
      }
    }
    await sleep(LOOK_MS, signal)
  }
}

/** Until everything that the topic holds now has ended: delivered, filtered or set aside, and committed. */
async function drain({ flow, schedule, mayRun, gate, ends, signal }: TickOptions): Promise<void> {
  const captured = new Map((await ends()).map(({ partition, end }) => [partition, end]))
  const { pattern } = schedule()
  const begun = Date.now()
  const isDone = () => {
    const lanes = flow.lanes()
    if (lanes.length === 0) return Date.now() - begun > UNASSIGNED_MS
    return lanes.every((lane) => nextOf(lane.committed) >= (captured.get(lane.partition) ?? 0))
  }
  while (!signal.aborted && !isDone() && schedule().pattern === pattern) {
    gate(mayRun())
    await sleep(LOOK_MS / 5, signal)
  }
  gate(false)
}

/** The tick of the newest scheduled run, by the reports. */
export async function lastTickOf(client: KafkaClient, service: string): Promise<Date | undefined> {
  const isTick = /-(\d{4}-\d\d-\d\dT[\d:.]+Z)$/
  const told = (await readReports(client, service, REPORTS_READ)).findLast(
    (one) => one.kind === 'report' && one.report.service === service && isTick.test(one.report.run),
  )
  return told?.kind === 'report' ? new Date(isTick.exec(told.report.run)![1]) : undefined
}
