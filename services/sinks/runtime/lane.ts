// One partition in one term: what was taken of it, how each record ended, and up to where all have ended. Pure bookkeeping.
import type { Ending } from '../../events/log-event.ts'
import { type Account, markOf, settled } from '../../topics/records.ts'
import type { Dedupe } from './dedupe.ts'

/** Where a partition stands at the beginning of an assignment. */
export type Place = {
  partition: number
  /** What the commit says, or a new one. */
  account: Account
  /** Of the log: its first offset, and the next one to be written. */
  logStart: number
  end: number
  /** First offset that is read: the dedupe memory is filled from there. */
  refillFrom: number
  /** First offset that is not taken any more: the end of a job's range. Left out for a live group. */
  until?: number
  /** The log is not the one that the commit meant, and why: the account begins anew at the log's start. */
  broken?: string
}

const OPEN = 0
/** Offsets that never held a record for us: markers of transactions, what compaction took out. Nobody's: the base moves past them. */
const NONE = 5
const ENDINGS: readonly (Ending | undefined)[] = [undefined, 'delivered', 'filtered', 'duplicates', 'dead_lettered']
const CODES: Record<Ending, number> = { delivered: 1, filtered: 2, duplicates: 3, dead_lettered: 4 }

export class Lane {
  readonly partition: number
  readonly until: number
  readonly dedupe: Dedupe
  /** Records from here on are taken; earlier ones are read for the dedupe memory only. */
  readonly from: number
  /** Repeats of records before it are none: a replay from the base on must be complete. */
  readonly base: number
  /** The account up to the first record that has not ended. */
  account: Account
  /** What may be committed: the account, as it was `settleMs` ago where nothing is acknowledged. */
  ready: Account
  /** The account as Kafka holds it. */
  committed: Account
  /** `next` of the newest account that waits to settle, so that the same one does not wait twice. */
  settlingAt: number
  /** The offset that the next record should have. */
  position: number
  /** The log's end as last heard of. */
  end: number
  /** Records read in this term, those for the dedupe memory too: whether anything comes. */
  reads = 0
  /** The leader epoch of the record read last, and what tells it from others: a log that was cut has another one at the same offset. */
  epoch: number | undefined = undefined
  lastRead: { offset: number; id: string; receivedAt: number } | undefined = undefined

  // Records taken and not yet counted in the account, by sequence number from `#first` on; those before `#head` are counted.
  #first = 0
  #head = 0
  #endings: number[] = []
  #ids: string[] = []
  #times: number[] = []
  /** How many offsets a NONE stands for, by its sequence number. */
  readonly #gaps = new Map<number, number>()

  constructor(
    { partition, account, logStart, end, until = Number.POSITIVE_INFINITY }: Omit<Place, 'refillFrom'>,
    dedupe: Dedupe,
  ) {
    this.partition = partition
    this.until = until
    this.dedupe = dedupe
    this.account = { ...account }
    // Expired records are not committed by themselves. Until the next commit they show as an offset below the log's start.
    const first = Math.min(logStart, until)
    if (this.next < first) this.account.expired += first - this.next
    this.ready = { ...this.account }
    this.committed = { ...this.account }
    this.base = account.base
    this.from = this.position = this.settlingAt = this.next
    this.end = Math.max(end, this.from)
  }

  /** The same partition from what has settled on; the rest has to be read again. What the dedupe memory knows stays known. */
  again(): Lane {
    const { partition, ready, committed, end, until, base, epoch } = this
    const lane = new Lane({ partition, account: ready, logStart: 0, end, until }, this.dedupe)
    return Object.assign(lane, { committed, base, epoch })
  }

  /** The next offset to commit: every record before it has ended. */
  get next(): number {
    return nextOf(this.account)
  }

  /** Puts a record in line; answers its sequence number. Offsets that were left out before it hold no record. */
  take(id: string, offset: number, receivedAt: number): number {
    this.passed(offset)
    this.position = offset + 1
    return this.#push(OPEN, id, receivedAt)
  }

  /** The next record is not before this offset. */
  passed(offset: number): void {
    const count = Math.min(offset, this.until) - this.position
    if (count <= 0) return
    this.position += count
    this.#gaps.set(this.#push(NONE, '', 0), count)
  }

  /** How the record with this sequence number ended. */
  ended(sequence: number, ending: Ending): void {
    this.#endings[sequence - this.#first] = CODES[ending]
  }

  /** Counts the contiguous beginning of what has ended. */
  advance(): void {
    const { account } = this
    const began = this.#head
    let head = began
    let last = -1
    for (; head < this.#endings.length && this.#endings[head] !== OPEN; head++) {
      const ending = ENDINGS[this.#endings[head]]
      if (ending) {
        account[ending]++
        last = head
      } else account.base += this.#gap(head)
    }
    if (head === began) return
    const lastCounted = head - 1
    if (this.#endings[lastCounted] === NONE) delete account.last
    else account.last = markOf(this.#ids[lastCounted], this.#times[lastCounted])
    account.checkpoint = this.#ids[head] || (last >= 0 ? this.#ids[last] : '') || account.checkpoint
    this.#head = head
    this.#forget()
  }

  /** Taken and not yet counted. */
  get openCount(): number {
    return this.#endings.length - this.#head
  }

  /** The first record that has not ended. */
  oldest(): { id: string; receivedAt: number } | undefined {
    for (let i = this.#head; i < this.#endings.length; i++)
      if (this.#endings[i] === OPEN) return { id: this.#ids[i], receivedAt: this.#times[i] }
    return undefined
  }

  /** Records after `next` that Kafka holds, as far as known. */
  get lag(): number {
    return Math.max(0, Math.max(this.end, this.position) - this.next)
  }

  /** Whether something was delivered that may still turn out not to have arrived. */
  get hasUnsettled(): boolean {
    return this.next !== nextOf(this.ready) || this.#endings.includes(CODES.delivered, this.#head)
  }

  #push(ending: number, id: string, receivedAt: number): number {
    this.#endings.push(ending)
    this.#ids.push(id)
    this.#times.push(receivedAt)
    return this.#first + this.#endings.length - 1
  }

  #gap(index: number): number {
    const sequence = this.#first + index
    const count = this.#gaps.get(sequence) ?? 0
    this.#gaps.delete(sequence)
    return count
  }

  #forget(): void {
    const count = this.#head
    if (count < this.#endings.length && (count < 1024 || count * 2 < this.#endings.length)) return
    this.#endings.splice(0, count)
    this.#ids.splice(0, count)
    this.#times.splice(0, count)
    this.#first += count
    this.#head = 0
  }
}

/** The offset that an account has come to. */
export function nextOf(account: Account): number {
  return account.base + settled(account)
}
