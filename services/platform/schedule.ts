// When a scheduled service runs: cron with a time zone, or continuous.
import { Cron } from 'croner'

export const CONTINUOUS = 'continuous'

/** A cron pattern in its time zone. */
export type Schedule = { pattern: string; zone: string }

/** What is wrong with a schedule, undefined when nothing is. */
export function scheduleProblem(pattern: string, zone: string): string | undefined {
  if (pattern === CONTINUOUS) return zoneProblem(zone)
  try {
    return new Cron(pattern, { timezone: zone, paused: true }).nextRun() === null ? 'never comes due' : undefined
  } catch (error) {
    return `must be ${CONTINUOUS} or cron such as */5 * * * * (${(error as Error).message})`
  }
}

/** What is wrong with the name of a time zone, undefined when nothing is. */
export function zoneProblem(zone: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).format() && undefined
  } catch {
    return 'must be a time zone such as Europe/Berlin or UTC'
  }
}

/** The first tick after a moment; undefined where none comes. */
export function nextTick({ pattern, zone }: Schedule, after: Date): Date | undefined {
  return new Cron(pattern, { timezone: zone, paused: true }).nextRun(after) ?? undefined
}

/** The last tick at or before a moment; undefined where there was none. */
export function lastTick({ pattern, zone }: Schedule, before: Date): Date | undefined {
  // Ticks fall on whole seconds, and croner leaves out one that falls on the moment itself.
  const after = new Date((Math.floor(before.getTime() / 1_000) + 1) * 1_000)
  return new Cron(pattern, { timezone: zone, paused: true }).previousRuns(1, after)[0]
}

/** The next tick as reports tell it: ISO 8601, empty for a continuous service. */
export function nextRun(schedule: Schedule): string {
  return schedule.pattern === CONTINUOUS ? '' : (nextTick(schedule, new Date())?.toISOString() ?? '')
}

/** Ticks after a moment, up to another one. */
function ticksBetween(schedule: Schedule, after: Date, upTo: Date): number {
  if (schedule.pattern === CONTINUOUS) return 0
  let count = 0
  for (let tick = nextTick(schedule, after); tick && tick <= upTo && count < MOST_TICKS; tick = nextTick(schedule, tick)) count++
  return count
}

/** More are not counted: a pattern of every second over a day is a slip. */
const MOST_TICKS = 10_000

/**
 * Which tick a service is to run. One that came due while nobody ran is run once, however many were missed; those that come due during a
 * run are skipped. After a clock was set back the ticks from there on come again.
 * @param last the tick that ran last; undefined where none did, then those before now are over
 * @param skipped told of the ticks that came due during a run
 */
export function createTicks(options: {
  schedule: () => Schedule
  last: Date | undefined
  skipped: (ticks: number) => void
  /** When an operator last asked for a run at once; undefined where nobody did. */
  asked?: () => Date | undefined
  now?: () => Date
}) {
  const { schedule, last, skipped, asked = () => undefined, now = () => new Date() } = options
  /** Ticks up to here are over. */
  let since = last ?? now()
  const before = asked()?.getTime() ?? 0
  /** The newest run that was asked for and is done, by the asker's clock; one that came while this service was down is still to be run. */
  let answered = last && before > last.getTime() ? 0 : before
  /** As `answered`, but of the run under way. */
  let taken = answered
  return {
    /** The tick to run now, undefined where none is due; a continuous service has none. */
    due(): Date | undefined {
      const at = now()
      const current = schedule()
      const isContinuous = current.pattern === CONTINUOUS
      if (isContinuous || at < since) since = at
      if (isContinuous) return undefined
      const wanted = asked()
      taken = wanted?.getTime() ?? 0
      const tick = lastTick(current, at)
      if (tick && tick > since) return tick
      return taken > answered ? wanted : undefined
    },
    /** The run of this tick has ended. */
    ran(tick: Date): void {
      const from = tick > since ? tick : since
      since = now()
      answered = Math.max(answered, taken)
      skipped(ticksBetween(schedule(), from, since))
    },
  }
}

export type Ticks = ReturnType<typeof createTicks>
