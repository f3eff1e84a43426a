// The promise, held against one partition of one sink: end − base = delivered + filtered + duplicates + dead_lettered + expired + lag.
import type { Committed, LogRange } from '../topics/groups.ts'
import { type Account, decodeAccount, newAccount, settled } from '../topics/records.ts'

/**
 * A partition's account, from the committed offset and its metadata alone.
 * `counted`: an account stands behind the commit. `new`: nothing was ever committed. `reset`: the offset was set from outside, which
 * clears the account; counting begins anew there. `unknown`: an account that this version cannot read, or that contradicts Kafka.
 */
export type PartitionAccount = Account & {
  partition: number
  /** First offset that Kafka still holds, and the next one to be written. */
  start: number
  end: number
  /** The next offset to deliver; where nothing was ever committed the first one held. */
  next: number
  lag: number
  kind: 'counted' | 'new' | 'reset' | 'unknown'
  balances: boolean
  /** What is to be known of it, in words; empty where all is usual. */
  note: string
}

/**
 * Computes a partition's account from what Kafka holds. Records that retention took before they were delivered are counted as expired
 * already here. @param commit undefined where the group committed nothing
 */
export function accountOf({ partition, start, end }: LogRange, commit: Committed | undefined): PartitionAccount {
  const { offset, metadata } = commit ?? { offset: -1, metadata: '' }
  const next = offset < 0 ? start : offset
  const { account, kind, note } = read(offset, metadata, next)
  // Retention took these before they were delivered; the sink counts them when it comes to it.
  const gone = Math.max(0, Math.min(start, end) - next)
  const counted = { ...account, expired: account.expired + gone }
  const lag = Math.max(0, end - Math.max(next, start))
  const place = { partition, start, end, next, lag, kind }
  if (next > end) {
    const beyond = `the committed offset ${next} is past the end of the log ${end}: was the topic deleted and made anew?`
    return { ...counted, ...place, kind: 'unknown', balances: false, note: beyond }
  }
  const balances = kind !== 'unknown' && end - counted.base === settled(counted) + lag
  return { ...counted, ...place, balances, note: note || (gone > 0 ? `${gone} expired before they were delivered` : '') }
}

function read(
  offset: number,
  metadata: string,
  next: number,
): { account: Account; kind: PartitionAccount['kind']; note: string } {
  const account = newAccount(next)
  if (offset < 0) return { account, kind: 'new', note: 'nothing committed yet' }
  if (metadata === '') return { account, kind: 'reset', note: `set to ${next} from outside: a new ledger begins there` }
  try {
    const found = decodeAccount(metadata, offset)
    if (found)
      return { account: found, kind: 'counted', note: found.note ? `a new ledger began at ${found.base} on ${found.note}` : '' }
    return { account, kind: 'unknown', note: `the ledger at offset ${next} does not add up to it: a tool moved the offset` }
  } catch (error) {
    return { account, kind: 'unknown', note: error instanceof Error ? error.message : String(error) }
  }
}

/** The sums over partitions; `balances` only where each one does. */
export type AccountSum = Omit<Account, 'base' | 'checkpoint'> & { lag: number; balances: boolean }

/** Adds up the partitions of one sink; `base` and `checkpoint` have no sum. */
export function sumOf(accounts: readonly PartitionAccount[]): AccountSum {
  const sum = (name: 'delivered' | 'filtered' | 'duplicates' | 'dead_lettered' | 'expired' | 'lag') =>
    accounts.reduce((total, account) => total + account[name], 0)
  return {
    delivered: sum('delivered'),
    filtered: sum('filtered'),
    duplicates: sum('duplicates'),
    dead_lettered: sum('dead_lettered'),
    expired: sum('expired'),
    lag: sum('lag'),
    balances: accounts.every(({ balances }) => balances),
  }
}
