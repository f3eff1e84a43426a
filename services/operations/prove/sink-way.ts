// The way of a sink's group through a partition: from where to where it came, between which of its reports it passed an offset. Pure.

/** A report of the sink: the next offset then. Milliseconds since the epoch. */
export type Mark = { at: number; next: number }

/**
 * A stretch that the group passed: all offsets from `base` up to and not including `next`, between these moments. `endedBy`: who set its
 * offsets anew then; undefined for the stretch that still goes on. `after` and `before`: between which places of what was told of the sink.
 */
export type Stretch = {
  base: number
  next: number
  since: number
  until: number
  after: number
  before: number
  endedBy?: string
  marks: Mark[]
}

/** An account that ended when an operator set the offsets anew. `told`: its place among all that was told of the sink. */
export type Closed = { at: number; told: number; by: string; base: number; next: number }

/**
 * @param now what the commit says: `base` and `next` @param closed accounts of the partition, oldest first
 * @param marks of the partition, oldest first @param asOf when the commit was read
 */
export function stretchesOf(
  now: { base: number; next: number },
  closed: readonly Closed[],
  marks: readonly Mark[],
  asOf: number,
): Stretch[] {
  const ends = [...closed, { at: asOf, told: Number.POSITIVE_INFINITY, by: '', ...now }]
  return ends.map(({ at, told, by, base, next }, i) => {
    const since = closed[i - 1]?.at ?? Number.NEGATIVE_INFINITY
    return {
      base,
      next,
      since,
      until: at,
      after: closed[i - 1]?.told ?? Number.NEGATIVE_INFINITY,
      before: told,
      ...(i < closed.length ? { endedBy: `${by} set the offsets anew at ${new Date(at).toISOString()}` } : {}),
      marks: rising(marks.filter((mark) => mark.at >= since && mark.at <= at)),
    }
  })
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
