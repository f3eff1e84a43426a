// What a job of the kind `prove` says beside what every job does: control-records.ts.
import { atLeast, bool, count, listOf, object, oneOf, SERVICE, text } from './shapes.ts'

/**
 * `sinks` is empty for all of them. `done` of `total` hours, `what` in words. When it has ended: the verdict of the day and of each hour, a
 * letter each (c complete, i incomplete, n not decidable).
 */
export type ProofJob = {
  day: string
  zone: string
  sinks: string[]
  auth0: boolean
  done: number
  total: number
  what: string
  verdict: '' | 'complete' | 'incomplete' | 'not_decidable'
  hours: string
}

export const proofJobShape = object<ProofJob>({
  day: text(/^\d{4}-\d\d-\d\d$/),
  zone: text(/./),
  sinks: listOf(text(SERVICE)),
  auth0: bool,
  done: atLeast(0),
  total: count,
  what: text(),
  verdict: oneOf('', 'complete', 'incomplete', 'not_decidable'),
  hours: text(/^[cin]*$/),
})
