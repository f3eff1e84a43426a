// Settings of the Segment sink.
import { integer, text } from '../../platform/settings.ts'

export const fields = {
  writeKey: text('SEGMENT_KEY', 'Write key of the source', { required: true, secret: true }),
  host: text('SEGMENT_HOST', 'Origin of the Tracking API; an EU workspace must use https://events.eu1.segmentapis.com', {
    default: 'https://api.segment.io',
    check: (url) => (URL.canParse(url) && /^https?:/.test(url) ? undefined : 'must be an http or https URL'),
  }),
  perSecond: integer('SEGMENT_EVENTS_PER_SECOND', 'Most events a second, all consumers together; 0 = no limit, Segment queues', {
    default: 0,
    unit: 'events/s',
  }),
}
