// The wait before a service is started again.
import { expect, test } from 'vitest'
import { nextDelay } from '../../services/local/backoff.ts'

test('nextDelay - 0.5 s, doubling to 30 s', () => {
  const delays: number[] = []
  for (let delay: number | undefined; delays.length < 8; delays.push(delay)) delay = nextDelay(delay, 100)
  expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
})

test('nextDelay - a minute of life begins anew', () => {
  expect(nextDelay(30_000, 59_999)).toBe(30_000)
  expect(nextDelay(30_000, 60_000)).toBe(500)
})
