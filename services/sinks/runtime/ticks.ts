// A scheduled sink is paused between ticks; a tick delivers what the topic held when it came due, in every instance its own partitions.
import { sleep } from '../../platform/lifecycle.ts'
import { CONTINUOUS, createTicks, type Schedule } from '../../platform/schedule.ts'
import type { KafkaClient } from '../../topics/client.ts'
import type { LogRange } from '../../topics/groups.ts'
import { readReports } from '../../topics/reports.ts'
import type { Runs } from '../../topics/runs.ts'
import type { Flow } from './flow.ts'
import { nextOf } from './lane.ts'

/** How soon a tick, or a changed schedule, is seen. */
const LOOK_MS = 500
/** The tick that ran last is looked for in so many of the newest reports first, then farther back: others report each minute. */
const REPORTS_READ = 5_000
const MOST_REPORTS = 500_000
/** How long after a tick an instance without partitions waits for some, before it leaves the tick to the others. */
const UNASSIGNED_MS = 10_000

export type TickOptions = {
  flow: Flow
  schedule: () => Schedule
  /** The operator asks for `running`. */
  mayRun: () => boolean
  /** Fetching is on or off by the clock; the operator's state counts too. */
  gate: (open: boolean) => void
  ends: () => Promise<LogRange[]>
  runs: Runs
  /** When an operator last asked for a run at once. */
  asked: () => Date | undefined
  /** The tick that ran last, by the reports; undefined where none did. */
  last: Date | undefined
  skipped: (ticks: number) => void
  signal: AbortSignal
}

/** Runs the ticks of a scheduled sink as they come due, and keeps the gate of a continuous one open, until the signal is aborted. */
export async function followTicks(options: TickOptions): Promise<void> {
  const { schedule, mayRun, gate, runs, last, skipped, asked, signal } = options
  const ticks = createTicks({ schedule, last, skipped, asked })
  for (; !signal.aborted; await sleep(LOOK_MS, signal)) {
    gate(schedule().pattern === CONTINUOUS)
    const due = mayRun() ? ticks.due() : undefined
    if (!due) continue
    await runs.beginTick(due)
    await drain(options)
    await runs.endTick()
    ticks.ran(due)
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
  for (let most = REPORTS_READ; ; most *= 10) {
    let strange = 0
    const told = await readReports(client, service, most, () => strange++)
    const found = told.findLast((one) => one.kind === 'report' && one.report.service === service && isTick.test(one.report.run))
    if (found?.kind === 'report') return new Date(isTick.exec(found.report.run)![1])
    if (told.length + strange < most || most >= MOST_REPORTS) return undefined
  }
}
