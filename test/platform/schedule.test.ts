// Ticks of cron patterns in their time zone.
import { describe, expect, test } from 'vitest'
import { lastTick, nextRun, nextTick, scheduleProblem, zoneProblem } from '../../services/platform/schedule.ts'

const at = (text: string) => new Date(text)

describe('schedule', () => {
  test.each([
    ['*/5 * * * *', 'UTC', '2026-03-04T05:06:07Z', '2026-03-04T05:05:00Z', '2026-03-04T05:10:00Z'],
    ['*/10 * * * * *', 'UTC', '2026-03-04T05:06:07Z', '2026-03-04T05:06:00Z', '2026-03-04T05:06:10Z'],
    ['0 6 * * *', 'Europe/Berlin', '2026-07-04T05:00:00Z', '2026-07-04T04:00:00Z', '2026-07-05T04:00:00Z'],
    ['0 6 * * *', 'Europe/Berlin', '2026-01-04T05:00:00Z', '2026-01-04T05:00:00Z', '2026-01-05T05:00:00Z'],
    ['0 0 1 1 *', 'UTC', '2026-11-22T00:00:00Z', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
  ])('%s in %s at %s - the last tick is %s, the next %s', (pattern, zone, now, last, next) => {
    expect(lastTick({ pattern, zone }, at(now))).toEqual(at(last))
    expect(nextTick({ pattern, zone }, at(now))).toEqual(at(next))
  })

  test('a tick that comes once in four years - is not the last one of this year', () => {
    expect(lastTick({ pattern: '0 0 29 2 *', zone: 'UTC' }, at('2027-03-01T00:00:00Z'))).toBeUndefined()
  })

  test.each(['continuous', '*/5 * * * *', '0 16 * * 1-5', '*/5 * * * * *'])('%j - is a schedule', (pattern) => {
    expect(scheduleProblem(pattern, 'UTC')).toBeUndefined()
  })

  test.each(['', 'often', '61 * * * *', '* * * *', '0 0 30 2 *'])('%j - is none', (pattern) => {
    expect(scheduleProblem(pattern, 'UTC')).toMatch(/^must be continuous or cron|^never comes due/)
  })

  test('zone - must be known', () => {
    expect(zoneProblem('Europe/Berlin')).toBeUndefined()
    expect(zoneProblem('Middle/Earth')).toContain('must be a time zone')
  })

  test('nextRun - is empty for a continuous service', () => {
    expect(nextRun({ pattern: 'continuous', zone: 'UTC' })).toBe('')
    expect(Date.parse(nextRun({ pattern: '*/5 * * * *', zone: 'UTC' }))).toBeGreaterThan(Date.now())
  })
})
