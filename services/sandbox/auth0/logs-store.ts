// The logs of the stand-in's tenant in the order of their ids, twelve bytes each: what a log says is made anew whenever it is asked for.
import { logId, realisticEvent } from '../simulate/events.ts'
import { seeded } from '../simulate/people.ts'

/** Fields of a log that are to be so and not as drawn; an undefined one is absent. An unknown `type` gets the rest of some other. */
export type GivenLog = Record<string, unknown> & { log_id?: string; type?: string }

/** A log by its place in time: when it was stored (ms since the epoch) and its number in the order of appending. */
export type Row = { at: number; n: number }

/** What a log says: the `data` of a log stream. */
export type LogData = Record<string, unknown> & { log_id: string; date: string; type: string }

export type LogStore = ReturnType<typeof createLogStore>

const FIRST_ROWS = 1_024

/** @param seed makes two tenants differ; the same seed, number and time make the same log @param domain named by every log */
export function createLogStore(seed: number, domain: string) {
  const [tenant_name] = domain.split('.')
  const given = new Map<number, GivenLog>()
  const listeners = new Set<(rows: Row[]) => void>()
  let ats = new Float64Array(FIRST_ROWS)
  let ns = new Uint32Array(FIRST_ROWS)
  // Held are the rows `start` to before `end`; what is before `start` has expired.
  let start = 0
  let end = 0
  let appended = 0

  const rowAt = (index: number): Row => ({ at: ats[index], n: ns[index] })
  const randomOf = (n: number) => seeded(seed * 1_000_003 + n)

  function id({ at, n }: Row): string {
    return given.get(n)?.log_id ?? logId(n, at, seeded(-1 - seed * 1_000_003 - n))
  }

  function data(row: Row): LogData {
    const fields = given.get(row.n)
    const { data: drawn } = realisticEvent(row.n, row.at, randomOf(row.n), fields?.type)
    const own = { hostname: domain, tenant_name, log_id: id(row) }
    return fields ? { ...drawn, ...own, ...fields, log_id: own.log_id } : Object.assign(drawn, own)
  }

  /** Ids of our own making rise with time and number; making two strings to compare them would cost far more. */
  function isBefore(a: Row, b: Row): boolean {
    const isPlain = !given.get(a.n)?.log_id && !given.get(b.n)?.log_id
    return isPlain ? a.at < b.at || (a.at === b.at && a.n < b.n) : id(a) < id(b)
  }

  function push({ at, n }: Row): void {
    if (end === ats.length) grow()
    ats[end] = at
    ns[end++] = n
  }

  /** Makes room for as many again; what has expired is let go. */
  function grow(): void {
    const [heldAts, heldNs] = [ats.subarray(start, end), ns.subarray(start, end)]
    ats = new Float64Array(Math.max(FIRST_ROWS, 2 * heldAts.length))
    ns = new Uint32Array(ats.length)
    ats.set(heldAts)
    ns.set(heldNs)
    end -= start
    start = 0
  }

  /** Puts rows where they belong. @param rows in the order of their ids */
  function insert(rows: Iterable<Row>): void {
    let later: Row[] | undefined
    for (const row of rows) {
      later ??= takeFrom(placeOf(row))
      while (later.length > 0 && isBefore(later[later.length - 1], row)) push(later.pop() as Row)
      push(row)
    }
    for (const row of later?.toReversed() ?? []) push(row)
  }

  /** The index of the first row that is not before this one. Most rows come behind all others, so it looks from the end. */
  function placeOf(row: Row): number {
    let index = end
    while (index > start && isBefore(row, rowAt(index - 1))) index--
    return index
  }

  /** Takes all rows from an index on out, the last one first. */
  function takeFrom(index: number): Row[] {
    const taken = rowsBetween(index, end).toReversed()
    end = index
    return taken
  }

  /** The first index whose id is greater than `from`. */
  function indexAfter(from: string): number {
    let [low, high] = [start, end]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (id(rowAt(middle)) > from) high = middle
      else low = middle + 1
    }
    return low
  }

  const rowsBetween = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, i) => rowAt(from + i))

  return {
    /** As many realistic logs as asked, or the given ones, all stored at `at`. Their ids, in the order of appending. */
    append(what: number | readonly GivenLog[], at: number): string[] {
      const count = typeof what === 'number' ? what : what.length
      const rows = Array.from({ length: count }, () => ({ at, n: appended++ }))
      if (typeof what !== 'number') rows.forEach(({ n }, i) => given.set(n, what[i]))
      const sorted = rows.toSorted((a, b) => (isBefore(a, b) ? -1 : 1))
      insert(sorted)
      for (const listener of listeners) listener(rows)
      return rows.map(id)
    },
    /** Many realistic logs, spread evenly from `from` to before `to`. Listeners are not told. */
    fill(count: number, from: number, to: number): void {
      const step = (to - from) / count
      insert(range(count).map((i) => ({ at: Math.floor(from + i * step), n: appended++ })))
    },
    /** Forgets what was stored before `cutoff` (ms since the epoch). */
    expire(cutoff: number): void {
      while (start < end && ats[start] < cutoff) given.delete(ns[start++])
    },
    clear(): void {
      given.clear()
      start = 0
      end = 0
    },
    size: () => end - start,
    /** At most `take` rows with greater ids than `from`, ascending. */
    after: (from: string, take: number): Row[] => {
      const first = indexAfter(from)
      return rowsBetween(first, Math.min(end, first + take))
    },
    /** Rows by their place among those held, 0 = the oldest. */
    slice: (from: number, to: number): Row[] => rowsBetween(start + Math.max(0, from), start + Math.min(to, end - start)),
    id,
    data,
    /** @param listener told of what `append` brings. Answers how to end it. */
    listen(listener: (rows: Row[]) => void): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

function* range(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i
}
