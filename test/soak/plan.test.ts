// The faults of a soak: the same for the same seed, and never more at once than the soak means to show.
import { expect, test } from 'vitest'
import { makePlan } from './plan.ts'

const HOUR_MS = 3_600_000

test('makePlan - the same seed gives the same faults, another seed others', () => {
  expect(makePlan(7, 0, HOUR_MS)).toEqual(makePlan(7, 0, HOUR_MS))
  expect(makePlan(7, 0, HOUR_MS)).not.toEqual(makePlan(8, 0, HOUR_MS))
})

test('makePlan - all faults within the time, every kind of them, and the second member of a sink is never ended', () => {
  const plan = makePlan(1, 60_000, HOUR_MS)
  expect(new Set(plan.map(({ fault }) => fault)).size).toBe(16)
  expect(plan.every(({ at, until }) => at >= 60_000 && at < until && until <= HOUR_MS)).toBe(true)
  expect(plan.filter(({ fault, target }) => /^(kill|SIGTERM)/.test(fault) && target.endsWith(' b'))).toEqual([])
})

test.each(Array.from({ length: 20 }, (_, seed) => seed))(
  'makePlan - seed %i: one broker away at a time, one fault a sink at a time',
  (seed) => {
    const groups = Map.groupBy(makePlan(seed, 0, HOUR_MS), ({ target }) => target.split(' ')[0])
    for (const planned of groups.values()) {
      for (const [i, { at }] of planned.entries()) if (i > 0) expect(at).toBeGreaterThan(planned[i - 1].until)
    }
  },
)
