// JSON by its bytes: where values begin and end, without making anything of them. Validates all of RFC 8259 and of UTF-8.
// Iterative: nesting is bounded by the body's size alone, never by the stack.

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** 1 = stands for itself inside a string: ASCII without controls, quote and backslash. */
export const PLAIN = Uint8Array.from({ length: 256 }, (_, c) => (c >= 0x20 && c < 0x80 && c !== QUOTE && c !== BACKSLASH ? 1 : 0))
/** 1 = may follow a backslash, `u` apart. */
const ESCAPED = Uint8Array.from({ length: 256 }, (_, c) => ('"\\/bfnrt'.includes(String.fromCharCode(c)) ? 1 : 0))
const HEX = Uint8Array.from({ length: 256 }, (_, c) => (/[0-9a-fA-F]/.test(String.fromCharCode(c)) ? 1 : 0))

/** Index of the first byte at or after `i` that is no JSON whitespace. */
export function skipSpace(bytes: Buffer, i: number): number {
  for (;;) {
    const c = bytes[i]
    if (c > 0x20 || (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09)) return i
    i++
  }
}

/**
 * What the scans since it was last cleared met in strings: bytes that are no UTF-8 (the scan goes on, the value's end is still
 * found), and escapes. Who starts a scan clears it.
 */
export const seen = { invalidUtf8: false, escape: false }

/** Open containers of the value being scanned; kept between calls. */
let stack = new Uint8Array(64)

/** The index after the JSON value that begins at `i`, or -1 where the bytes are no JSON. */
export function skipValue(bytes: Buffer, i: number): number {
  let depth = 0
  for (;;) {
    const c = bytes[i]
    if (c === QUOTE) i = skipString(bytes, i + 1)
    else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      i = skipSpace(bytes, i + 1)
      if (bytes[i] === c + 2) i++
      else {
        if (depth === stack.length) stack = grown(stack)
        stack[depth++] = c
        if (c === OPEN_OBJECT) i = skipName(bytes, i)
        if (i < 0) return -1
        continue
      }
    } else if (c === 0x2d || (c >= 0x30 && c <= 0x39)) i = skipNumber(bytes, i)
    else i = skipLiteral(bytes, i)
    if (i < 0) return -1
    for (;;) {
      if (depth === 0) return i
      i = skipSpace(bytes, i)
      const open = stack[depth - 1]
      if (bytes[i] === COMMA) {
        i = skipSpace(bytes, i + 1)
        if (open === OPEN_OBJECT) i = skipName(bytes, i)
        if (i < 0) return -1
        break
      }
      if (bytes[i] !== open + 2) return -1
      depth--
      i++
    }
  }
}

/** Where the name of the member that `toValue` met last lies, between its quotes. */
export const name = { start: 0, end: 0 }

/** From the opening quote of a member's name to the first byte of its value, or -1. The name's place is in `name`. */
export function toValue(bytes: Buffer, i: number): number {
  if (bytes[i] !== QUOTE) return -1
  name.start = i + 1
  i = skipString(bytes, i + 1)
  if (i < 0) return -1
  name.end = i - 1
  if (bytes[i] !== COLON) {
    i = skipSpace(bytes, i)
    if (bytes[i] !== COLON) return -1
  }
  return skipSpace(bytes, i + 1)
}

/**
 * The index after the object that begins at `start`, or -1. Calls `visit` for each of its own members with the place of the name
 * (between the quotes) and of the value; it answers the index after the value, from skipValue or a scan of its own.
 */
export function scanObject(
  bytes: Buffer,
  start: number,
  visit: (nameStart: number, nameEnd: number, valueStart: number) => number,
): number {
  if (bytes[start] !== OPEN_OBJECT) return -1
  let i = skipSpace(bytes, start + 1)
  if (bytes[i] === CLOSE_OBJECT) return i + 1
  for (;;) {
    const value = toValue(bytes, i)
    if (value < 0) return -1
    i = visit(name.start, name.end, value)
    if (i < 0) return -1
    i = skipSpace(bytes, i)
    if (bytes[i] === CLOSE_OBJECT) return i + 1
    if (bytes[i] !== COMMA) return -1
    i = skipSpace(bytes, i + 1)
  }
}

