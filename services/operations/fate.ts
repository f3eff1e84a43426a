// What became of one copy of a log at one sink, from what Kafka holds: pure.
//
// Each time the sink came past the copy (live, again after its offsets were set back, or in a replay job) the copy was delivered, filtered,
// taken for a repeat, or became a dead letter. So what was not filtered and no repeat was delivered as often as passes exceed dead letters.
import type { FilteredBy } from '../events/filter.ts'
import type { JobRecord } from '../topics/control.ts'
import { redriveOf } from '../topics/jobs.ts'
import { DEDUPE_WINDOW } from '../topics/records.ts'

/** `detail` says it in words; `certain` is false where it is concluded from today's settings, or Kafka does not hold it any more. */
export type Fate = {
  outcome: 'delivered' | 'filtered' | 'duplicate' | 'dead_lettered' | 'waiting' | 'not_counted'
  detail: string
  certain: boolean
}

/** A copy in the topic; `asked`: an operator had it sent, so it is never taken for a repeat. Times in milliseconds. */
export type CopyFacts = { partition: number; offset: number; receivedAt: number; asked: boolean }
/** A dead letter of the log. `topic`, `partition` and `from` say what record became it. */
export type LetterFacts = {
  offset: number
  topic: string
  partition: string
  from: string
  stage: string
  reason: string
  error: string
  logId: string
}
/** From `base` on the group came as far as `next`, until its offsets were set to another place by `endedBy`; the last one goes on. */
export type Era = { base: number; next: number; endedBy?: string }

export type Facts = {
  topic: string
  letterTopic: string
  /** The copies in order of offset, and which one is asked about. */
  copies: readonly CopyFacts[]
  index: number
  /** Of the copy's partition, oldest first; the last one is now. */
  eras: readonly Era[]
  letters: readonly LetterFacts[]
  /** Jobs of the sink, oldest first, each range with the offset that it has reached. */
  jobs: readonly JobRecord[]
  /** The rule of today's settings that the log does not satisfy. */
  rule: FilteredBy | undefined
}

const MAX_ERROR = 300

/** What became of the copy `facts.index` at one sink. */
export function fateOf(facts: Facts): Fate {
  const { copies, index, eras, letters, jobs, topic, rule } = facts
  const copy = copies[index]
  const own = letters.filter((one) => isFrom(one, topic, copy.partition, copy.offset))
  const last = own.at(-1)
  const before = last ? `; before that ${letterText(last)}` : ''
  const redrive = own.map((letter) => redriven(facts, letter)).find((job) => job !== undefined)
  if (redrive) return { outcome: 'delivered', detail: `by the redrive, job ${redrive.id}${before}`, certain: rule === undefined }

  const replays = jobs.filter((job) => job.kind === 'replay' && hasPassed(job, copy.partition, copy.offset))
  const passed = eras.filter(({ base, next }) => copy.offset >= base && copy.offset < next)
  const repeats = passed.map(({ base }) => repeatOf(copies, index, base))
  const live = repeats.filter((first) => first === undefined).length
  const again = replays.map(({ id }) => `job ${id}`).join(', ')
  if (live + replays.length > own.length) {
    if (rule && !last)
      return { outcome: 'filtered', detail: `by ${rule}, as the settings are today${inRange(again)}`, certain: false }
    if (last) {
      const by = again === '' ? 'after the offsets were set back' : `by ${again}`
      return { outcome: 'delivered', detail: `${by}${before}`, certain: rule === undefined }
    }
    if (live === 0) return { outcome: 'delivered', detail: `by ${again}`, certain: true }
    const isNow = passed.some(({ endedBy }) => endedBy === undefined)
    if (!isNow && replays.length === 0)
      return { outcome: 'delivered', detail: `before ${passed.at(-1)?.endedBy}; not filtered, not dead-lettered`, certain: false }
    const detail = 'committed; not filtered, not a duplicate, not dead-lettered'
    return { outcome: 'delivered', detail: `${detail}${again === '' ? '' : `; delivered again by ${again}`}`, certain: true }
  }
  if (last) return { outcome: 'dead_lettered', detail: `${letterText(last)}${waitingRedrive(facts, last)}`, certain: true }
  const now = eras[eras.length - 1]
  if (copy.offset >= now.next) {
    return { outcome: 'waiting', detail: waitingText(copy.offset - now.next), certain: true }
  }
  const first = repeats.find((one) => one !== undefined)
  if (first) {
    // The window holds ids, not offsets: many repeats between the two make it reach farther back than this.
    const certain = copy.offset - first.offset <= DEDUPE_WINDOW.ids
    return { outcome: 'duplicate', detail: `a copy of offset ${first.offset}, within the window`, certain }
  }
  const skipped = eras.find((era, i) => era.endedBy && copy.offset >= era.next && copy.offset < (eras[i + 1]?.base ?? 0))
  if (skipped) return { outcome: 'not_counted', detail: `never delivered: it was skipped when ${skipped.endedBy}`, certain: true }
  const detail = `passed before the offsets of the group were set to ${now.base}; Kafka no longer knows what happened to it`
  return { outcome: 'not_counted', detail, certain: false }
}

