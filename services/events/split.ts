// A webhook body into events, each a slice of the body: nothing is parsed into objects, nothing written anew.
// Auth0 sends three formats under any content type; the shape decides: `[…]` an array, `{"logs":[…]}` an envelope,
// one whole `{…}` one event, all else JSON lines.
import { JSON_BYTES, scanObject, seen, skipSpace, skipValue } from './json-scan.ts'

const { QUOTE, COMMA, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT } = JSON_BYTES
const NEWLINE = 0x0a

/** Why a part of a body is no event. */
export type Unusable = 'not_json' | 'not_an_event' | 'no_log_id'

/**
 * An event of the body: its log_id, its type (empty where it has none) and the bytes of its `data`, all slices of the body;
 * the event as it was sent, wrapper and all, is `source` from `start` to `end`.
 */
export type SplitEvent = { id: Buffer; type: Buffer; value: Buffer; source: Buffer; start: number; end: number }
export type UnusablePart = { reason: Unusable; bytes: Buffer }
export type Split = { events: SplitEvent[]; unusable: UnusablePart[] }

const EMPTY: Buffer = Buffer.alloc(0)
const LOG_ID = Buffer.from('log_id')
const DATA = Buffer.from('data')
const TYPE = Buffer.from('type')
const LOGS = Buffer.from('logs')

/**
 * Splits a body. Every byte but white space and the punctuation of array and envelope is in exactly one event or unusable part.
 * An array or envelope that breaks in the middle: what was whole before the break, then the rest as one part.
 */
export function split(body: Buffer): Split {
  const into: Split = { events: [], unusable: [] }
  const start = skipSpace(body, 0)
  if (start >= body.length) return into
  if (body[start] === OPEN_ARRAY) {
    const end = splitElements(body, start, into)
    if (end >= 0) restIsUnusable(body, end, into)
  } else if (body[start] !== OPEN_OBJECT || !splitObject(body, start, into)) splitLines(body, into)
  return into
}

/**
 * Splits an answer of the Management API: an array of logs as they are, without the webhook's wrapper; `value` is the whole log.
 * Every byte that is no such log comes back as unusable, as with `split`.
 */
export function splitItems(body: Buffer): Split {
  const into: Split = { events: [], unusable: [] }
  let i = skipSpace(body, 0)
  if (body[i] !== OPEN_ARRAY) {
    restIsUnusable(body, i, into)
    return into
  }
  i = skipSpace(body, i + 1)
  if (body[i] === CLOSE_ARRAY) return into
  for (;;) {
    const end = takeItem(body, i, into)
    if (end < 0) break
    i = skipSpace(body, end)
    if (body[i] === CLOSE_ARRAY) return into
    if (body[i] !== COMMA) break
    i = skipSpace(body, i + 1)
  }
  putAside(body, i, into)
  return into
}

function takeItem(bytes: Buffer, start: number, into: Split): number {
  let id = EMPTY
  let type = EMPTY
  seen.invalidUtf8 = false
  const visit = (nameStart: number, nameEnd: number, valueStart: number): number => {
    const end = skipValue(bytes, valueStart)
    if (nameIs(bytes, nameStart, nameEnd, TYPE)) type = text(bytes, valueStart, end)
    else if (nameIs(bytes, nameStart, nameEnd, LOG_ID)) id = text(bytes, valueStart, end)
    return end
  }
  const isObject = bytes[start] === OPEN_OBJECT
  const end = isObject ? scanObject(bytes, start, visit) : skipValue(bytes, start)
  if (end < 0) return -1
  const value = bytes.subarray(start, end)
  const reason = unusable(isObject, id)
  if (reason) into.unusable.push({ reason, bytes: value })
  else into.events.push({ id, type, value, source: bytes, start, end })
  return end
}

/** Why what was just scanned is no event. */
function unusable(isEvent: boolean, id: Buffer): Unusable | undefined {
  if (seen.invalidUtf8) return 'not_json'
  return isEvent ? (id.length === 0 ? 'no_log_id' : undefined) : 'not_an_event'
}

/** A body that is one object: an envelope or one event. Answers false, with nothing taken, where it is neither. */
function splitObject(body: Buffer, start: number, into: Split): boolean {
  let envelope = false
  let arrayEnd = -1 // where the last array ended; -1: it broke, and its rest is put aside already
  const end = scanObject(body, start, (nameStart, nameEnd, valueStart) => {
    if (body[valueStart] !== OPEN_ARRAY || !nameIs(body, nameStart, nameEnd, LOGS)) return skipValue(body, valueStart)
    envelope = true
    return (arrayEnd = splitElements(body, valueStart, into))
  })
  if (envelope) {
    const whole = Math.max(end, arrayEnd)
    if (whole >= 0) restIsUnusable(body, whole, into)
    return true
  }
  if (end < 0 || skipSpace(body, end) < body.length) return false
  takeValue(body, start, into)
  return true
}

