// Quotas of PutLogEvents: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html

export const MAX_BATCH_BYTES = 1_048_576
export const MAX_BATCH_EVENTS = 10_000
/** Counted for each event beside the UTF-8 bytes of its message. */
export const PER_EVENT_BYTES = 26
/** One event with its 26 bytes, since April 2025. */
export const MAX_EVENT_BYTES = 1_048_576
/** All events of a call lie within a day. */
export const MAX_SPAN_MS = 24 * 3_600_000
/** Older events are rejected as too old: 14 days. */
export const MAX_AGE_HOURS = 14 * 24
