// Segment: consume, encode as `track` calls, POST /v1/batch.
import { defineSink } from '../runtime/contract.ts'
import { connect } from './deliver.ts'
import { encode } from './encode.ts'
import { ENVELOPE_BYTES, fields, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_EVENT_BYTES } from './settings.ts'

export const segment = defineSink({
  name: 'segment',
  fields,
  limits: ({ perSecond, writeKey }) => ({
    events: MAX_BATCH_EVENTS,
    bytes: MAX_BATCH_BYTES - ENVELOPE_BYTES - Buffer.byteLength(writeKey),
    bytesAnEvent: MAX_EVENT_BYTES,
    ...(perSecond > 0 ? { perSecond } : {}),
  }),
  // https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/ (messageId)
  repeats: 'Segment drops an event that it got less than 24 h ago: it recognises the messageId, which is the log_id.',
  replayLimit: { hours: 24, meaning: 'Segment forgets a messageId after 24 h: events that it has already will be there twice' },
  sandbox: { SEGMENT_KEY: 'sandbox', SEGMENT_HOST: '$ORIGIN' },
  encode,
  connect,
})
