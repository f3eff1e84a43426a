// The stand-in's tenant: how it is set up, the logs and log streams it holds, the tokens it issued.
import { type Buckets, createBuckets, type Limit, type Plan } from './bucket.ts'
import { createLogStore, type LogStore } from './logs-store.ts'
import { createLogStreams, type LogStreams } from './streams.ts'
import { type Client, createTokens, type Tokens } from './tokens.ts'

/** How the tenant is set up; all of it can be changed while it runs. */
export type Setup = {
  /** Rate limits, default `none`. */
  plan: Plan | Limit
  /** Scopes of tokens that are issued from now on; default: all that reading logs and managing log streams takes. */
  scopes: readonly string[]
  /** Seconds that a token issued from now on is good, default 86,400. */
  tokenSeconds: number
  /** Logs stored longer ago are gone; default that of the plan (free 1, essentials 5, professional 10, else 30). */
  retentionDays: number
  /** What a `from` older than the retention answers: nobody knows. `positional` (default): what comes after it, without a word. */
  expiredFrom: 'positional' | '400'
  /** Milliseconds that every answer takes, default 0. */
  latencyMs: number
}

export type Tenant = {
  client: Client
  readonly setup: Setup
  readonly buckets: Buckets
  /** Its logs, without those that have expired by now. */
  store: () => LogStore
  streams: LogStreams
  tokens: Tokens
  now: () => number
  /** What was stored before that has expired, ms since the epoch. */
  cutoff: () => number
  change: (changes: Partial<Setup>) => void
  /** As just created. */
  forget: () => void
}

const DAY_MS = 86_400_000
const SCOPES = ['read:logs', 'read:logs_users', ...['create', 'read', 'update', 'delete'].map((verb) => `${verb}:log_streams`)]
const RETENTION_DAYS = { none: 30, free: 1, essentials: 5, professional: 10, enterprise: 30 } satisfies Record<Plan, number>

/** @param now its clock, ms since the epoch @param seed of its logs' content */
export function createTenant(client: Client, initial: Partial<Setup>, now: () => number, seed: number): Tenant {
  const store = createLogStore(seed, client.domain)
  const streams = createLogStreams()
  const tokens = createTokens(client, now)
  let setup = withDefaults(initial)
  let buckets = createBuckets(setup.plan)
  const cutoff = () => now() - setup.retentionDays * DAY_MS
  return {
    client,
    get setup() {
      return setup
    },
    get buckets() {
      return buckets
    },
    store() {
      store.expire(cutoff())
      return store
    },
    streams,
    tokens,
    now,
    cutoff,
    change(changes) {
      setup = withDefaults({ ...setup, ...withoutUndefined(changes) })
      if (changes.plan) buckets = createBuckets(setup.plan)
    },
    forget() {
      store.clear()
      streams.clear()
      tokens.clear()
      setup = withDefaults(initial)
      buckets = createBuckets(setup.plan)
    },
  }
}

function withDefaults(given: Partial<Setup>): Setup {
  const { plan = 'none', scopes = SCOPES, tokenSeconds = 86_400, expiredFrom = 'positional', latencyMs = 0 } = given
  const { retentionDays = typeof plan === 'string' ? RETENTION_DAYS[plan] : RETENTION_DAYS.none } = given
  return { plan, scopes, tokenSeconds, retentionDays, expiredFrom, latencyMs }
}

function withoutUndefined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T
}
