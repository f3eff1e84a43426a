// The rate limits of Auth0's plans.
import { expect, test } from 'vitest'
import { createBuckets, type Plan } from '../../../services/sandbox/auth0/bucket.ts'
import { startTenant } from './client.ts'

const START = 1_800_000_000_000

test.each<[Plan, burst: number, afterOneSecond: number, afterTenSeconds: number]>([
  ['free', 2, 2, 2],
  ['essentials', 10, 1, 10],
  ['professional', 10, 1, 10],
  ['enterprise', 50, 16, 50],
])('rate limits - %s lets %i through at once, %i more a second later, %i after ten', (plan, burst, second, ten) => {
  const { logs } = createBuckets(plan)
  const through = (now: number) => {
    let count = 0
    while (logs.take(now)) count++
    return count
  }
  expect([through(START), through(START + 1_000), through(START + 11_000)]).toEqual([burst, second, ten])
})

test('rate limits - reset is the second in which the next call is let through', () => {
  const { logs } = createBuckets({ burst: 2, perSecond: 0.4 })
  const headers = (now: number) => Object.values(logs.headers(now)).map(Number)
  expect(headers(START)).toEqual([2, 2, START / 1_000])
  logs.take(START)
  expect(headers(START)).toEqual([2, 1, START / 1_000])
  logs.take(START)
  expect(headers(START)).toEqual([2, 0, START / 1_000 + 3])
  expect([logs.take(START + 2_400), logs.take(START + 3_000)]).toEqual([false, true])
})

test('rate limits - the self-service plans count reading logs apart, free and enterprise count all together', () => {
  for (const plan of ['essentials', 'professional'] as const) expect(createBuckets(plan).rest).not.toBe(createBuckets(plan).logs)
  for (const plan of ['free', 'enterprise'] as const) {
    const { logs, rest } = createBuckets(plan)
    expect(rest).toBe(logs)
  }
})

test('rate limits - are told on every answer of the API, and held', async () => {
  const { auth0, call, fetchToken } = await startTenant({ now: () => START })
  const token = await fetchToken()
  auth0.change({ plan: 'free' })
  const read = async (good = token) => {
    const { status, headers } = await call('GET', '/api/v2/logs', { token: good })
    return [status, ...['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`x-ratelimit-${name}`)))]
  }
  expect(await read()).toEqual([200, 2, 1, START / 1_000])
  expect(await read('wrong')).toEqual([401, 2, 0, START / 1_000 + 1])
  expect(await read()).toEqual([429, 2, 0, START / 1_000 + 1])
  expect((await call('GET', '/api/v2/log-streams', { token })).status).toBe(429)
  expect(auth0.received.counts).toMatchObject({ pages: 1, rate_limited: 2 })
})
