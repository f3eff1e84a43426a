// The past of a service as lines to draw: what came in, what went out, what waited, how long a delivery took, in steps of equal length.
// Made from the reports, so it is the same after a restart of the console. Pure.
import { isFailed } from '../operations/runs.ts'
import type { IndexedRun } from './history.ts'
import type { Point } from './status-watch.ts'

/** Hours that can be drawn, and the length of a step: about 150 of them. */
export const STEP_MS: Readonly<Record<number, number>> = { 1: 30_000, 24: 600_000, 168: 3_600_000 }
const HOUR_MS = 3_600_000

/**
 * One step. `at`: its beginning, milliseconds. `in`, `out`: events a second; `waiting`: events at its end; `deliveryMs`: the mean of a
 * delivery. Null where nothing is known. `failed`: a run that failed or was on hold reaches into it.
 */
export type Step = {
  at: number
  in: number | null
  out: number | null
  waiting: number | null
  deliveryMs: number | null
  failed: boolean
  deadLettered: number
}

/**
 * @param runs of the service @param sources runs of what brings events in, ingest and backfill @param points what the console itself saw
 * of the last hour; all oldest first
 */
export function chartOf(options: {
  runs: readonly IndexedRun[]
  sources: readonly IndexedRun[]
  points: readonly Point[]
  hours: number
  now: number
}): Step[] {
  const { runs, sources, points, hours, now } = options
  const stepMs = STEP_MS[hours]
  const count = Math.round((hours * HOUR_MS) / stepMs)
  const begin = Math.floor(now / stepMs) * stepMs - (count - 1) * stepMs
  const steps = Array.from({ length: count }, (_, i): Step => ({ ...EMPTY, at: begin + i * stepMs }))
  const placeOf = (ms: number) => Math.floor((ms - begin) / stepMs)
  const outOf = spread(runs, steps, stepMs)
  const inOf = spread(sources, steps, stepMs)
  const times = steps.map(() => ({ sum: 0, runs: 0 }))
  for (const run of runs) {
    // A run that ends with a step belongs to it.
    const last = placeOf(Date.parse(run.end) - 1)
    if (last < 0 || last >= count) continue
    const step = steps[last]
    step.deadLettered += run.deadLettered
    if (run.lag !== undefined) step.waiting = run.lag
    if (run.deliveryMs > 0) times[last] = { sum: times[last].sum + run.deliveryMs, runs: times[last].runs + 1 }
    if (isFailed(run)) for (let i = Math.max(0, placeOf(Date.parse(run.start))); i <= last; i++) steps[i].failed = true
  }
  for (const [at, lag] of points) {
    const step = steps[placeOf(at)]
    if (step) step.waiting = lag
  }
  for (const [i, step] of steps.entries()) {
    const isLast = i === steps.length - 1
    step.out = perSecond(outOf[i], isLast ? toldMs(runs, step.at) : stepMs)
    step.in = perSecond(inOf[i], isLast ? toldMs(sources, step.at) : stepMs)
    if (times[i].runs > 0) step.deliveryMs = Math.round(times[i].sum / times[i].runs)
  }
  return steps
}

const perSecond = (events: number | undefined, ms: number) =>
  events === undefined || ms <= 0 ? null : (events * 1000) / Math.max(1_000, ms)

/** How much of the step under way has been reported, milliseconds. */
const toldMs = (runs: readonly IndexedRun[], at: number) => (Date.parse(runs.at(-1)?.end ?? '') || 0) - at

const EMPTY = { at: 0, in: null, out: null, waiting: null, deliveryMs: null, failed: false, deadLettered: 0 }

/**
 * What was processed in each step, a run's evenly over its time. Undefined before the first run: nothing is known then; without a report
 * afterwards nothing was done.
 */
function spread(runs: readonly IndexedRun[], steps: readonly Step[], stepMs: number): (number | undefined)[] {
  const sums: (number | undefined)[] = []
  const begin = steps[0].at
  for (const { start, end, logsProcessed } of runs) {
    const to = Math.max(Date.parse(end), Date.parse(start) + 1)
    const from = Date.parse(start)
    for (let i = Math.max(0, Math.floor((from - begin) / stepMs)); i < steps.length && steps[i].at < to; i++) {
      const overlap = Math.min(to, steps[i].at + stepMs) - Math.max(from, steps[i].at)
      sums[i] = (sums[i] ?? 0) + (logsProcessed * Math.max(0, overlap)) / (to - from)
    }
  }
  const first = sums.findIndex((sum) => sum !== undefined)
  return steps.map((_, i) => (first < 0 || i < first ? undefined : (sums[i] ?? 0)))
}
