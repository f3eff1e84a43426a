// One event by its bytes: where its log_id, its type, its tenant and its `data` lie. One pass, no closure and no object a level.
import { JSON_BYTES, name, seen, skipSpace, skipValue, toValue } from './json-scan.ts'
import { type Found, NOTHING, Parts, type SplitEvent } from './parts.ts'

const { QUOTE, COMMA, BACKSLASH, OPEN_OBJECT, CLOSE_OBJECT } = JSON_BYTES

export const LOG_ID: Buffer = Buffer.from('log_id')
export const DATA: Buffer = Buffer.from('data')
const TYPE = Buffer.from('type')
const TENANT = Buffer.from('tenant_name')

/** What the scan of one value found in it. One for all scans: they are never under way side by side. */
const found: Found = { ...NOTHING }
/** The log_id within `data`, for events without one of their own. */
const own = { idStart: 0, idEnd: 0 }

function clear(): void {
  found.valueStart = found.valueEnd = found.idStart = found.idEnd = 0
  found.typeStart = found.typeEnd = found.tenantStart = found.tenantEnd = 0
  own.idStart = own.idEnd = 0
}

/** Takes the JSON value at `start` as an event or puts it aside, in one pass. Answers the index after it; -1, nothing taken, if it is not JSON. */
export function takeValue(bytes: Buffer, start: number, parts: Parts): number {
  if (parts.tooMany) return -1
  clear()
  seen.invalidUtf8 = false
  const end = bytes[start] === OPEN_OBJECT ? scanWrapper(bytes, start) : skipValue(bytes, start)
  if (end < 0) return -1
  if (found.idEnd - found.idStart <= 2) {
    found.idStart = own.idStart
    found.idEnd = own.idEnd
  }
  parts.addFound(found, start, end)
  return end
}

/** As takeValue, of a log without the webhook's wrapper. */
export function takeItem(bytes: Buffer, start: number, parts: Parts): number {
  clear()
  seen.invalidUtf8 = false
  const isObject = bytes[start] === OPEN_OBJECT
  const end = isObject ? scanData(bytes, start) : skipValue(bytes, start)
  if (end < 0) return -1
  found.idStart = own.idStart
  found.idEnd = own.idEnd
  found.valueStart = start
  found.valueEnd = isObject ? end : start
  parts.addFound(found, start, end)
  return end
}

/** Type and tenant as they stand in the bytes of a `data`, empty where they don't: for bytes that were changed after the split. */
export function labelsOf(data: Buffer): Pick<SplitEvent, 'type' | 'tenant'> {
  clear()
  scanData(data, skipSpace(data, 0))
  const parts = new Parts(data)
  return { type: parts.textAt(found.typeStart, found.typeEnd), tenant: parts.textAt(found.tenantStart, found.tenantEnd) }
}

/** The members of an event's wrapper. Of a name that comes twice the last counts, as for every JSON parser. Answers as skipValue. */
function scanWrapper(bytes: Buffer, start: number): number {
  let i = skipSpace(bytes, start + 1)
  if (bytes[i] === CLOSE_OBJECT) return i + 1
  for (;;) {
    const value = toValue(bytes, i)
    if (value < 0) return -1
    if (nameIs(bytes, DATA)) {
      found.typeStart = found.typeEnd = found.tenantStart = found.tenantEnd = own.idStart = own.idEnd = 0
      const isObject = bytes[value] === OPEN_OBJECT
      i = isObject ? scanData(bytes, value) : skipValue(bytes, value)
      found.valueStart = value
      found.valueEnd = isObject ? i : value
    } else if (nameIs(bytes, LOG_ID)) {
      i = skipValue(bytes, value)
      found.idStart = value
      found.idEnd = isText(bytes, value) ? i : value
    } else i = skipValue(bytes, value)
    if (i < 0) return -1
    i = skipSpace(bytes, i)
    if (bytes[i] === CLOSE_OBJECT) return i + 1
    if (bytes[i] !== COMMA) return -1
    i = skipSpace(bytes, i + 1)
  }
}

/** The members of `data` that are looked at. Answers as skipValue. */
function scanData(bytes: Buffer, start: number): number {
  if (bytes[start] !== OPEN_OBJECT) return -1
  let i = skipSpace(bytes, start + 1)
  if (bytes[i] === CLOSE_OBJECT) return i + 1
  for (;;) {
    const value = toValue(bytes, i)
    if (value < 0) return -1
    i = skipValue(bytes, value)
    if (i < 0) return -1
    if (name.end - name.start >= 4) {
      if (nameIs(bytes, TYPE)) {
        found.typeStart = value
        found.typeEnd = isText(bytes, value) ? i : value
      } else if (nameIs(bytes, LOG_ID)) {
        own.idStart = value
        own.idEnd = isText(bytes, value) ? i : value
      } else if (nameIs(bytes, TENANT)) {
        found.tenantStart = value
        found.tenantEnd = isText(bytes, value) ? i : value
      }
    }
    i = skipSpace(bytes, i)
    if (bytes[i] === CLOSE_OBJECT) return i + 1
    if (bytes[i] !== COMMA) return -1
    i = skipSpace(bytes, i + 1)
  }
}

const isText = (bytes: Buffer, i: number): boolean => bytes[i] === QUOTE

/** Whether the name that toValue met last is the wanted one, also where it is written with escapes. */
export function nameIs(bytes: Buffer, wanted: Buffer): boolean {
  const { start, end } = name
  const length = end - start
  if (length === wanted.length) {
    for (let i = 0; i < length; i++) if (bytes[start + i] !== wanted[i]) return isEscapedName(bytes, start, end, wanted)
    return true
  }
  return length > wanted.length && isEscapedName(bytes, start, end, wanted)
}

function isEscapedName(bytes: Buffer, start: number, end: number, wanted: Buffer): boolean {
  // An escaped character takes 2 or 6 bytes for 1.
  if (end - start > wanted.length * 6) return false
  for (let i = start; i < end; i++) {
    if (bytes[i] === BACKSLASH) return JSON.parse(bytes.toString('utf8', start - 1, end + 1)) === wanted.toString()
  }
  return false
}
