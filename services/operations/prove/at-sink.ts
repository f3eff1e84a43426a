// What came of one copy of a log at one sink, as far as Kafka can tell: `fate.ts` for many, with the filter of then, not of today. Pure.
import type { FilteredBy } from '../../events/filter.ts'
import { CLOCKS_MS } from '../../events/log-id.ts'
import type { JobRecord } from '../../topics/control.ts'
import type { Outcome } from '../../topics/proof-records.ts'
import { DEDUPE_WINDOW } from '../../topics/records.ts'
import { type CopyFacts, fateOf, hasPassed, type LetterFacts, waitingText } from '../fate.ts'
import { type Cut, type FilterTime, ruleBetween, statesAt } from './filter-times.ts'
import type { Remembered } from './logs-of-day.ts'
import { passedBy, type Stretch } from './sink-way.ts'

/** `detail`: the rule of a filtered log, the reason of a dead letter. `why` in words as `explain` has them, empty where all is as usual. */
export type End = { outcome: Outcome | 'duplicate'; detail: string; why: string }

export type DayCopy = CopyFacts & { id: string; type: string }

/** A sink as it was when the proof began, `asOf`. */
export type SinkPast = {
  topic: string
  letterTopic: string
  asOf: number
  /** Of each partition, oldest first, the last one still going on. */
  ways: ReadonlyMap<number, readonly Stretch[]>
  /** By log_id. */
  letters: ReadonlyMap<string, readonly LetterFacts[]>
  jobs: readonly JobRecord[]
  filters: readonly FilterTime[]
  /** Where changes of the filter took hold. */
  cuts: readonly Cut[]
}

const end = (outcome: End['outcome'], detail = '', why = ''): End => ({ outcome, detail, why })
const DELIVERED = end('delivered')
const DUPLICATE = end('duplicate')
const EITHER =
  'committed; the filter changed around that time, or is unknown for it: Kafka does not know whether the log passed it'
const FILTERED: Record<FilteredBy, End> = { level: end('filtered', 'level'), type: end('filtered', 'type') }

/** @param remembered the copy of the same log in the same partition that this one may repeat */
export function endOf(sink: SinkPast, copy: DayCopy, remembered: Remembered | undefined): End {
  const { partition, offset } = copy
  const ways = sink.ways.get(partition) ?? []
  const letters = sink.letters.get(copy.id)
  if (letters?.some((one) => one.topic === sink.topic && one.partition === String(partition) && one.from === String(offset)))
    return ofLetters(sink, copy, letters)
  const passes = ways.filter(({ base, next }) => offset >= base && offset < next)
  const live = passes.filter(({ base }) => !isRepeat(copy, remembered, base))
  const replays = sink.jobs.filter((job) => job.kind === 'replay' && hasPassed(job, partition, offset))
  if (live.length + replays.length > 0) return passed(sink, copy, live, replays)
  const next = ways.at(-1)?.next ?? 0
  if (offset >= next) return end('waiting', '', `waiting, ${waitingText(offset - next)}`)
  if (passes.length > 0) return DUPLICATE
  const base = ways.at(-1)?.base ?? 0
  return end('unknown', '', `passed before the ledger of the group begins at ${base}; Kafka no longer knows what happened to it`)
}

/** The sink came past it: live, in each of these stretches, and in these replays. One pass that the filter let through delivered it. */
function passed(
  { filters, cuts, asOf }: SinkPast,
  { receivedAt, type, partition, offset }: DayCopy,
  live: readonly Stretch[],
  replays: readonly JobRecord[],
): End {
  const rules = [
    ...live.map((stretch) => {
      const from = Math.max(receivedAt, stretch.since - CLOCKS_MS)
      const states = statesAt(filters, cuts, { ...stretch, partition, offset })
      return ruleBetween(filters, type, from, passedBy(stretch, offset), states)
    }),
    ...replays.map(({ at, ended_at: ended }) =>
      ruleBetween(filters, type, Date.parse(at), ended === '' ? asOf : Date.parse(ended)),
    ),
  ]
  if (rules.includes('passes')) return DELIVERED
  const [rule] = rules
  if (rule !== undefined && rule !== 'passes' && rules.every((one) => one === rule)) return FILTERED[rule]
  return end('delivered_or_filtered', '', EITHER)
}

function ofLetters(sink: SinkPast, copy: DayCopy, letters: readonly LetterFacts[]): End {
  const { topic, letterTopic, jobs } = sink
  const eras = sink.ways.get(copy.partition) ?? []
  const fate = fateOf({ topic, letterTopic, jobs, letters, eras, copies: [copy], index: 0, rule: undefined })
  if (fate.outcome === 'delivered') return end('redriven', '', fate.detail)
  const last = letters.findLast((one) => one.partition === String(copy.partition) && one.from === String(copy.offset))
  return end('dead_lettered', last?.reason ?? '', fate.detail)
}

/** As the sink's window would have it that began at `base`: sinks/runtime/dedupe.ts does the same. */
function isRepeat({ receivedAt, asked, partition }: DayCopy, remembered: Remembered | undefined, base: number): boolean {
  if (!remembered || asked || remembered.partition !== partition) return false
  return receivedAt - remembered.receivedAt <= DEDUPE_WINDOW.ms && remembered.offset >= base
}
