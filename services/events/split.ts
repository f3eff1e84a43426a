// A webhook body into events, each a slice of the body: nothing is parsed into objects, nothing written anew.
// Auth0 sends three formats under any content type; the shape decides: `[…]` an array, `{"logs":[…]}` an envelope,
// one whole `{…}` one event, all else JSON lines.
import { DATA, LOG_ID, nameIs, takeItem, takeValue } from './event-scan.ts'
import { JSON_BYTES, skipSpace, skipValue, toValue } from './json-scan.ts'
import { Parts, type Split } from './parts.ts'

export { labelsOf } from './event-scan.ts'
export { MAX_PARTS, type Parts, type Split, type SplitEvent, type Unusable, type UnusablePart } from './parts.ts'

const { COMMA, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT } = JSON_BYTES
const NEWLINE = 0x0a

const LOGS = Buffer.from('logs')

/** Splits a body, all of it at once. As partsOf. */
export function split(body: Buffer): Split {
  return partsOf(body).all()
}

/**
 * The events and other parts of a body. Every byte but white space and the punctuation of array and envelope is in exactly one of
 * them. An array or envelope that breaks in the middle: what was whole before the break, then the rest as one part; all of the body
 * where nothing was whole. A body of more than MAX_PARTS is not split further: `parts.tooMany`.
 */
export function partsOf(body: Buffer): Parts {
  const parts = new Parts(body)
  const start = skipMarks(body)
  if (start >= body.length) return parts
  if (body[start] === OPEN_ARRAY) {
    const end = splitElements(body, start, parts)
    if (end >= 0) restIsUnusable(body, end, parts)
    else if (parts.count === 0) restIsUnusable(body, start, parts)
  } else if (body[start] !== OPEN_OBJECT || !splitObject(body, start, parts)) splitLines(body, start, parts)
  return parts
}

/**
 * Splits an answer of the Management API: an array of logs as they are, without the webhook's wrapper; `value` is the whole log.
 * Every byte that is no such log comes back as unusable, as with `split`.
 */
export function splitItems(body: Buffer): Split {
  const parts = new Parts(body)
  const start = skipSpace(body, 0)
  let i = start
  if (body[i] !== OPEN_ARRAY) {
    restIsUnusable(body, i, parts)
    return parts.all()
  }
  i = skipSpace(body, i + 1)
  if (body[i] === CLOSE_ARRAY) return parts.all()
  for (;;) {
    const end = takeItem(body, i, parts)
    if (end < 0) break
    i = skipSpace(body, end)
    if (body[i] === CLOSE_ARRAY) return parts.all()
    if (body[i] !== COMMA) break
    i = skipSpace(body, i + 1)
  }
  restIsUnusable(body, i, parts)
  if (parts.count === 0) restIsUnusable(body, start, parts)
  return parts.all()
}

/** After white space and byte order marks, of which some senders and proxies put one or more before the JSON. */
function skipMarks(body: Buffer): number {
  let i = skipSpace(body, 0)
  while (body[i] === 0xef && body[i + 1] === 0xbb && body[i + 2] === 0xbf) i = skipSpace(body, i + 3)
  return i
}

/**
 * A body that is one object: an envelope or one event. Answers false, with nothing taken, where it is neither.
 * What has a member log_id or `data` is an event, good or bad, and kept whole: a field `logs` of its own makes it no envelope.
 */
function splitObject(body: Buffer, start: number, parts: Parts): boolean {
  let envelope = false
  let arrayEnd = -1 // where the last array ended; -1: it broke, and its rest is put aside already
  let i = skipSpace(body, start + 1)
  let end = body[i] === CLOSE_OBJECT ? i + 1 : -1
  while (end < 0) {
    const value = toValue(body, i)
    if (value < 0) break
    if (nameIs(body, DATA) || nameIs(body, LOG_ID)) {
      parts.count = 0
      return splitEvent(body, start, parts)
    }
    if (body[value] === OPEN_ARRAY && nameIs(body, LOGS)) {
      envelope = true
      i = arrayEnd = splitElements(body, value, parts)
    } else i = skipValue(body, value)
    if (i < 0) break
    i = skipSpace(body, i)
    if (body[i] === CLOSE_OBJECT) end = i + 1
    else if (body[i] !== COMMA) break
    else i = skipSpace(body, i + 1)
  }
  if (!envelope) return splitEvent(body, start, parts)
  const whole = Math.max(end, arrayEnd)
  if (end < 0 && parts.count === 0) restIsUnusable(body, start, parts)
  else if (whole >= 0) restIsUnusable(body, whole, parts)
  return true
}

/** One value that is all of the body. Answers false, with nothing taken, where it is broken or more follows. */
function splitEvent(body: Buffer, start: number, parts: Parts): boolean {
  const end = takeValue(body, start, parts)
  if (end >= 0 && skipSpace(body, end) >= body.length) return true
  parts.count = 0
  return false
}

/** The elements of the array at `start`. Answers the index after its `]`, or -1 after putting the broken rest aside. */
function splitElements(body: Buffer, start: number, parts: Parts): number {
  let i = skipSpace(body, start + 1)
  if (body[i] === CLOSE_ARRAY) return i + 1
  for (;;) {
    const end = takeValue(body, i, parts)
    if (end < 0) break
    i = skipSpace(body, end)
    if (body[i] === CLOSE_ARRAY) return i + 1
    if (body[i] !== COMMA) break
    i = skipSpace(body, i + 1)
  }
  restIsUnusable(body, i, parts)
  return -1
}

function restIsUnusable(body: Buffer, from: number, parts: Parts): void {
  const rest = skipSpace(body, from)
  if (rest < body.length) parts.add('not_json', rest, body.length)
}

function splitLines(body: Buffer, start: number, parts: Parts): void {
  for (let from = start; from < body.length && !parts.tooMany; from = skipSpace(body, from)) {
    const newline = body.indexOf(NEWLINE, from)
    const line = newline < 0 ? body.length : newline
    const before = parts.count
    const end = takeValue(body, from, parts)
    if (end < 0 || end > line || skipBlanks(body, end) < line) {
      parts.count = before
      parts.add('not_json', from, line)
    }
    from = line + 1
  }
}

/** As skipSpace, within one line. */
function skipBlanks(bytes: Buffer, i: number): number {
  while (bytes[i] === 0x20 || bytes[i] === 0x0d || bytes[i] === 0x09) i++
  return i
}
