// The verdict on an hour, on a day and on a sink: what is certain decides, and what was not checked is never claimed. Pure.
import type { Counts, HourRow, Reason, SinkHour, Verdict } from '../../topics/proof-records.ts'

/** What is known beside the counts. */
export type HourFacts = {
  auth0: 'asked' | 'not_asked' | 'expired'
  isOver: boolean
  /** Whether the topic still holds all that it received of the hour, or why not. */
  topic: 'held' | 'expired' | 'made_anew'
}

/** These are a gap; all others say why something cannot be known. */
const GAPS: readonly Reason[] = ['missing', 'dead_lettered', 'waiting', 'not_at_vendor']

export const sumOf = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0)

export function reasonsOf(row: Pick<HourRow, 'topic' | 'sinks'>, { auth0, isOver, topic }: HourFacts): Reason[] {
  const found = new Set<Reason>()
  if (auth0 === 'not_asked') found.add('auth0_not_asked')
  if (auth0 === 'expired') found.add('auth0_expired')
  if (!isOver) found.add('not_over')
  if (topic === 'expired') found.add('topic_expired')
  if (topic === 'made_anew') found.add('topic_made_anew')
  if (row.topic.missing > 0 && topic === 'held') found.add('missing')
  for (const sink of Object.values(row.sinks)) for (const reason of sinkReasons(sink)) found.add(reason)
  return [...found]
}

function sinkReasons({ dead_lettered: dead, waiting, unknown, vendor }: SinkHour): Reason[] {
  const found: Reason[] = []
  if (sumOf(dead) > 0) found.push('dead_lettered')
  if (waiting > 0) found.push('waiting')
  if (unknown > 0) found.push('before_base')
  if (vendor && vendor.confirmed < vendor.asked) found.push('not_at_vendor')
  return found
}

export function verdictOf(reasons: readonly Reason[]): Verdict {
  if (reasons.some((reason) => GAPS.includes(reason))) return 'incomplete'
  return reasons.length > 0 ? 'not_decidable' : 'complete'
}

/** An hour's reasons again, after its vendors were asked. */
export const withVendorReasons = ({ reasons, sinks }: HourRow): Reason[] => [
  ...new Set([...reasons, ...Object.values(sinks).flatMap(sinkReasons)]),
]

/** Of one sink alone: what the topic holds and it did not deliver. */
export const sinkVerdict = (hours: readonly HourRow[], sink: string): Verdict =>
  verdictOf(hours.flatMap((hour) => (hour.sinks[sink] ? sinkReasons(hour.sinks[sink]) : [])))

const plural = (logs: number) => (logs === 1 ? '1 log' : `${logs.toLocaleString('en')} logs`)

/** The reasons of a day, gaps first, each with its number of logs (0 where it is not about logs) and a sentence. */
export function dayReasons(hours: readonly HourRow[]): { reason: Reason; logs: number; words: string }[] {
  const all = new Set(hours.flatMap(({ reasons }) => reasons))
  const order = [...GAPS, ...[...all].filter((reason) => !GAPS.includes(reason))].filter((reason) => all.has(reason))
  return order.map((reason) => {
    const own = hours.filter(({ reasons }) => reasons.includes(reason))
    const logs = own.reduce((sum, hour) => sum + logsOf(hour, reason), 0)
    const when = own.length === hours.length ? 'in every hour of the day' : `in ${own.length} of ${hours.length} hours`
    return { reason, logs, words: wordsOf(reason, plural(logs), when) }
  })
}

function logsOf({ topic, sinks }: HourRow, reason: Reason): number {
  const over = (count: (sink: SinkHour) => number) => Object.values(sinks).reduce((sum, sink) => sum + count(sink), 0)
  if (reason === 'missing') return topic.missing
  if (reason === 'dead_lettered') return over((sink) => sumOf(sink.dead_lettered))
  if (reason === 'waiting') return over(({ waiting }) => waiting)
  if (reason === 'not_at_vendor') return over(({ vendor }) => (vendor ? vendor.asked - vendor.confirmed : 0))
  if (reason === 'before_base') return over(({ unknown }) => unknown)
  return 0
}

function wordsOf(reason: Reason, logs: string, when: string): string {
  switch (reason) {
    case 'missing':
      return `${logs} that Auth0 lists are not in the topic, ${when}: the backfill fetches them`
    case 'dead_lettered':
      return `${logs} are dead letters of a sink, ${when}: a redrive sends them again`
    case 'waiting':
      return `${logs} are in the topic and wait for a sink, ${when}: prove again when it has caught up`
    case 'not_at_vendor':
      return `${logs} that a sink delivered were not found at its vendor, ${when}: the vendor's retention removed them, the sink's settings here name another place, or the vendor lost them and a replay sends them again`
    case 'auth0_not_asked':
      return 'Auth0 was not asked: whether the topic holds all that Auth0 has is not known'
    case 'auth0_expired':
      return `Auth0 no longer holds these logs, ${when}: its plan keeps them for some days only`
    case 'not_over':
      return `the day is not over, ${when}: prove it again tomorrow`
    case 'topic_expired':
      return `the topic no longer holds all of that time, ${when}: its retention (LOG_RETENTION_DAYS) has removed logs`
    case 'topic_made_anew':
      return `the topic was made anew after that time, ${when}: what the one before it held is not known`
    case 'before_base':
      return `${logs} were passed before the account of a sink's group begins, ${when}: its offsets were set from outside, or it began later`
  }
}
