// How long a failed delivery waits, and a process that ended.
import { describe, expect, it, test } from 'vitest'
import { backoffMs, FIRST_MS, LONGEST_MS, restartDelayMs } from '../../services/platform/backoff.ts'

const almostOne = 1 - Number.EPSILON

describe('backoffMs', () => {
  it.each([
    [1, 200],
    [2, 400],
    [3, 800],
    [7, 12_800],
    [8, 25_600],
    [9, LONGEST_MS],
    [10_000, LONGEST_MS],
  ])('attempt %i - waits up to %i ms, full jitter', (attempt, limit) => {
    expect(backoffMs(attempt, almostOne)).toBe(limit)
    expect(backoffMs(attempt, 0.5)).toBe(limit / 2)
    expect(backoffMs(attempt, 0)).toBe(0)
  })

  it('backoffMs - never less than the vendor asked for, whatever the jitter', () => {
    expect(backoffMs(1, 0, 5_000)).toBe(5_000)
    expect(backoffMs(9, almostOne, 5_000)).toBe(LONGEST_MS)
    expect(backoffMs(1, 0, 60_000)).toBe(60_000)
  })

  it('backoffMs - a fault that ends is noticed within 30 s', () => {
    expect([FIRST_MS, LONGEST_MS]).toEqual([200, 30_000])
  })
})

test('restartDelayMs - 0.5 s, doubling to 30 s', () => {
  const delays: number[] = []
  for (let delay: number | undefined; delays.length < 8; delays.push(delay)) delay = restartDelayMs(delay, 100)
  expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
})

test('restartDelayMs - a minute of life begins anew', () => {
  expect(restartDelayMs(30_000, 59_999)).toBe(30_000)
  expect(restartDelayMs(30_000, 60_000)).toBe(500)
})
