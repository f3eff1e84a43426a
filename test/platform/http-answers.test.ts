// What `Retry-After` says, in every form that arrives.
import { expect, it } from 'vitest'
import { retryAfterMs } from '../../services/platform/http-answers.ts'

const now = Date.parse('2026-11-28T15:00:00Z')

it.each([
  ['0', 0],
  ['7', 7_000],
  [' 7 ', 7_000],
  ['1.5', 1_500],
  ['900', 900_000],
  ['Sat, 28 Nov 2026 15:01:00 GMT', 60_000],
  ['Saturday, 28-Nov-26 15:01:00 GMT', 60_000],
  ['Sat Nov 28 15:01:00 2026', 60_000],
  ['Sun Nov  1 15:01:00 2026', 0],
])('Retry-After - %j waits %i ms', (header, ms) => {
  expect(retryAfterMs(header, now)).toBe(ms)
})

it.each(['1000000000', '9'.repeat(400), 'Fri, 31 Dec 9999 23:59:59 GMT'])(
  'Retry-After - %j waits 15 minutes at most',
  (header) => {
    expect(retryAfterMs(header, now)).toBe(900_000)
  },
)

it('Retry-After - a date that has passed asks for no wait', () => {
  expect(retryAfterMs('Sat, 28 Nov 2026 14:00:00 GMT', now)).toBe(0)
})

it.each([
  undefined,
  null,
  '',
  ' ',
  '-5',
  '1e9',
  '+5',
  '0x10',
  '5 s',
  'soon',
  'soon 1',
  'NaN',
  'Infinity',
  'Sat, 99 Nov 2026 15:01:00 GMT',
])('Retry-After - %j says nothing', (header) => {
  expect(retryAfterMs(header, now)).toBeUndefined()
})
