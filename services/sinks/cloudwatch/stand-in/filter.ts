// FilterLogEvents of the CloudWatch stand-in: the events that it keeps, by stream and time, in pages.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
import type { ReceivedEvent } from '../../../sandbox/received.ts'
import type { Answer } from '../../../sandbox/vendor-http.ts'
import { awsError, findStream, type Groups, invalid } from './groups.ts'

export const FILTER_EVENTS_LIMIT = 10_000
export const FILTER_BYTES_LIMIT = 1_048_576
/** Requests a second, account and region; some regions allow 10. */
export const FILTER_RATE = 5
const MOST_STREAMS = 100
const SECOND_MS = 1_000

/** Counts calls. Answers whether one more is within the rate. */
export function createRate(): (now: number) => boolean {
  let calls: number[] = []
  return (now) => {
    calls = calls.filter((at) => at > now - SECOND_MS)
    if (calls.length >= FILTER_RATE) return false
    calls.push(now)
    return true
  }
}

export const throttled = () => awsError('ThrottlingException', 'Rate exceeded')

/**
 * A page goes through so many events of the group in that time, of all its streams: it may hold none of those that were asked for and still
 * carry a token, as the vendor's pages do. @param kept newest first
 */
export function filterLogEvents(groups: Groups, input: Record<string, unknown>, kept: readonly ReceivedEvent[]): Answer {
  const { logGroupName, logStreamNames, startTime = 0, endTime = Date.now(), limit = FILTER_EVENTS_LIMIT, nextToken } = input
  if (!Array.isArray(logStreamNames) || logStreamNames.length < 1 || logStreamNames.length > MOST_STREAMS)
    return invalid(`1 validation error detected: 'logStreamNames' must have length from 1 to ${MOST_STREAMS}`)
  for (const logStreamName of logStreamNames as unknown[]) {
    const found = findStream(groups, { logGroupName, logStreamName })
    if ('error' in found) return found.error
  }
  if (!isTime(startTime) || !isTime(endTime)) return invalid("'startTime' and 'endTime' must be milliseconds from 0 on")
  if (endTime < startTime) return invalid('End time should not be less than start time.')
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > FILTER_EVENTS_LIMIT)
    return invalid(
      `1 validation error detected: Value '${String(limit)}' at 'limit' failed to satisfy constraint: from 1 to ${FILTER_EVENTS_LIMIT}`,
    )
  const query = JSON.stringify([logGroupName, logStreamNames, startTime, endTime])
  const from = nextToken === undefined ? 0 : placeOf(nextToken, query)
  if (from === undefined) return invalid('The specified nextToken is invalid.')

  const inTime = kept
    .filter(({ time, fields }) => fields?.logGroupName === logGroupName && time >= startTime && time <= endTime)
    .toReversed()
    .toSorted((a, b) => a.time - b.time)
  const to = endOfPage(inTime, from, limit)
  const events = inTime
    .slice(from, to)
    .filter(({ fields }) => logStreamNames.includes(fields?.logStreamName))
    .map(({ time, text, fields }, n) => ({
      eventId: String(from + n),
      ingestionTime: time,
      logStreamName: fields?.logStreamName,
      message: text,
      timestamp: time,
    }))
  const more = to < inTime.length ? { nextToken: tokenOf(query, to) } : {}
  return { status: 200, body: { events, searchedLogStreams: [], ...more } }
}

function endOfPage(events: readonly ReceivedEvent[], from: number, limit: number): number {
  let bytes = 0
  let to = from
  while (to < events.length && to - from < limit) {
    bytes += Buffer.byteLength(events[to].text)
    if (bytes > FILTER_BYTES_LIMIT && to > from) break
    to++
  }
  return to
}

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** A token belongs to its question. */
const tokenOf = (query: string, place: number) => Buffer.from(`${place} ${query}`).toString('base64url')

function placeOf(token: unknown, query: string): number | undefined {
  const [, place, own] = /^(\d+) (.*)$/.exec(Buffer.from(String(token), 'base64url').toString()) ?? []
  return own === query ? Number(place) : undefined
}
