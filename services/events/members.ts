// What sinks need of an event's `data`, found in one pass over its bytes: no object is made of the rest, which is most of it.
// The answers are those of JSON.parse: the last of repeated names counts, escaped names are the names that they stand for.
import { grown, JSON_BYTES, PLAIN, skipLiteral, skipNumber, skipSpace, skipString } from './json-scan.ts'

const { QUOTE, COMMA, COLON, OPEN_ARRAY, OPEN_OBJECT, CLOSE_OBJECT } = JSON_BYTES
const BACKSLASH = '\\'

/** The members that anybody asks for. */
const NAMES = ['ip', 'date', 'type', 'log_id', 'user_id', 'client_id', 'user_agent', 'tenant_name'] as const
export type MemberName = (typeof NAMES)[number]

const INDEX = new Map<string, number>(NAMES.map((name, index) => [name, index]))
/** No name of `data` that is longer can be one of them, unless it is written with escapes. */
const LONGEST = Math.max(...NAMES.map((name) => name.length))
/** By the length of a name and its first byte: the one that it can be, and its bytes. */
const CANDIDATES: { index: number; bytes: Buffer }[][] = Array.from({ length: LONGEST + 1 }, (_, length) =>
  NAMES.flatMap((name, index) => (name.length === length ? [{ index, bytes: Buffer.from(name) }] : [])),
)

/**
 * `count`: members as they are written, repeated names each time. `places`: of each of NAMES the first byte of its value and the
 * byte after it; 0, 0 where it is absent.
 */
export type Members = { count: number; places: readonly number[] }

/** Open containers of the value being scanned; kept between calls. */
let stack = new Uint8Array(64)
const NOWHERE = NAMES.flatMap(() => [0, 0])

/** The members of the object that the bytes hold; null where JSON.parse would find no object in their text. */
export function scanMembers(bytes: Buffer): Members | null {
  let i = skipSpace(bytes, 0)
  if (bytes[i] !== OPEN_OBJECT) return null
  i = skipSpace(bytes, i + 1)
  const places = NOWHERE.slice()
  if (bytes[i] === CLOSE_OBJECT) return isEnd(bytes, i + 1) ? { count: 0, places } : null
  let count = 0
  let depth = 1
  /** The value of which of NAMES is being read, -1 = of none. */
  let wanted = -1
  let inObject = true
  stack[0] = OPEN_OBJECT
  for (;;) {
    if (inObject) {
      if (bytes[i] !== QUOTE) return null
      const name = i + 1
      i = name
      while (PLAIN[bytes[i]] === 1) i++
      const plain = bytes[i] === QUOTE
      i = plain ? i + 1 : skipString(bytes, i)
      if (i < 0) return null
      if (depth === 1) {
        count++
        wanted = plain ? indexOf(bytes, name, i - 1) : indexOfText(bytes.toString('utf8', name - 1, i))
      }
      if (bytes[i] !== COLON) i = skipSpace(bytes, i)
      if (bytes[i] !== COLON) return null
      if (bytes[++i] <= 0x20) i = skipSpace(bytes, i)
      if (wanted >= 0 && depth === 1) places[2 * wanted] = i
    }
    const c = bytes[i]
    if (c === QUOTE) {
      do i++
      while (PLAIN[bytes[i]] === 1)
      i = bytes[i] === QUOTE ? i + 1 : skipString(bytes, i)
    } else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      i = skipSpace(bytes, i + 1)
      if (bytes[i] !== c + 2) {
        if (depth === stack.length) stack = grown(stack)
        stack[depth++] = c
        inObject = c === OPEN_OBJECT
        continue
      }
      i++
    } else if (c === 0x2d || (c >= 0x30 && c <= 0x39)) i = skipNumber(bytes, i)
    else i = skipLiteral(bytes, i)
    if (i < 0) return null
    for (;;) {
      if (depth === 1 && wanted >= 0) {
        places[2 * wanted + 1] = i
        wanted = -1
      }
      if (bytes[i] <= 0x20) i = skipSpace(bytes, i)
      const next = bytes[i++]
      if (next === COMMA) break
      if (next !== stack[depth - 1] + 2) return null
      if (--depth === 0) return isEnd(bytes, i) ? { count, places } : null
      inObject = stack[depth - 1] === OPEN_OBJECT
    }
    if (bytes[i] <= 0x20) i = skipSpace(bytes, i)
  }
}

/** The value of a member as JSON.parse would have it; undefined where it is absent. */
export function memberOf(bytes: Buffer, { places }: Members, name: MemberName): unknown {
  const index = 2 * (INDEX.get(name) as number)
  const start = places[index]
  const end = places[index + 1]
  if (end === 0) return undefined
  if (bytes[start] === QUOTE) {
    const text = bytes.toString('utf8', start + 1, end - 1)
    if (!text.includes(BACKSLASH)) return text
  }
  return JSON.parse(bytes.toString('utf8', start, end))
}

/** A member that is a string, as it is written; empty where there is none. */
export function stringOf(bytes: Buffer, { places }: Members, name: MemberName): string {
  const index = 2 * (INDEX.get(name) as number)
  const start = places[index]
  return bytes[start] === QUOTE ? bytes.toString('utf8', start, places[index + 1]) : ''
}

/** Of a name in quotes that is written with escapes or in another script. */
const indexOfText = (json: string) => INDEX.get(JSON.parse(json) as string) ?? -1

/** Which of NAMES the name between `start` and `end` is, -1 = none. */
function indexOf(bytes: Buffer, start: number, end: number): number {
  const length = end - start
  if (length > LONGEST) return -1
  for (const { index, bytes: name } of CANDIDATES[length]) {
    let at = 0
    while (at < length && bytes[start + at] === name[at]) at++
    if (at === length) return index
  }
  return -1
}

const isEnd = (bytes: Buffer, i: number) => skipSpace(bytes, i) === bytes.length
