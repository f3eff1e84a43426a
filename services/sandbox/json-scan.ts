// Reads JSON as bytes: checks all of it, makes objects of none of it. Four times as fast as JSON.parse for a batch of events
// of which only a few fields matter. Grammar: RFC 8259. Every function takes a place and answers the one behind what it read.

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const SPACE = 0x20
const LOWER_U = 0x75
const ZERO = 0x30
const NINE = 0x39
/** The longest number, with room to spare, that a text of it may have. */
const LONGEST_WORD = 400
const WORD = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/
const ESCAPED = new Set(Buffer.from('"\\/bfnrt'))

/** The text is no JSON. */
export class JsonError extends Error {
  override name = 'JsonError'
}

/** Reads one value itself, with one of the functions here, and answers the place behind it. */
export type ReadValue = (at: number) => number
/** As ReadValue; `key` is what stands between the quotes, `key` from `start` to `end` in the bytes. */
export type ReadMember = (at: number, start: number, end: number) => number

/** Reads a value of any kind. */
export function scanValue(bytes: Buffer, at: number): number {
  const next = skipBlanks(bytes, at)
  const first = bytes[next]
  if (first === QUOTE) return scanString(bytes, next)
  if (first === OPEN_OBJECT) return scanObject(bytes, next)
  if (first === OPEN_ARRAY) return scanArray(bytes, next)
  return scanWord(bytes, next)
}

/** Reads an object; `readMember` reads each member's value, where anybody cares. */
export function scanObject(bytes: Buffer, at: number, readMember?: ReadMember): number {
  let next = skipBlanks(bytes, expect(bytes, at, OPEN_OBJECT))
  if (bytes[next] === CLOSE_OBJECT) return next + 1
  for (;;) {
    const start = skipBlanks(bytes, next)
    const end = scanString(bytes, start)
    const value = skipBlanks(bytes, expect(bytes, end, COLON))
    next = skipBlanks(bytes, readMember ? readMember(value, start + 1, end - 1) : scanValue(bytes, value))
    if (bytes[next] === CLOSE_OBJECT) return next + 1
    next = expect(bytes, next, COMMA)
  }
}

/** Reads an array; `readElement` reads each element, where anybody cares. */
export function scanArray(bytes: Buffer, at: number, readElement?: ReadValue): number {
  let next = skipBlanks(bytes, expect(bytes, at, OPEN_ARRAY))
  if (bytes[next] === CLOSE_ARRAY) return next + 1
  for (;;) {
    const value = skipBlanks(bytes, next)
    next = skipBlanks(bytes, readElement ? readElement(value) : scanValue(bytes, value))
    if (bytes[next] === CLOSE_ARRAY) return next + 1
    next = expect(bytes, next, COMMA)
  }
}

/** Whether nothing but blanks follows. */
export const isEnd = (bytes: Buffer, at: number) => skipBlanks(bytes, at) === bytes.length

export const isObjectAt = (bytes: Buffer, at: number) => bytes[at] === OPEN_OBJECT
export const isArrayAt = (bytes: Buffer, at: number) => bytes[at] === OPEN_ARRAY

/** The string that stands from `start` to `end`, quotes included; undefined where it is no string. */
export function textAt(bytes: Buffer, start: number, end: number): string | undefined {
  if (bytes[start] !== QUOTE) return undefined
  const text = bytes.toString('utf8', start + 1, end - 1)
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text
}

function scanString(bytes: Buffer, at: number): number {
  let next = expect(bytes, at, QUOTE)
  for (; bytes[next] !== QUOTE; next++) {
    const byte = bytes[next]
    if (byte === BACKSLASH) next = scanEscape(bytes, next)
    // A place behind the end is undefined, and that is no larger than a blank either.
    else if (!(byte >= SPACE)) fail(bytes, next)
  }
  return next + 1
}

/** The last place of an escape. */
function scanEscape(bytes: Buffer, at: number): number {
  const kind = bytes[at + 1]
  if (ESCAPED.has(kind)) return at + 1
  if (kind !== LOWER_U || !/^[0-9a-fA-F]{4}$/.test(bytes.toString('latin1', at + 2, at + 6))) fail(bytes, at)
  return at + 5
}

/** A number, true, false or null. */
function scanWord(bytes: Buffer, at: number): number {
  const digits = scanDigits(bytes, at)
  // Nearly every number is a plain one: those with a sign, a zero, a fraction or an exponent, and what is none, go the long way.
  if (digits > at && bytes[at] !== ZERO && !isWordByte(bytes[digits])) return digits
  let end = digits
  while (isWordByte(bytes[end])) end++
  if (end - at > LONGEST_WORD || !WORD.test(bytes.toString('latin1', at, end))) fail(bytes, at)
  return end
}

function scanDigits(bytes: Buffer, at: number): number {
  let end = at
  while (bytes[end] >= ZERO && bytes[end] <= NINE) end++
  return end
}

/** Letters, digits, `+`, `-` and `.`: what a word can hold, right or wrong. */
function isWordByte(byte: number): boolean {
  return (
    (byte >= ZERO && byte <= NINE) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x45
  )
}

function skipBlanks(bytes: Buffer, at: number): number {
  let next = at
  while (bytes[next] <= SPACE && (bytes[next] === SPACE || bytes[next] === 0x0a || bytes[next] === 0x0d || bytes[next] === 0x09))
    next++
  return next
}

function expect(bytes: Buffer, at: number, byte: number): number {
  const next = skipBlanks(bytes, at)
  if (bytes[next] !== byte) fail(bytes, next)
  return next + 1
}

function fail(bytes: Buffer, at: number): never {
  throw new JsonError(at >= bytes.length ? 'the text ends in the middle' : `unexpected byte at ${at}`)
}