/** The elements of the array at `start`. Answers the index after its `]`, or -1 after putting the broken rest aside. */
function splitElements(body: Buffer, start: number, into: Split): number {
  let i = skipSpace(body, start + 1)
  if (body[i] === CLOSE_ARRAY) return i + 1
  for (;;) {
    const end = takeValue(body, i, into)
    if (end < 0) return putAside(body, i, into)
    i = skipSpace(body, end)
    if (body[i] === CLOSE_ARRAY) return i + 1
    if (body[i] !== COMMA) return putAside(body, i, into)
    i = skipSpace(body, i + 1)
  }
}

function putAside(body: Buffer, from: number, into: Split): -1 {
  const bytes = body.subarray(from)
  if (bytes.length > 0) into.unusable.push({ reason: 'not_json', bytes })
  return -1
}

function restIsUnusable(body: Buffer, from: number, into: Split): void {
  const rest = skipSpace(body, from)
  if (rest < body.length) into.unusable.push({ reason: 'not_json', bytes: body.subarray(rest) })
}

function splitLines(body: Buffer, into: Split): void {
  for (let from = 0; from < body.length; ) {
    const newline = body.indexOf(NEWLINE, from)
    const to = newline < 0 ? body.length : newline
    const line = body.subarray(from, to)
    from = to + 1
    const start = skipSpace(line, 0)
    if (start >= line.length) continue
    const taken = { events: into.events.length, unusable: into.unusable.length }
    const end = takeValue(line, start, into)
    if (end >= 0 && skipSpace(line, end) >= line.length) continue
    into.events.length = taken.events
    into.unusable.length = taken.unusable
    into.unusable.push({ reason: 'not_json', bytes: line })
  }
}

/** Takes the JSON value at `start` as an event or puts it aside, in one pass. Answers the index after it; -1, nothing taken, if it is no JSON. */
function takeValue(bytes: Buffer, start: number, into: Split): number {
  let id = EMPTY
  let ownId = EMPTY
  let type = EMPTY
  let dataStart = -1
  let dataEnd = -1
  const visitData = (nameStart: number, nameEnd: number, valueStart: number): number => {
    const end = skipValue(bytes, valueStart)
    if (nameIs(bytes, nameStart, nameEnd, TYPE)) type = text(bytes, valueStart, end)
    else if (nameIs(bytes, nameStart, nameEnd, LOG_ID)) ownId = text(bytes, valueStart, end)
    return end
  }
  const visitEvent = (nameStart: number, nameEnd: number, valueStart: number): number => {
    if (!nameIs(bytes, nameStart, nameEnd, DATA)) {
      const end = skipValue(bytes, valueStart)
      if (nameIs(bytes, nameStart, nameEnd, LOG_ID)) id = text(bytes, valueStart, end)
      return end
    }
    const isObject = bytes[valueStart] === OPEN_OBJECT
    type = ownId = EMPTY
    dataStart = isObject ? valueStart : -1
    dataEnd = isObject ? scanObject(bytes, valueStart, visitData) : skipValue(bytes, valueStart)
    return dataEnd
  }
  seen.invalidUtf8 = false
  const end = bytes[start] === OPEN_OBJECT ? scanObject(bytes, start, visitEvent) : skipValue(bytes, start)
  if (end < 0) return -1
  if (id.length === 0) id = ownId
  const reason = unusable(dataStart >= 0, id)
  if (reason) into.unusable.push({ reason, bytes: bytes.subarray(start, end) })
  else into.events.push({ id, type, value: bytes.subarray(dataStart, dataEnd), source: bytes, start, end })
  return end
}

/** Whether the name between two quotes is the wanted one, also where it is written with escapes. */
function nameIs(bytes: Buffer, start: number, end: number, wanted: Buffer): boolean {
  const length = end - start
  if (length === wanted.length) {
    for (let i = 0; i < length; i++) if (bytes[start + i] !== wanted[i]) return hasEscape(bytes, start, end, wanted)
    return true
  }
  return length > wanted.length && hasEscape(bytes, start, end, wanted)
}

function hasEscape(bytes: Buffer, start: number, end: number, wanted: Buffer): boolean {
  if (bytes[start] !== BACKSLASH && bytes.subarray(start, end).indexOf(BACKSLASH) < 0) return false
  return JSON.parse(bytes.toString('utf8', start - 1, end + 1)) === wanted.toString()
}

/** The characters of a string value as UTF-8; empty where the value is no string, or no JSON. */
function text(bytes: Buffer, start: number, end: number): Buffer {
  if (bytes[start] !== QUOTE || end < 0) return EMPTY
  const characters = bytes.subarray(start + 1, end - 1)
  return characters.includes(BACKSLASH) ? Buffer.from(JSON.parse(bytes.toString('utf8', start, end)) as string) : characters
}
