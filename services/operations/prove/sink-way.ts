// The way of a sink's group through a partition: from where to where it came, between which of its reports it passed an offset. Pure.
import type { ResetTold } from '../resets-told.ts'

/** A report of the sink: the next offset then. Milliseconds since the epoch. */
export type Mark = { at: number; next: number }

/**
 * A stretch that the group passed: all offsets from `base` up to and not including `next`, between these moments. `endedBy`: who set its
 * offsets anew then; undefined for the stretch that still goes on.
 */
export type Stretch = { base: number; next: number; since: number; until: number; endedBy?: string; marks: Mark[] }

/**
 * @param now what the commit says: `base` and `next` @param resets of the sink, oldest first
 * @param marks of the partition, oldest first @param asOf when the commit was read
 *
 * A stretch before a reset counts only where the resets that were told lead to today's base; it is known from the first report on.
 */
export function stretchesOf(
  now: { base: number; next: number },
  resets: readonly ResetTold[],
  partition: number,
  marks: readonly Mark[],
  asOf: number,
): Stretch[] {
  const own = resets.filter(({ after }) => after.has(partition))
  const stretch = (base: number, next: number, since: number, until: number, endedBy?: string): Stretch => ({
    base,
    next,
    since,
    until,
    ...(endedBy === undefined ? {} : { endedBy }),
    marks: rising(marks.filter(({ at }) => at >= since && at <= until)),
  })
  if (own.at(-1)?.after.get(partition) !== now.base) return [stretch(now.base, now.next, Number.NEGATIVE_INFINITY, asOf)]
  const before: Stretch[] = []
  let since = Number.NEGATIVE_INFINITY
  for (const [i, { at, by, before: then, after }] of own.entries()) {
    const until = Date.parse(at)
    const first = marks.find((mark) => mark.at >= since && mark.at <= until)
    // Where the last reset had set it to, or where the first report saw it.
    const base = own[i - 1]?.after.get(partition) ?? first?.next
    const next = then.get(partition) ?? -1
    if (base !== undefined && next > base)
      before.push(stretch(base, next, since, until, `${by} set the offsets to ${after.get(partition)} at ${at}`))
    since = until
  }
  return [...before, stretch(now.base, now.next, since, asOf)]
}

/** What a report of another member told late, or of before a rebalance, says nothing new. */
function rising(marks: readonly Mark[]): Mark[] {
  const kept: Mark[] = []
  for (const mark of marks) if (mark.next > (kept.at(-1)?.next ?? -1)) kept.push(mark)
  return kept
}

/** By when the group had passed the offset, at the latest. */
export function passedBy({ marks, until }: Stretch, offset: number): number {
  let [low, high] = [0, marks.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (marks[middle].next > offset) high = middle
    else low = middle + 1
  }
  return marks[low]?.at ?? until
}