/** @param ahead records of its partition that are to be delivered before it */
export const waitingText = (ahead: number) =>
  ahead === 0 ? 'next of its partition' : `behind ${ahead} ${ahead === 1 ? 'record' : 'records'} of its partition`

/** The copy that this one repeats, as the sink's window would have it that began at `base`: runtime/dedupe.ts does the same. */
function repeatOf(copies: readonly CopyFacts[], index: number, base: number): CopyFacts | undefined {
  let remembered: CopyFacts | undefined
  for (const copy of copies.slice(0, index + 1)) {
    const within = remembered && copy.receivedAt - remembered.receivedAt <= DEDUPE_WINDOW.ms
    if (!within) remembered = copy
    else if (copy === copies[index] && !copy.asked && remembered!.offset >= base) return remembered
  }
  return undefined
}

const isFrom = (letter: LetterFacts, topic: string, partition: number, offset: number) =>
  letter.topic === topic && letter.partition === String(partition) && letter.from === String(offset)

/** Whether the job came past the record. */
export const hasPassed = ({ ranges }: JobRecord, partition: number, offset: number) =>
  ranges.some((range) => range.partition === partition && offset >= range.from && offset < (range.reached ?? range.to))

/** The job that delivered a dead letter, or one that became of it when that failed again. */
function redriven(facts: Facts, letter: LetterFacts, seen = new Set<LetterFacts>()): JobRecord | undefined {
  if (seen.has(letter)) return undefined
  seen.add(letter)
  const { jobs, letters, letterTopic } = facts
  const job = redriveOf(jobs, letter)
  if (job?.kind !== 'redrive' || !hasPassed(job, 0, letter.offset)) return undefined
  // A redrive sends a log once, however many dead letters it has.
  const sent = letters.find((one) => redriveOf(jobs, one) === job) ?? letter
  const failed = letters.filter((one) => isFrom(one, letterTopic, 0, sent.offset))
  if (failed.length === 0) return job
  return failed.map((one) => redriven(facts, one, seen)).find((one) => one !== undefined)
}

function waitingRedrive({ jobs }: Facts, letter: LetterFacts): string {
  const job = redriveOf(jobs, letter)
  if (!job) return ''
  if (job.kind === 'acknowledge') return `; acknowledged by ${job.by}`
  return hasPassed(job, 0, letter.offset)
    ? `; job ${job.id} sent it again, and it failed again`
    : `; job ${job.id} will send it again`
}

const letterText = ({ stage, reason, error, offset }: LetterFacts) => {
  const words = error.length > MAX_ERROR ? `${error.slice(0, MAX_ERROR)}…` : error
  return `${stage}: ${reason}: ${words} (dead letter ${offset})`
}

const inRange = (jobs: string) => (jobs === '' ? '' : `; in the range of ${jobs}`)
