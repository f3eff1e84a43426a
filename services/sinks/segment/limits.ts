// Limits of the HTTP Tracking API: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#rate-limits
// Segment answers 200 also to what it discards for them, so they are kept here before anything is sent.

export const MAX_EVENT_BYTES = 32 * 1024
export const MAX_BATCH_BYTES = 500 * 1024
export const MAX_BATCH_EVENTS = 2_500
export const MAX_PROPERTIES = 10_000
