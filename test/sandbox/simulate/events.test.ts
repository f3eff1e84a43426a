// Simulated events against what is known of real ones.
import { expect, test } from 'vitest'
import { type Random, realisticEvent } from '../../../services/sandbox/simulate/events.ts'

/** A small generator with a seed, so that a failure can be looked at again. */
function seeded(seed: number): Random {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const time = Date.parse('2026-03-04T05:06:07.089Z')
const random = seeded(7)
const events = Array.from({ length: 5_000 }, (_, n) => realisticEvent(n, time + Math.floor(n / 100), random))

test('simulated events - ids are 56 digits with the time in them, and rise', () => {
  expect(events[0].log_id).toMatch(/^90020260304050607089\d{36}$/)
  for (const { log_id, data } of events) expect([log_id, data.log_id]).toEqual([expect.stringMatching(/^\d{56}$/), log_id])
  expect(events.map(({ log_id }) => log_id)).toEqual(events.map(({ log_id }) => log_id).toSorted())
  expect(new Set(events.map(({ log_id }) => log_id)).size).toBe(events.length)
})

test('simulated events - happened up to some seconds before they were stored', () => {
  const lags = events.map(({ data }, n) => time + Math.floor(n / 100) - Date.parse(data.date))
  expect([Math.min(...lags) >= 300, Math.max(...lags) <= 5_000]).toEqual([true, true])
})

test('simulated events - a dozen types and more, about 1.2 KB on average', () => {
  const types = new Set(events.map(({ data }) => data.type))
  expect([...types]).toEqual(
    expect.arrayContaining(['s', 'f', 'fp', 'fu', 'seacft', 'sapi', 'slo', 'ss', 'limit_wc', 'api_limit']),
  )
  expect(types.size).toBeGreaterThanOrEqual(12)
  const average = events.reduce((sum, event) => sum + Buffer.byteLength(JSON.stringify(event)), 0) / events.length
  expect([average > 1_100, average < 1_350]).toEqual([true, true])
})

test('simulated events - the same seed makes the same events', () => {
  expect(realisticEvent(1, time, seeded(3))).toEqual(realisticEvent(1, time, seeded(3)))
  expect(realisticEvent(1, time, seeded(3))).not.toEqual(realisticEvent(1, time, seeded(4)))
})
