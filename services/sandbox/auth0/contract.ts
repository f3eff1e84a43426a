// What a stand-in for an Auth0 tenant is started with, and what tests and the control page do with it.
import type { StandIn, StandInOptions } from '../stand-in.ts'
import type { GivenLog } from './logs-store.ts'
import type { Pushed, PushOptions } from './push.ts'
import type { LogStream } from './streams.ts'
import type { Setup } from './tenant.ts'

export type Auth0Options = StandInOptions &
  Partial<Setup> & {
    domain?: string
    clientId?: string
    clientSecret?: string
    /** The tenant's clock, ms since the epoch; Date.now when not given. */
    now?: () => number
    /** Makes the content of this tenant's logs differ from another's; default 1. */
    seed?: number
  }

export type AppendOptions = {
  /** When they are stored, ms since the epoch; now when not given. The time within their ids. */
  at?: number
  /** Milliseconds that they come late: their ids are that much older, smaller than those of logs that were served meanwhile. */
  late?: number
}

export type FillOptions = {
  count: number
  /** Stored from then (ms since the epoch); half the retention before `to` when not given. */
  from?: number
  /** … to before then; now when not given. */
  to?: number
}

/**
 * `received`: the logs handed out over the API, repeats included; `counts` has `pages`, `tokens`, `rate_limited` (answered 429 by
 * the plan's bucket), `unauthorized`, `faults`. Faults with `only: '/oauth/token'` or `only: '/api/v2/logs'` meet just those calls.
 */
export type Auth0StandIn = StandIn & {
  /** The domain that services are told; the address is `origin`. */
  domain: string
  clientId: string
  clientSecret: string
  /** As many realistic logs as asked, or ones with the given fields. Answers their ids in order. */
  append: (what: number | readonly GivenLog[], options?: AppendOptions) => string[]
  /** Many realistic logs spread over a time, half a million in less than a second. */
  fill: (options: FillOptions) => void
  /** Logs that are held, `seccft` of token fetches among them. */
  size: () => number
  /** Ids of the logs held, ascending: those greater than `after`, at most `limit`. */
  ids: (after?: string, limit?: number) => string[]
  change: (setup: Partial<Setup>) => void
  /** Every token issued so far is refused from now on. */
  expireTokens: () => void
  streams: () => LogStream[]
  /** Posts the logs to a webhook as a log stream would; see PushOptions. */
  sendWebhook: (options?: PushOptions) => Promise<Pushed>
}
