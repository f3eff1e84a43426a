// `schedule`: when a service works. A cron expression, or `continuous`.
import { readControl } from '../topics/control.ts'
import { isSteered, knownService, settingNamed, settingsNow } from './services.ts'
import { type Operation, Refusal, WrongUse } from './operation.ts'
import { CONTINUOUS, nextTicks, scheduleProblem } from './schedule-times.ts'
import { changeSettings } from './settings.ts'

/** `next`: the next five ticks, ISO; none where it is continuous. */
export type ScheduleChange = {
  service: string
  before: { schedule: string }
  after: { schedule: string }
  timeZone: string
  next: string[]
}

const SHOWN_TICKS = 5

export const schedule: Operation = {
  name: 'schedule',
  summary: 'show or set when a service delivers: a cron expression, or continuous',
  role: 'operator',
  inputs: {
    service: { meaning: 'which sink, or backfill', kind: 'text', required: true, positional: true, suggest: 'sink' },
    schedule: { meaning: 'cron expression, or continuous; without one the schedule is shown', kind: 'text', positional: true },
  },
  looks: ({ schedule }) => schedule === undefined,
  examples: [
    'auth0-logs schedule segment',
    'auth0-logs schedule segment "*/5 * * * *"',
    'auth0-logs schedule segment continuous',
  ],
  async run(context, values): Promise<ScheduleChange> {
    const known = knownService(await readControl(context.client, 'schedule'), String(values.service), isSteered)
    const fields = settingsNow(known)
    const field = settingNamed(fields, 'SCHEDULE')
    if (!field) throw new Refusal(`${known.name} has no schedule: it always runs continuously`)
    const timeZone = settingNamed(fields, 'SCHEDULE_TZ')?.now ?? ''
    if (values.schedule === undefined) {
      const schedule = field.now || CONTINUOUS
      return { service: known.name, before: { schedule }, after: { schedule }, timeZone, next: ticksOf(schedule, timeZone) }
    }
    const wanted = String(values.schedule).trim()
    const problem = scheduleProblem(wanted, timeZone)
    if (problem) throw new WrongUse('schedule', problem)
    const { before, after } = await changeSettings(context, known, [[field.name, wanted]])
    return {
      service: known.name,
      before: { schedule: before[field.name] },
      after: { schedule: after[field.name] },
      timeZone,
      next: ticksOf(wanted, timeZone),
    }
  },
}

/** What a service was set to by hand may be no schedule at all. */
const ticksOf = (schedule: string, timeZone: string) =>
  scheduleProblem(schedule, timeZone) === undefined ? nextTicks(schedule, timeZone, SHOWN_TICKS) : []
