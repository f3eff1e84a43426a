// A stand-in for an Auth0 tenant: the token endpoint, reading logs, log streams, and the stream that pushes logs to a webhook.
// API: https://auth0.com/docs/api/management/v2
import { auth0Actions } from './actions.ts'
import { answerCall, answerFault } from './api.ts'
import type { AppendOptions, Auth0Options, Auth0StandIn, FillOptions } from './contract.ts'
import type { GivenLog } from './logs-store.ts'
import { type PushOptions, push } from './push.ts'
import { createTenant, type Tenant } from './tenant.ts'
import { httpFaults } from '../faults.ts'
import { createRecorder } from '../received.ts'
import { serveVendor } from '../vendor-http.ts'

export type { AppendOptions, Auth0Options, Auth0StandIn, FillOptions } from './contract.ts'
export type { GivenLog } from './logs-store.ts'
export type { Pushed, PushOptions } from './push.ts'
export type { LogStream } from './streams.ts'
export type { Setup } from './tenant.ts'

const DAY_MS = 86_400_000
const DOMAIN = 'northwind.eu.auth0.com'

/** Starts an Auth0 tenant on 127.0.0.1, over plain http at `origin`. */
export async function start(options: Auth0Options = {}): Promise<Auth0StandIn> {
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
  return Object.assign(served, tenant.client, own, { facts: tenant.client, close, actions: auth0Actions(own) })
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
