// What Segment throws away.
import { expect, test } from 'vitest'
import { discardReason, EVENT_BYTES_LIMIT } from '../../../../services/sinks/segment/stand-in/batch.ts'

const event = { start: 10, end: 10 + EVENT_BYTES_LIMIT, type: 'track', event: 'Success Login', userId: 'u', messageId: 'm' }

test('Segment batch - keeps what is complete and within the limits', () => {
  expect(discardReason(event, 2_499)).toBeUndefined()
  expect(discardReason({ start: 0, end: 9, type: 'identify', anonymousId: 'a' }, 0)).toBeUndefined()
})

test.each([
  ['the 2,501st', 'over_batch_limit', event, 2_500],
  ['one byte over 32 KB', 'event_too_large', { ...event, end: event.end + 1 }, 0],
  ['without type', 'no_type', { ...event, type: undefined }, 0],
  ['of an unknown type', 'no_type', { ...event, type: 'log' }, 0],
  ['a track without event', 'no_event_name', { ...event, event: '' }, 0],
  ['of nobody', 'no_user_anon_id', { ...event, userId: '' }, 0],
])('Segment batch - discards an event %s: %s', (_, why, event, index) => {
  expect(discardReason(event, index)).toBe(why)
})
