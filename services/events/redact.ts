// Personal data out of an event: REDACT names paths within `data` and what becomes of them.
// Redaction edits the event's bytes where a path leads, in every repetition of a name too; all else stays as it is, to the byte.
import { createHmac } from 'node:crypto'
import { JSON_BYTES, scanObject, skipSpace, skipValue } from './json-scan.ts'

const WAYS = ['mask', 'hash', 'drop'] as const
const MASK = '***'

/** mask → `***`; hash → lower-case hex HMAC-SHA-256; drop → gone, with its name. */
export type Way = (typeof WAYS)[number]
export type Rule = { path: readonly string[]; way: Way }

/** All rules as one tree of names: what they share is walked once. */
type Node = { way?: Way; children: Map<string, Node> }
/** What redactBytes works with; made by createRedactor. */
export type Redactor = { root: Node; key: string }

/**
 * REDACT: comma-separated `path:mask|hash|drop`, names of the path separated by dots; empty entries are ignored.
 * @param key REDACT_KEY, empty where it is not set
 */
export function parseRedaction(text: string, key: string): { value: Rule[] } | { problem: string } {
  const value: Rule[] = []
  const seen = new Set<string>()
  for (const entry of text.split(',').map((e) => e.trim())) {
    if (entry === '') continue
    const colon = entry.lastIndexOf(':')
    const path = entry.slice(0, Math.max(colon, 0)).trim()
    const way = WAYS.find((w) => w === entry.slice(colon + 1).trim())
    const names = path.split('.')
    if (!way || names.includes('')) return { problem: `must be path:mask, path:hash or path:drop, which ${entry} is not` }
    // A path that never matches would let through what it was to hide.
    if (/[[\]*]/.test(path)) return { problem: `needs no brackets or stars in ${path}: arrays are redacted by every element` }
    if (seen.has(path)) return { problem: `names ${path} twice` }
    if (way === 'hash' && key === '')
      return { problem: `needs REDACT_KEY for ${entry}: set it to a long random text, or use mask` }
    seen.add(path)
    value.push({ path: names, way })
  }
  return { value }
}

/** Of two rules on one way, `a` and `a.b`, the shorter wins: it hides more. */
export function createRedactor(rules: readonly Rule[], key: string): Redactor {
  const root: Node = { children: new Map() }
  for (const { path, way } of rules) {
    let node = root
    for (const name of path) {
      if (!node.children.has(name)) node.children.set(name, { children: new Map() })
      node = node.children.get(name) as Node
    }
    node.way = way
  }
  return { root, key }
}

/**
 * The event's bytes with its personal data hidden; the very same buffer where no path exists in them.
 * Numbers of any size, repeated names, order and spaces stay as they came; nesting has no limit.
 * Arrays are entered by every element, at the path's end too: `emails:mask` makes `["***","***"]`.
 * @returns undefined where the bytes are no JSON object: nothing was redacted, so they must not be sent
 */
export function redactBytes(bytes: Buffer, redactor: Redactor): Buffer | undefined {
  const edits: Edit[] = []
  const start = skipSpace(bytes, 0)
  const end = redactObject(bytes, start, redactor.root, redactor.key, edits)
  if (end < 0 || skipSpace(bytes, end) < bytes.length) return undefined
  if (edits.length === 0) return bytes
  const parts: Buffer[] = []
  let kept = 0
  for (const { from, to, text } of edits) {
    parts.push(bytes.subarray(kept, from), Buffer.from(text))
    kept = to
  }
  return Buffer.concat([...parts, bytes.subarray(kept)])
}

/** `text` takes the place of the bytes from `from` to before `to`. A list of them is in order and without overlaps. */
type Edit = { from: number; to: number; text: string }

/** Calls itself once for each name of a path at most, so depth is bounded by the rules. Answers as skipValue. */
function redactObject(bytes: Buffer, start: number, node: Node, key: string, edits: Edit[]): number {
  let anyKept = false
  let droppedFrom = -1 // the first members are dropped: up to the next one's name, the comma between included
  let previousEnd = -1
  const end = scanObject(bytes, start, (nameStart, nameEnd, valueStart) => {
    const child = node.children.get(nameOf(bytes, nameStart, nameEnd))
    if (child?.way === 'drop') {
      const valueEnd = skipValue(bytes, valueStart)
      if (anyKept) edits.push({ from: previousEnd, to: valueEnd, text: '' })
      else if (droppedFrom < 0) droppedFrom = nameStart - 1
      return (previousEnd = valueEnd)
    }
    if (droppedFrom >= 0) edits.push({ from: droppedFrom, to: nameStart - 1, text: '' })
    droppedFrom = -1
    anyKept = true
    return (previousEnd = child ? redactValue(bytes, valueStart, child, key, edits) : skipValue(bytes, valueStart))
  })
  if (droppedFrom >= 0) edits.push({ from: droppedFrom, to: previousEnd, text: '' })
  return end
}

/** One value, or each element of an array however deep arrays lie in arrays: a loop, since depth is the sender's. Answers as skipValue. */
function redactValue(bytes: Buffer, i: number, node: Node, key: string, edits: Edit[]): number {
  const { OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, COMMA } = JSON_BYTES
  for (let depth = 0; ; i = skipSpace(bytes, i + 1)) {
    if (bytes[i] === OPEN_ARRAY) {
      const first = skipSpace(bytes, i + 1)
      if (bytes[first] !== CLOSE_ARRAY) {
        depth++
        continue
      }
      i = first + 1
    } else {
      const start = i
      i = !node.way && bytes[i] === OPEN_OBJECT ? redactObject(bytes, i, node, key, edits) : skipValue(bytes, i)
      if (i < 0) return -1
      if (node.way) {
        const value: unknown = node.way === 'hash' ? JSON.parse(bytes.toString('utf8', start, i)) : undefined
        edits.push({ from: start, to: i, text: `"${hidden(node.way, value, key)}"` })
      }
    }
    for (; ; i++) {
      if (depth === 0) return i
      i = skipSpace(bytes, i)
      if (bytes[i] === COMMA) break
      if (bytes[i] !== CLOSE_ARRAY) return -1
      depth--
    }
  }
}

/** The characters of a name, also where it is written with escapes. */
function nameOf(bytes: Buffer, start: number, end: number): string {
  const name = bytes.toString('utf8', start, end)
  return name.includes('\\') ? (JSON.parse(`"${name}"`) as string) : name
}

/** What stands in the place of a value. */
function hidden(way: Way, value: unknown, key: string): string {
  if (way !== 'hash') return MASK
  try {
    return createHmac('sha256', key)
      .update(typeof value === 'string' ? value : JSON.stringify(value))
      .digest('hex')
  } catch (error) {
    if (error instanceof RangeError) return MASK // an object some thousand levels deep, which JSON.stringify cannot write
    throw error
  }
}
