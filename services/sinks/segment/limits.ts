// Limits of the HTTP Tracking API: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#rate-limits
// Segment answers 200 also to what it discards for them, so they are kept here before anything is sent.

export const MAX_EVENT_BYTES = 32 * 1024
/** With its envelope: of the 500 KB that are documented Segment's own libraries use no more. */
export const MAX_BATCH_BYTES = 475_000
export const MAX_BATCH_EVENTS = 2_500
export const MAX_PROPERTIES = 10_000

/** What the library writes around the values of a call, and a comma: 3.1.0 on Node 24 writes 246 to 274 bytes. */
export const FORM_BYTES = 288
/** What the library writes around the batch, the write key apart. */
export const ENVELOPE_BYTES = 128
