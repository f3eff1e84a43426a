// When a schedule is due, for those who show it: several ticks, and texts that may be empty.
import cronstrue from 'cronstrue'
import { CONTINUOUS, nextTick, scheduleProblem as problemOf } from '../platform/schedule.ts'

export { CONTINUOUS } from '../platform/schedule.ts'

const DEFAULT_ZONE = 'UTC'

/** What is wrong with a schedule, in words that fit after its name; undefined when nothing is. Empty: not set. */
export const scheduleProblem = (schedule: string, timeZone: string): string | undefined =>
  schedule === '' ? undefined : problemOf(schedule, timeZone || DEFAULT_ZONE)

/** The next ticks after `from`, as ISO times; none for `continuous`. @throws where the expression is none */
export function nextTicks(schedule: string, timeZone: string, count: number, from = new Date()): string[] {
  if (schedule === '' || schedule === CONTINUOUS) return []
  const ticks: string[] = []
  let tick: Date | undefined = from
  while (ticks.length < count && (tick = nextTick({ pattern: schedule, zone: timeZone || DEFAULT_ZONE }, tick)))
    ticks.push(tick.toISOString())
  return ticks
}

/** A schedule in words, `every 5 minutes`; empty where there are none for it. @param schedule that is right */
export function scheduleWords(schedule: string): string {
  if (schedule === '' || schedule === CONTINUOUS) return 'all the time'
  try {
    const words = cronstrue.toString(schedule, { use24HourTimeFormat: true, verbose: false })
    return words.charAt(0).toLowerCase() + words.slice(1)
  } catch {
    return '' // croner reads more forms than have words
  }
}
