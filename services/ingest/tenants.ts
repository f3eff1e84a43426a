// One deployment is one tenant: events of another one are stored like all others, counted, and told of. Two log streams on one URL are
// easily set up, and nobody would notice.

/** Foreign tenants that are remembered; what comes beyond is counted without words. */
const MOST_TENANTS = 100
/** A foreign tenant is told of again after so long. */
const TELL_AGAIN_MS = 60 * 60 * 1_000

/** Words for the alarm; both tenants and the event are in it. */
export type ForeignTenant = { own: string; foreign: string; logId: string }

export type TenantWatch = {
  /** To be called with each stored event's tenant. */
  seen: (tenant: string, logId: Buffer) => void
  /** The answer to `ask`: the first tenant ever seen, undefined where there was none. */
  remembered: (tenant: string | undefined) => void
}

export type TenantEvents = {
  /** Own tenant not known yet: `remembered` is to be called with what Kafka knows. */
  ask: () => void
  /** The first tenant ever seen, from now on one's own: to be remembered. */
  first: (tenant: string) => void
  /** Foreign events, each of them. */
  counted: (events: number) => void
  /** Once an hour a foreign tenant. */
  alarm: (foreign: ForeignTenant) => void
}

/** The tenant in a canonical domain of Auth0, such as `acme` in `acme.eu.auth0.com`; a custom domain does not tell. */
export function tenantOfDomain(domain: string): string | undefined {
  return /^(?:https?:\/\/)?([a-z\d-]+)(?:\.[a-z\d-]+)?\.auth0\.com\/?$/i.exec(domain.trim())?.[1]?.toLowerCase()
}

/**
 * @param own from AUTH0_DOMAIN. Without it the first tenant ever seen is one's own; while that is being asked for, all wait.
 * @param now monotonic, milliseconds
 */
export function watchTenants(
  own: string | undefined,
  on: TenantEvents,
  now: () => number = () => performance.now(),
): TenantWatch {
  let known = own
  let state: 'unasked' | 'asked' | 'known' = own === undefined ? 'unasked' : 'known'
  const waiting = new Map<string, { events: number; logId: string }>()
  const toldAt = new Map<string, number>()

  function judge(tenant: string, events: number, logId: string): void {
    if (known === undefined) {
      known = tenant
      return on.first(tenant)
    }
    if (tenant === known) return
    on.counted(events)
    const last = toldAt.get(tenant)
    if (last === undefined ? toldAt.size >= MOST_TENANTS : now() - last < TELL_AGAIN_MS) return
    toldAt.set(tenant, now())
    on.alarm({ own: known, foreign: tenant, logId })
  }

  return {
    seen(tenant, logId) {
      if (tenant === known) return
      if (state === 'known') return judge(tenant, 1, logId.toString())
      const before = waiting.get(tenant)
      if (before) before.events++
      else if (waiting.size < MOST_TENANTS) waiting.set(tenant, { events: 1, logId: logId.toString() })
      if (state === 'asked') return
      state = 'asked'
      on.ask()
    },
    remembered(tenant) {
      if (state === 'known') return
      state = 'known'
      known = tenant
      for (const [name, { events, logId }] of waiting) judge(name, events, logId)
      waiting.clear()
    },
  }
}
