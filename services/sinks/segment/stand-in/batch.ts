// What Segment keeps of a batch and what it throws away without a word. Pure.
// Rules: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
import type { SegmentEvent } from './body.ts'

const KB = 1_024
export const BATCH_BYTES_LIMIT = 500 * KB
export const BATCH_EVENTS_LIMIT = 2_500
/** The 10,000 properties that an event may have do not fit into it: no rule of their own here. */
export const EVENT_BYTES_LIMIT = 32 * KB
const KINDS = ['track', 'identify', 'page', 'screen', 'group', 'alias']

/** Why Segment would discard the event; undefined when it keeps it. `index` is its place in the batch. */
export function discardReason(event: SegmentEvent, index: number): string | undefined {
  if (index >= BATCH_EVENTS_LIMIT) return 'over_batch_limit'
  if (event.end - event.start > EVENT_BYTES_LIMIT) return 'event_too_large'
  if (!event.type || !KINDS.includes(event.type)) return 'no_type'
  if (event.type === 'track' && !event.event) return 'no_event_name'
  if (!event.userId && !event.anonymousId) return 'no_user_anon_id'
  return undefined
}
