// What PutLogEvents accepts and refuses, by the vendor's rules. Pure: the clock comes in as an argument.
// Quotas: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
//         https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html

export const PUT_EVENTS_LIMIT = 10_000
/** Sum of the messages' UTF-8 bytes and of the overhead of each. */
export const PUT_BYTES_LIMIT = 1_048_576
export const EVENT_OVERHEAD_BYTES = 26
/** The overhead included. */
export const EVENT_BYTES_LIMIT = 1_048_576
const DAY_MS = 86_400_000
export const SPAN_LIMIT_MS = DAY_MS
export const OLDEST_MS = 14 * DAY_MS
export const NEWEST_MS = 2 * 60 * 60 * 1_000

export type InputLogEvent = { timestamp: number; message: string }

/** Shape of the answer's rejectedLogEventsInfo: a start is inclusive up to the end of the call, an end is exclusive. */
export type RejectedInfo = {
  tooNewLogEventStartIndex?: number
  tooOldLogEventEndIndex?: number
  expiredLogEventEndIndex?: number
}

/** Events `from` (inclusive) to `to` (exclusive) are taken. */
export type PutCheck = { problem: string } | { from: number; to: number; rejected?: RejectedInfo }

/**
 * Judges one call.
 * @param retentionMs how long the log group keeps events; undefined = for ever
 * @returns `problem`: the whole call fails with InvalidParameterException
 */
export function checkPut(events: unknown, now: number, retentionMs?: number): PutCheck {
  if (!isLogEvents(events)) return { problem: "1 validation error detected: 'logEvents' must be a list of timestamp and message" }
  const problem = sizeProblem(events) ?? orderProblem(events)
  if (problem !== undefined) return { problem }
  const tooOld = countWhile(events, (event) => event.timestamp < now - OLDEST_MS)
  const expired = retentionMs === undefined ? 0 : countWhile(events, (event) => event.timestamp < now - retentionMs)
  const to = countWhile(events, (event) => event.timestamp <= now + NEWEST_MS)
  const rejected = {
    ...(to < events.length && { tooNewLogEventStartIndex: to }),
    ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
    ...(expired > 0 && { expiredLogEventEndIndex: expired }),
  }
  return { from: Math.max(tooOld, expired), to, ...(Object.keys(rejected).length > 0 && { rejected }) }
}

function isLogEvents(value: unknown): value is InputLogEvent[] {
  return (
    Array.isArray(value) &&
    value.every(
      (event: Partial<InputLogEvent> | null) =>
        typeof event?.message === 'string' && Number.isInteger(event.timestamp) && (event.timestamp as number) >= 0,
    )
  )
}

function sizeProblem(events: InputLogEvent[]): string | undefined {
  if (events.length === 0 || events.length > PUT_EVENTS_LIMIT) {
    const rule = events.length === 0 ? 'greater than or equal to 1' : `less than or equal to ${PUT_EVENTS_LIMIT}`
    return `1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length ${rule}`
  }
  let sum = 0
  for (const [index, event] of events.entries()) {
    const bytes = Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES
    if (bytes === EVENT_OVERHEAD_BYTES) {
      const where = `'logEvents.${index + 1}.member.message'`
      return `1 validation error detected: Value '' at ${where} failed to satisfy constraint: Member must have length greater than or equal to 1`
    }
    if (bytes > EVENT_BYTES_LIMIT) return `Log event too large: ${bytes} bytes exceeds limit of ${EVENT_BYTES_LIMIT}`
    sum += bytes
  }
  return sum > PUT_BYTES_LIMIT ? `Upload too large: ${sum} bytes exceeds limit of ${PUT_BYTES_LIMIT}` : undefined
}

function orderProblem(events: InputLogEvent[]): string | undefined {
  for (let i = 1; i < events.length; i++) {
    if (events[i].timestamp < events[i - 1].timestamp) {
      return 'Log events in a single PutLogEvents request must be in chronological order.'
    }
  }
  const span = events[events.length - 1].timestamp - events[0].timestamp
  return span > SPAN_LIMIT_MS
    ? 'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.'
    : undefined
}

/** How many events from the first on fulfil the condition; they are in order. */
function countWhile(events: InputLogEvent[], condition: (event: InputLogEvent) => boolean): number {
  const end = events.findIndex((event) => !condition(event))
  return end === -1 ? events.length : end
}
