// How long reading waits, by the headers of the last answer: half of the bucket is left to others.
import { describe, expect, test } from 'vitest'
import { readRateLimit, waitFor } from '../../services/auth0/rate.ts'

const NOW = 1_800_000_000_000

describe('rate', () => {
  test.each([
    [{ limit: 10, remaining: 10, resetMs: NOW }, 0],
    [{ limit: 10, remaining: 6, resetMs: NOW + 3_000 }, 0],
    [{ limit: 10, remaining: 5, resetMs: NOW + 3_000 }, 3_000],
    [{ limit: 10, remaining: 0, resetMs: NOW + 3_000 }, 3_000],
    [{ limit: 10, remaining: 5, resetMs: NOW - 1_000 }, 250],
    [{ limit: 10, remaining: 5, resetMs: NOW + 3_600_000 }, 60_000],
    [{ limit: 2, remaining: 1, resetMs: NOW + 500 }, 500],
    [undefined, 0],
  ])('waitFor - %j: %d ms', (rate, ms) => expect(waitFor(rate, NOW)).toBe(ms))

  test('headers - all three, or none', () => {
    const headers = { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '4', 'x-ratelimit-reset': '1800000003' }
    expect(readRateLimit(new Headers(headers))).toEqual({ limit: 10, remaining: 4, resetMs: NOW + 3_000 })
    expect(readRateLimit(new Headers({ 'x-ratelimit-limit': '10' }))).toBeUndefined()
    expect(readRateLimit(new Headers({ ...headers, 'x-ratelimit-reset': 'soon' }))).toBeUndefined()
  })
})
