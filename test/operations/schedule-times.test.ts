// When schedules are due.
import { expect, test } from 'vitest'
import { nextTicks, scheduleProblem } from '../../services/operations/schedule-times.ts'

test('nextTicks - the ticks after a moment, in the time zone', () => {
  const from = new Date('2026-03-04T05:06:07Z')
  expect(nextTicks('*/5 * * * *', '', 2, from)).toEqual(['2026-03-04T05:10:00.000Z', '2026-03-04T05:15:00.000Z'])
  expect(nextTicks('0 9 * * *', 'Europe/Berlin', 1, from)).toEqual(['2026-03-04T08:00:00.000Z'])
})

test('nextTicks - none for what runs all the time', () => {
  expect([nextTicks('continuous', '', 5), nextTicks('', '', 5)]).toEqual([[], []])
})

test.each(['every five minutes', '61 * * * *', '* * *'])('scheduleProblem - %s is refused', (schedule) => {
  expect(scheduleProblem(schedule, 'UTC')).toMatch(/must be continuous or cron/)
})

test.each(['', 'continuous', '*/5 * * * *', '0 9 * * MON-FRI'])('scheduleProblem - %j is right', (schedule) => {
  expect(scheduleProblem(schedule, '')).toBeUndefined()
})
