// How long to wait before the next call of the Management API: half of the tenant's bucket is left to others. Pure.

/** As the headers `x-ratelimit-*` of the last answer tell: calls in the bucket, calls left, and when it is full again (epoch milliseconds). */
export type RateLimit = { limit: number; remaining: number; resetMs: number }

/** A reset that lies farther away than this is not believed. */
const LONGEST_MS = 60_000
const SHORTEST_MS = 250

export function readRateLimit(headers: Headers): RateLimit | undefined {
  const number = (name: string) => Number(headers.get(`x-ratelimit-${name}`) ?? Number.NaN)
  const rate = { limit: number('limit'), remaining: number('remaining'), resetMs: number('reset') * 1000 }
  return Object.values(rate).every(Number.isFinite) ? rate : undefined
}

/** Milliseconds; 0 while more than half of the bucket is left. */
export function waitFor(rate: RateLimit | undefined, nowMs: number): number {
  if (!rate || rate.remaining > rate.limit / 2) return 0
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, rate.resetMs - nowMs))
}
