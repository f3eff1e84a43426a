// What a verb's result looks like to a person: one function a verb, result -> text.
import { presentAny } from './any.ts'
import { presentLetter, presentLetters, presentRedrive } from './dead-letters.ts'
import { presentExplained } from './explain.ts'
import { presentCancelled, presentJob, presentJobs } from './jobs.ts'
import { presentReplay } from './replay.ts'
import { presentRuns } from './runs.ts'
import { presentSchedule } from './schedule.ts'
import { presentSettings } from './settings.ts'
import type { Shown } from './shown.ts'
import { presentState } from './state.ts'
import { presentStatus } from './status.ts'
import { presentEvent } from './tail.ts'

type Presenter = (result: never, shown: Shown) => string

const PRESENTERS: Readonly<Record<string, Presenter>> = {
  status: presentStatus,
  runs: presentRuns,
  pause: presentState,
  resume: presentState,
  stop: presentState,
  start: presentState,
  schedule: presentSchedule,
  settings: presentSettings,
  replay: presentReplay,
  'jobs list': presentJobs,
  'jobs show': presentJob,
  'jobs cancel': presentCancelled,
  'dead-letters list': presentLetters,
  'dead-letters show': presentLetter,
  'dead-letters redrive': presentRedrive,
  'dead-letters acknowledge': presentRedrive,
  explain: presentExplained,
}

/** Verbs that follow something: a line for each object as it comes. */
const LINES: Readonly<Record<string, Presenter>> = { tail: presentEvent }

/** A verb without a presenter of its own is shown name by name. */
export const present = (operation: string, result: object, shown: Shown): string =>
  (PRESENTERS[operation] ?? presentAny)(result as never, shown)

export const streamed =
  (operation: string) =>
  (one: object, shown: Shown): string =>
    LINES[operation]?.(one as never, shown) ?? JSON.stringify(one)
