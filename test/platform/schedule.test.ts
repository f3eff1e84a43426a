// Ticks of cron patterns in their time zone.
import { describe, expect, test } from 'vitest'
import { createTicks, lastTick, nextRun, nextTick, scheduleProblem, zoneProblem } from '../../services/platform/schedule.ts'

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

  test('the last tick - is found however long ago it was, and in the very millisecond in which it came due', () => {
    expect(lastTick({ pattern: '0 0 29 2 *', zone: 'UTC' }, at('2027-03-01T00:00:00Z'))).toEqual(at('2024-02-29T00:00:00Z'))
    const everySecond = { pattern: '* * * * * *', zone: 'UTC' }
    expect(lastTick(everySecond, at('2026-03-04T05:06:07.000Z'))).toEqual(at('2026-03-04T05:06:07Z'))
    expect(lastTick(everySecond, at('2026-03-04T05:06:07.999Z'))).toEqual(at('2026-03-04T05:06:07Z'))
  })

  test.each([
    ['the hour that does not exist', '30 2 * * *', '2026-03-29T02:00:00Z', '2026-03-29T01:00:00Z'],
    ['the hour that comes twice', '30 2 * * *', '2026-10-25T02:00:00Z', '2026-10-25T00:30:00Z'],
    ['the day after the clocks went back', '0 6 * * *', '2026-10-25T05:00:00Z', '2026-10-25T05:00:00Z'],
  ])('daylight saving time, %s - the last tick of %s at %s is %s', (_, pattern, now, last) => {
    expect(lastTick({ pattern, zone: 'Europe/Berlin' }, at(now))).toEqual(at(last))
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

describe('ticks', () => {
  /** Every five minutes, by a clock that the test sets. */
  function made(begin: string, last?: string, askedBefore?: string) {
    let now = at(begin)
    let pattern = '*/5 * * * *'
    let skipped = 0
    let asked = askedBefore
    const schedule = () => ({ pattern, zone: 'UTC' })
    const ticks = createTicks({
      schedule,
      last: last === undefined ? undefined : at(last),
      skipped: (count) => (skipped += count),
      asked: () => (asked === undefined ? undefined : at(asked)),
      now: () => now,
    })
    return {
      dueAt(text: string) {
        now = at(text)
        return ticks.due()?.toISOString()
      },
      ranUntil(tick: string, end: string) {
        now = at(end)
        ticks.ran(at(tick))
        return skipped
      },
      setTo: (to: string) => (pattern = to),
      ask: (text: string) => (asked = text),
    }
  }
  const tick = '2026-03-04T05:10:00.000Z'

  test('the first start - waits for the next tick, which is due until it has run', () => {
    const { dueAt, ranUntil } = made('2026-03-04T05:06:00Z')
    expect(dueAt('2026-03-04T05:09:59Z')).toBeUndefined()
    expect(dueAt('2026-03-04T05:10:01Z')).toBe(tick)
    expect(dueAt('2026-03-04T05:10:02Z')).toBe(tick)
    expect(ranUntil(tick, '2026-03-04T05:10:30Z')).toBe(0)
    expect(dueAt('2026-03-04T05:10:31Z')).toBeUndefined()
  })

  test('missed ticks - the last of them is run, once', () => {
    const { dueAt, ranUntil } = made('2026-03-04T05:12:00Z', '2026-03-04T04:00:00Z')
    expect(dueAt('2026-03-04T05:12:00Z')).toBe(tick)
    expect(ranUntil(tick, '2026-03-04T05:13:00Z')).toBe(0)
    expect(dueAt('2026-03-04T05:14:00Z')).toBeUndefined()
  })

  test('ticks during a run - are skipped and counted', () => {
    const { dueAt, ranUntil } = made('2026-03-04T05:06:00Z')
    expect(dueAt('2026-03-04T05:10:00Z')).toBe(tick)
    expect(ranUntil(tick, '2026-03-04T05:21:00Z')).toBe(2)
    expect(dueAt('2026-03-04T05:24:00Z')).toBeUndefined()
    expect(dueAt('2026-03-04T05:25:00Z')).toBe('2026-03-04T05:25:00.000Z')
  })

  test('a clock that is set back by hours - keeps no tick waiting for as long', () => {
    const { dueAt, ranUntil } = made('2026-03-04T05:06:00Z')
    ranUntil(dueAt('2026-03-04T05:10:00Z') as string, '2026-03-04T05:11:00Z')
    expect(dueAt('2026-03-04T02:03:00Z')).toBeUndefined()
    expect(dueAt('2026-03-04T02:05:00Z')).toBe('2026-03-04T02:05:00.000Z')
  })

  test('asked to run at once - runs once, whatever the clocks say; asked again during the run it runs after it', () => {
    const { dueAt, ranUntil, ask } = made('2026-03-04T05:06:00Z')
    // The asker's clock is three minutes behind.
    ask('2026-03-04T05:03:30Z')
    expect(dueAt('2026-03-04T05:06:31Z')).toBe('2026-03-04T05:03:30.000Z')
    ask('2026-03-04T05:04:00Z')
    expect(ranUntil('2026-03-04T05:03:30Z', '2026-03-04T05:07:10Z')).toBe(0)
    expect(dueAt('2026-03-04T05:07:11Z')).toBe('2026-03-04T05:04:00.000Z')
    ranUntil('2026-03-04T05:04:00Z', '2026-03-04T05:07:20Z')
    expect(dueAt('2026-03-04T05:07:21Z')).toBeUndefined()
    expect(dueAt('2026-03-04T05:10:01Z')).toBe(tick)
  })

  test('asked to run while it was down - runs at the start, unless it has', () => {
    expect(made('2026-03-04T05:06:00Z', '2026-03-04T05:05:00Z', '2026-03-04T05:05:30Z').dueAt('2026-03-04T05:06:00Z')).toBe(
      '2026-03-04T05:05:30.000Z',
    )
    const ran = made('2026-03-04T05:06:00Z', '2026-03-04T05:05:30Z', '2026-03-04T05:05:30Z')
    expect(ran.dueAt('2026-03-04T05:06:00Z')).toBeUndefined()
    const first = made('2026-03-04T05:06:00Z', undefined, '2026-03-04T05:05:30Z')
    expect(first.dueAt('2026-03-04T05:06:00Z')).toBeUndefined()
  })

  test('continuous - has no tick, and none of that time is made up for when a schedule is set', () => {
    const { dueAt, setTo } = made('2026-03-04T05:06:00Z', '2026-03-01T00:00:00Z')
    setTo('continuous')
    expect(dueAt('2026-03-04T05:12:00Z')).toBeUndefined()
    setTo('*/5 * * * *')
    expect(dueAt('2026-03-04T05:13:00Z')).toBeUndefined()
    expect(dueAt('2026-03-04T05:15:00Z')).toBe('2026-03-04T05:15:00.000Z')
  })
})
