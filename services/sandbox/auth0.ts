// A stand-in for an Auth0 tenant: the token endpoint, reading logs, log streams, and the stream that pushes logs to a webhook.
// API: https://auth0.com/docs/api/management/v2
import { auth0Actions } from './auth0-actions.ts'
import { answerCall, answerFault } from './auth0-api.ts'
import type { GivenLog } from './auth0-logs-store.ts'
import { type Pushed, type PushOptions, push } from './auth0-push.ts'
import type { LogStream } from './auth0-streams.ts'
import { createTenant, type Setup, type Tenant } from './auth0-tenant.ts'
import { httpFaults } from './faults.ts'
import { createRecorder } from './received.ts'
import type { StandIn, StandInOptions } from './stand-in.ts'
import { serveVendor } from './vendor-http.ts'

export type { GivenLog } from './auth0-logs-store.ts'
export type { Pushed, PushOptions } from './auth0-push.ts'
export type { LogStream } from './auth0-streams.ts'
export type { Setup } from './auth0-tenant.ts'

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

const DAY_MS = 86_400_000
const DOMAIN = 'northwind.eu.auth0.com'

/** Starts an Auth0 tenant on 127.0.0.1, over plain http at `origin`. */
export async function startAuth0(options: Auth0Options = {}): Promise<Auth0StandIn> {
  const { domain = DOMAIN, clientId = 'sandbox-client', clientSecret = 'sandbox-secret' } = options
  const recorder = createRecorder(options)
  const tenant = createTenant({ domain, clientId, clientSecret }, options, options.now ?? Date.now, options.seed ?? 1)
  const served = await serveVendor(
    {
      name: 'auth0',
      faults: httpFaults.filter((fault) => fault !== 'reject'),
      contentType: 'application/json; charset=utf-8',
      latencyMs: () => tenant.setup.latencyMs,
      answer: (call) => answerCall(call, tenant, recorder),
      refuse: (fault) => answerFault(fault, tenant),
      forget: tenant.forget,
    },
    recorder,
    options,
  )
  const closeServer = served.close
  const closing = new AbortController()
  const own = tenantInHand(tenant, closing.signal)
  const close = () => {
    closing.abort()
    return closeServer()
  }
  return Object.assign(served, tenant.client, own, { close, actions: auth0Actions(own) })
}

/** What tests and the control page do with the tenant. */
function tenantInHand(tenant: Tenant, closing: AbortSignal) {
  const { client, store, streams, tokens, now, change } = tenant
  return {
    append: (what: number | readonly GivenLog[], { at = now(), late = 0 }: AppendOptions = {}) => store().append(what, at - late),
    fill({ count, to = now(), from = to - (tenant.setup.retentionDays * DAY_MS) / 2 }: FillOptions) {
      store().fill(count, from, to)
    },
    size: () => store().size(),
    ids: (after = '', limit = Number.POSITIVE_INFINITY) => store().after(after, limit).map(store().id),
    change,
    expireTokens: tokens.expireAll,
    streams: streams.list,
    sendWebhook: (options: PushOptions = {}) => push(store(), streams.list, options, closing),
    note() {
      const [logs, list] = [store().size().toLocaleString('en'), streams.list()]
      return `${client.domain} holds ${logs} logs and ${list.length} log streams. Events here are the logs that it handed out.`
    },
  }
}
