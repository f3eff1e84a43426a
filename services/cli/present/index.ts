// What a verb's result looks like to a person: one function a verb, result -> text. A verb without one is shown name by name.
import { presentExported, presentLetter, presentLetters, presentRedrive } from './dead-letters.ts'
import { presentExplained } from './explain.ts'
import { presentFound, presentShown } from './find.ts'
import { presentCancelled, presentJob, presentJobs } from './jobs.ts'
import { presentProofs, presentProved } from './prove.ts'
import { presentReplay } from './replay.ts'
import { presentRun } from './run.ts'
import { presentRuns } from './runs.ts'
import type { Shown } from './shown.ts'
import { presentSchedule, presentSettings, presentState } from './steering.ts'
import { presentStatus } from './status.ts'
import { presentEvent } from './tail.ts'

type Presenter = (result: never, shown: Shown) => string

const PRESENTERS: Readonly<Record<string, Presenter>> = {
  status: presentStatus,
  runs: presentRuns,
  run: presentRun,
  pause: presentState,
  resume: presentState,
  stop: presentState,
  start: presentState,
  schedule: presentSchedule,
  settings: presentSettings,
  prove: presentProved,
  proofs: presentProofs,
  replay: presentReplay,
  'jobs list': presentJobs,
  'jobs show': presentJob,
  'jobs cancel': presentCancelled,
  'dead-letters list': presentLetters,
  'dead-letters show': presentLetter,
  'dead-letters export': presentExported,
  'dead-letters redrive': presentRedrive,
  'dead-letters acknowledge': presentRedrive,
  explain: presentExplained,
  find: presentFound,
  show: presentShown,
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

export function presentAny(result: object, shown: Shown): string {
  const { style } = shown
  const plain: [string, string][] = []
  const blocks: string[] = []
  for (const [name, value] of Object.entries(result)) {
    if (Array.isArray(value) && value.some((entry) => typeof entry === 'object' && entry !== null)) {
      blocks.push(`${style.bold(name)}\n${listed(value as object[], shown)}`)
    } else plain.push([name, textOf(value)])
  }
  return [shown.facts(plain), ...blocks].filter((block) => block !== '').join('\n\n')
}

function listed(rows: readonly object[], { table }: Shown): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cells = rows.map((row) => names.map((name) => textOf((row as Record<string, unknown>)[name])))
  const isNumber = (i: number) => cells.every((row) => /^-?[\d.,]*$/.test(row[i]))
  return table(
    names.map((name, i) => ({ title: name, right: isNumber(i) })),
    cells,
  )
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
