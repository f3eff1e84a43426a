// What `schedule` says.
import type { ScheduleChange } from '../../operations/schedule.ts'
import { time, until } from '../table.ts'
import type { Shown } from './shown.ts'

export function presentSchedule(
  { service, before, after, timeZone, next }: ScheduleChange,
  { style, now, given }: Shown,
): string {
  const was = given.schedule === undefined ? '' : `, before ${before.schedule || 'continuous'}`
  const change = `${style.bold(service)}: ${style.bold(after.schedule)}${was}`
  if (next.length === 0) return `${change}\nit delivers all the time`
  const zone = timeZone ? ` (the expression is read in ${timeZone})` : ''
  return [`${change}`, `next runs, UTC${zone}:`, ...next.map((tick) => `  ${time(tick)}  ${style.dim(until(tick, now))}`)].join(
    '\n',
  )
}
