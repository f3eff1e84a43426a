// Settings of the Segment sink, and the limits that it keeps to: Segment answers 200 also to what it discards for them.
// https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#rate-limits
import { integer, text } from '../../platform/settings.ts'

export const MAX_EVENT_BYTES = 32 * 1024
/** With its envelope: of the 500 KB that are documented Segment's own libraries use no more. */
export const MAX_BATCH_BYTES = 475_000
export const MAX_BATCH_EVENTS = 2_500
export const MAX_PROPERTIES = 10_000

/** What the library writes around the values of a call, and a comma: 3.1.0 on Node 24 writes 246 to 274 bytes. */
export const FORM_BYTES = 288
/** What the library writes around the batch, the write key apart. */
export const ENVELOPE_BYTES = 128

export const fields = {
  writeKey: text('SEGMENT_KEY', 'Write key of the source', { required: true, secret: true }),
  host: text('SEGMENT_HOST', 'Origin of the Tracking API; an EU workspace must use https://events.eu1.segmentapis.com', {
    default: 'https://api.segment.io',
    check: (url) => (URL.canParse(url) && /^https?:/.test(url) ? undefined : 'must be an http or https URL'),
  }),
  perSecond: integer(
    'SEGMENT_EVENTS_PER_SECOND',
    'Maximum events a second, all processes together; 0 = no limit (Segment queues)',
    {
      default: 0,
      unit: 'events/s',
    },
  ),
}
