// What matters of a body sent to Segment, read without making objects of the events' properties.
import { isArrayAt, isEnd, isObjectAt, JsonError, scanArray, scanObject, scanValue, textAt } from '../../../sandbox/json-scan.ts'

/** One event; a field that is absent or no string is undefined. */
export type SegmentEvent = {
  /** Its place in the body. */
  start: number
  end: number
  type?: string
  event?: string
  userId?: string
  anonymousId?: string
  messageId?: string
  timestamp?: string
}

/** `events` is undefined where there is no `batch` that is an array; what in it is no object becomes an empty event. */
export type SegmentBody = { writeKey?: string; events?: SegmentEvent[] }

const eventFields = ['type', 'event', 'userId', 'anonymousId', 'messageId', 'timestamp'] as const
type EventField = (typeof eventFields)[number]
/** By length first: most keys of an event's own level are told apart by it. */
const fieldsByLength = new Map(Map.groupBy(eventFields, (name) => name.length))

/** A body for `/v1/batch`; undefined when it is no JSON object. */
export function readBatchBody(body: Buffer): SegmentBody | undefined {
  return whole(body, () => {
    const read: SegmentBody = {}
    const end = scanObject(body, 0, (at, keyStart, keyEnd) => {
      const key = keyAt(body, keyStart, keyEnd)
      if (key === 'batch' && isArrayAt(body, at)) {
        const events: SegmentEvent[] = []
        read.events = events
        return scanArray(body, at, (element) => {
          const event = readEvent(body, element)
          events.push(event)
          return event.end
        })
      }
      const valueEnd = scanValue(body, at)
      if (key === 'writeKey') read.writeKey = textAt(body, at, valueEnd)
      return valueEnd
    })
    return { value: read, end }
  })
}

/** A body for `/v1/track`: the event itself, its type given by the path. */
export function readTrackBody(body: Buffer): SegmentBody | undefined {
  return whole(body, () => {
    const event = readEvent(body, 0)
    let writeKey: string | undefined
    scanObject(body, 0, (at, keyStart, keyEnd) => {
      const end = scanValue(body, at)
      if (keyAt(body, keyStart, keyEnd) === 'writeKey') writeKey = textAt(body, at, end)
      return end
    })
    return { value: { writeKey, events: [{ ...event, type: 'track' }] }, end: event.end }
  })
}

function readEvent(body: Buffer, at: number): SegmentEvent {
  if (!isObjectAt(body, at)) return { start: at, end: scanValue(body, at) }
  const event: SegmentEvent = { start: at, end: at }
  event.end = scanObject(body, at, (value, keyStart, keyEnd) => {
    const end = scanValue(body, value)
    const field = fieldAt(body, keyStart, keyEnd)
    if (field !== undefined) event[field] = textAt(body, value, end)
    return end
  })
  return event
}

function fieldAt(body: Buffer, start: number, end: number): EventField | undefined {
  const candidates = fieldsByLength.get(end - start)
  if (candidates === undefined) return undefined
  const key = keyAt(body, start, end)
  return candidates.find((name) => name === key)
}

const keyAt = (body: Buffer, start: number, end: number) => body.toString('latin1', start, end)

/** What was read, when nothing was wrong and nothing else follows. */
function whole<T>(body: Buffer, read: () => { value: T; end: number }): T | undefined {
  try {
    const { value, end } = read()
    return isEnd(body, end) ? value : undefined
  } catch (error) {
    // A RangeError is a nesting deeper than the stack.
    if (error instanceof JsonError || error instanceof RangeError) return undefined
    throw error
  }
}