/** @param i the index of the byte after the opening quote. Answers the index after the closing one, or -1. */
export function skipString(bytes: Buffer, i: number): number {
  for (;;) {
    while (PLAIN[bytes[i]] === 1) i++
    const c = bytes[i]
    if (c === QUOTE) return i + 1
    if (c === BACKSLASH) {
      seen.escape = true
      const next = bytes[i + 1]
      if (ESCAPED[next] === 1) i += 2
      else if (next === 0x75 && HEX[bytes[i + 2]] && HEX[bytes[i + 3]] && HEX[bytes[i + 4]] && HEX[bytes[i + 5]]) i += 6
      else return -1
    } else if (c >= 0x80) {
      const length = utf8Length(bytes, i)
      if (length === 0) seen.invalidUtf8 = true
      i += length || 1
    } else return -1
  }
}

/** From the opening quote of a member's name to the first byte of its value, or -1. */
function skipName(bytes: Buffer, i: number): number {
  if (bytes[i] !== QUOTE) return -1
  i = skipString(bytes, i + 1)
  if (i < 0) return -1
  i = skipSpace(bytes, i)
  return bytes[i] === COLON ? skipSpace(bytes, i + 1) : -1
}

export function skipNumber(bytes: Buffer, i: number): number {
  if (bytes[i] === 0x2d) i++
  if (bytes[i] === 0x30) i++
  else if (isDigit(bytes[i])) i = skipDigits(bytes, i)
  else return -1
  if (bytes[i] === 0x2e) {
    if (!isDigit(bytes[i + 1])) return -1
    i = skipDigits(bytes, i + 1)
  }
  if (bytes[i] === 0x65 || bytes[i] === 0x45) {
    i++
    if (bytes[i] === 0x2b || bytes[i] === 0x2d) i++
    if (!isDigit(bytes[i])) return -1
    i = skipDigits(bytes, i)
  }
  return i
}

const isDigit = (c: number) => c >= 0x30 && c <= 0x39

function skipDigits(bytes: Buffer, i: number): number {
  while (isDigit(bytes[i])) i++
  return i
}

export function skipLiteral(bytes: Buffer, i: number): number {
  const c = bytes[i]
  if (c === 0x6e) return bytes[i + 1] === 0x75 && bytes[i + 2] === 0x6c && bytes[i + 3] === 0x6c ? i + 4 : -1 // null
  if (c === 0x74) return bytes[i + 1] === 0x72 && bytes[i + 2] === 0x75 && bytes[i + 3] === 0x65 ? i + 4 : -1 // true
  if (c !== 0x66 || bytes[i + 1] !== 0x61 || bytes[i + 2] !== 0x6c || bytes[i + 3] !== 0x73) return -1 // false
  return bytes[i + 4] === 0x65 ? i + 5 : -1
}

/** Bytes of the UTF-8 sequence at `i`, 0 where it is none (RFC 3629: no overlong forms, no surrogates, none past U+10FFFF). */
function utf8Length(bytes: Buffer, i: number): number {
  const a = bytes[i]
  const b = bytes[i + 1]
  const follows = (c: number) => c >= 0x80 && c <= 0xbf
  if (a >= 0xc2 && a <= 0xdf) return follows(b) ? 2 : 0
  if (a >= 0xe0 && a <= 0xef) {
    if (!follows(b) || !follows(bytes[i + 2]) || (a === 0xe0 && b < 0xa0) || (a === 0xed && b > 0x9f)) return 0
    return 3
  }
  if (a >= 0xf0 && a <= 0xf4) {
    if (!follows(b) || !follows(bytes[i + 2]) || !follows(bytes[i + 3])) return 0
    return (a === 0xf0 && b < 0x90) || (a === 0xf4 && b > 0x8f) ? 0 : 4
  }
  return 0
}

/** Room for twice as many open containers. */
export function grown(stack: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(stack.length * 2)
  larger.set(stack)
  return larger
}

export const JSON_BYTES = { QUOTE, COMMA, COLON, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT } as const
