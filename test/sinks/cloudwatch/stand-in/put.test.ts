// PutLogEvents' rules at their edges.
import { expect, test } from 'vitest'
import {
  checkPut,
  EVENT_BYTES_LIMIT,
  OLDEST_MS,
  PUT_BYTES_LIMIT,
  SPAN_LIMIT_MS,
} from '../../../../services/sinks/cloudwatch/stand-in/put.ts'

const now = Date.parse('2026-03-04T05:06:07.000Z')
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const events = (...timestamps: number[]) => timestamps.map((timestamp) => ({ timestamp, message: 'x' }))
const sized = (...bytes: number[]) => bytes.map((length) => ({ timestamp: now, message: 'x'.repeat(length) }))

test('PutLogEvents - takes calls at each limit', () => {
  expect(checkPut(events(now), now)).toEqual({ from: 0, to: 1 })
  expect(checkPut(events(...Array<number>(10_000).fill(now)), now)).toEqual({ from: 0, to: 10_000 })
  expect(checkPut(sized(EVENT_BYTES_LIMIT - 26), now)).toEqual({ from: 0, to: 1 })
  expect(checkPut(sized(PUT_BYTES_LIMIT / 2 - 26, PUT_BYTES_LIMIT / 2 - 26), now)).toEqual({ from: 0, to: 2 })
  expect(checkPut(events(now - SPAN_LIMIT_MS, now), now)).toEqual({ from: 0, to: 2 })
})

const wrong: [string, unknown, string][] = [
  ['no event', [], 'greater than or equal to 1'],
  ['10,001 events', events(...Array<number>(10_001).fill(now)), 'less than or equal to 10000'],
  ['an event one byte too large', sized(EVENT_BYTES_LIMIT - 25), 'Log event too large: 1048577 bytes exceeds limit of 1048576'],
  [
    'a call one byte too large',
    sized(PUT_BYTES_LIMIT / 2 - 26, PUT_BYTES_LIMIT / 2 - 25),
    'Upload too large: 1048577 bytes exceeds limit of 1048576',
  ],
  ['bytes, not characters', [{ timestamp: now, message: 'é'.repeat(524_288) }], 'Log event too large: 1048602 bytes'],
  ['an empty message', [...events(now), { timestamp: now, message: '' }], "'logEvents.2.member.message'"],
  ['a step back in time', events(now, now - 1), 'must be in chronological order'],
  ['more than 24 hours', events(now - SPAN_LIMIT_MS - 1, now), 'cannot span more than 24 hours'],
  ['a timestamp that is a text', [{ timestamp: '1', message: 'x' }], 'must be a list'],
  ['no list', undefined, 'must be a list'],
]

test.each(wrong)('PutLogEvents - refuses the whole call for %s', (_, input, problem) => {
  expect(checkPut(input, now)).toEqual({ problem: expect.stringContaining(problem) as string })
})

test('PutLogEvents - names those more than two hours ahead and takes the others', () => {
  expect(checkPut(events(now, now + 2 * HOUR_MS, now + 2 * HOUR_MS + 1, now + 3 * HOUR_MS), now)).toEqual({
    from: 0,
    to: 2,
    rejected: { tooNewLogEventStartIndex: 2 },
  })
})

test('PutLogEvents - names those more than 14 days old and takes the others', () => {
  expect(checkPut(events(now - OLDEST_MS - HOUR_MS, now - OLDEST_MS - 1, now - OLDEST_MS), now)).toEqual({
    from: 2,
    to: 3,
    rejected: { tooOldLogEventEndIndex: 2 },
  })
})

test("PutLogEvents - names those past the group's retention apart from those too old", () => {
  expect(checkPut(events(now - 3 * DAY_MS - 1, now - 3 * DAY_MS), now, 3 * DAY_MS)).toEqual({
    from: 1,
    to: 2,
    rejected: { expiredLogEventEndIndex: 1 },
  })
  expect(checkPut(events(now - OLDEST_MS - 1, now - OLDEST_MS), now, 3 * DAY_MS)).toEqual({
    from: 2,
    to: 2,
    rejected: { tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2 },
  })
})
