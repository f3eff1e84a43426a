// The rate limits of Auth0's Management API by plan, as token buckets, and the headers that tell of them.
// https://auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy/management-api-endpoint-rate-limits

export type Limit = { burst: number; perSecond: number }

const PER_MINUTE = 1 / 60
const unlimited: Limit = { burst: 1_000_000, perSecond: 1_000_000 }

/**
 * Reading logs, and everything else where that has a bucket of its own. Self-service plans name one for Read Logs only; what they
 * give to the rest is an assumption.
 */
const plans = {
  none: { logs: unlimited },
  free: { logs: { burst: 2, perSecond: 2 } },
  essentials: { logs: { burst: 10, perSecond: 100 * PER_MINUTE }, rest: { burst: 10, perSecond: 2 } },
  professional: { logs: { burst: 10, perSecond: 100 * PER_MINUTE }, rest: { burst: 10, perSecond: 2 } },
  enterprise: { logs: { burst: 50, perSecond: 16 } },
} satisfies Record<string, { logs: Limit; rest?: Limit }>

export type Plan = keyof typeof plans
export const planNames = Object.keys(plans) as Plan[]

export type Bucket = {
  /** Takes a token; false when there is none. @param now ms since the epoch */
  take: (now: number) => boolean
  headers: (now: number) => Record<string, string>
}

export type Buckets = { logs: Bucket; rest: Bucket }

/** A bucket for each kind of call; one for all where the plan has only one. */
export function createBuckets(plan: Plan | Limit): Buckets {
  const limits: { logs: Limit; rest?: Limit } = typeof plan === 'string' ? plans[plan] : { logs: plan }
  const logs = createBucket(limits.logs)
  return { logs, rest: limits.rest ? createBucket(limits.rest) : logs }
}

function createBucket({ burst, perSecond }: Limit): Bucket {
  let tokens = burst
  let at: number | undefined
  function refill(now: number): void {
    tokens = Math.min(burst, tokens + (Math.max(0, now - (at ?? now)) / 1_000) * perSecond)
    at = now
  }
  return {
    take(now) {
      refill(now)
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
    headers(now) {
      refill(now)
      // The second in which the next token will be there: whoever waits until then is served. Not when the bucket is full again.
      const nextMs = now + (tokens < 1 ? ((1 - tokens) / perSecond) * 1_000 : 0)
      return {
        'x-ratelimit-limit': String(burst),
        'x-ratelimit-remaining': String(Math.floor(tokens)),
        'x-ratelimit-reset': String(Math.ceil(nextMs / 1_000)),
      }
    },
  }
}
