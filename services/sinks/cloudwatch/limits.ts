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

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html and API_CreateLogStream.html */
export const GROUP_NAME = /^[.\-_/#A-Za-z0-9]{1,512}$/
export const STREAM_NAME = /^[^:*]{1,512}$/
/** 0 = for ever. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
export const RETENTION_DAYS = [
  0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] // biome-ignore format: a table
