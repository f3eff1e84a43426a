// One partition of this sink: what was taken of it, how each record ended, and up to where all have ended. Pure bookkeeping.
import type { Ending, LogEvent } from '../../events/log-event.ts'
import { type Account, settled } from '../../topics/records.ts'
import { createDedupe, type Dedupe } from './dedupe.ts'

/** Offsets without a record: expired before they were read, or never an event (transaction markers of foreign producers). */
type Gap = { offset: number; id: string; receivedAt: number; ending: 'expired'; count: number }

export type Lane = {
  readonly partition: number
  /** Endings of all records before `next(lane)`. */
  account: Account
  /** What may be committed: the account, as it was `settleMs` ago where nothing is acknowledged. */
  ready: Account
  /** The account as Kafka holds it. */
  committed: Account
  /** Up to where `ready` is under way. */
  settlingAt: number
  /** Records from here on are taken; earlier ones are read for the dedupe window only. */
  from: number
  /** Records from here on are not taken: the end of a job's range. Infinite for a live group. */
  readonly until: number
  /** The offset that the next record should have. */
  position: number
  /** The log's end as last heard of. */
  end: number
  /** Taken and not yet counted: the head is the first whose ending is open. */
  open: (LogEvent | Gap)[]
  head: number
  dedupe: Dedupe
}

/** @param account what the commit says, or a new one */
export function createLane(
  partition: number,
  account: Account,
  logStart: number,
  until = Number.POSITIVE_INFINITY,
  dedupe = createDedupe(),
): Lane {
  const own = { ...account }
  const first = Math.min(logStart, until)
  if (nextOf(own) < first) own.expired += first - nextOf(own)
  const from = nextOf(own)
  return {
    partition,
    account: own,
    ready: { ...own },
    // What expired goes with the first commit; until then anyone can see it: the commit lies below the log's start.
    committed: { ...own },
    settlingAt: from,
    from,
    until,
    position: from,
    end: from,
    open: [],
    head: 0,
    dedupe,
  }
}

/** The next offset to commit: every record before it has ended. */
export function next({ account }: Lane): number {
  return nextOf(account)
}

export function nextOf(account: Account): number {
  return account.base + settled(account)
}

/** Puts a record in line. Answers how many offsets before it hold no record. */
export function add(lane: Lane, event: LogEvent): number {
  const missing = skipTo(lane, event.offset, event.receivedAt)
  lane.open.push(event)
  lane.position = event.offset + 1
  return missing
}

/** The next record is not before this offset. Answers how many offsets before it hold none. */
export function skipTo(lane: Lane, offset: number, receivedAt: number): number {
  const missing = offset - lane.position
  if (missing > 0) lane.open.push({ offset: offset - 1, id: '', receivedAt, ending: 'expired', count: missing })
  lane.position = Math.max(lane.position, offset)
  return missing
}

/** Counts the contiguous beginning of what has ended. */
export function advance(lane: Lane): void {
  const { open, account } = lane
  let head = lane.head
  let lastId = ''
  for (; head < open.length; head++) {
    const { ending, id } = open[head]
    if (ending === undefined) break
    if (ending === 'expired') account.expired += (open[head] as Gap).count
    else account[ending satisfies Ending]++
    if (id) lastId = id
  }
  account.checkpoint = open[head]?.id || lastId || account.checkpoint
  if (head === open.length) {
    open.length = head = 0
  } else if (head > 1024 && head * 2 > open.length) {
    open.splice(0, head)
    head = 0
  }
  lane.head = head
}

/** Whether something was delivered that may still turn out not to have arrived. */
export function hasUnsettled(lane: Lane): boolean {
  return next(lane) !== nextOf(lane.ready) || lane.open.some(({ ending }) => ending === 'delivered')
}

/** Forgets what has not settled; those records are read again. */
export function rewind(lane: Lane): void {
  lane.account = { ...lane.ready }
  lane.open = []
  lane.head = 0
  lane.position = lane.settlingAt = next(lane)
}

/** The first record whose ending is open. */
export function oldestOpen({ open, head }: Lane): LogEvent | Gap | undefined {
  return open[head]
}

/** Records after `next` that Kafka holds, as far as known. */
export function lag(lane: Lane): number {
  return Math.max(0, Math.max(lane.end, lane.position) - next(lane))
}
