// Texts of others on their way to a terminal, a log line or a message: what would move the cursor, write the clipboard or turn the reading
// direction is shown, not sent.

/**
 * Control characters (C0, DEL, C1), bidi controls (https://unicode.org/reports/tr9/#Directional_Formatting_Characters), line and paragraph
 * separators, and halves of surrogate pairs.
 */
const HIDDEN = '\\p{Cc}\\p{Cs}\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\u2028\\u2029'
const UNSAFE = new RegExp(`[${HIDDEN}]`, 'gu')
/** Tab and newline lay a text out. */
const UNSAFE_IN_TEXT = new RegExp(`(?![\\t\\n])[${HIDDEN}]`, 'gu')

const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

/** The text with every character that is not to be sent as `\u009b`. Newlines and tabs stay; a carriage return does not. */
export const printable = (text: string): string => text.replaceAll(UNSAFE_IN_TEXT, escaped)

/** The same for a text that must stay on one line. */
export const printableLine = (text: string): string => text.replaceAll(UNSAFE, escaped)

/** JSON on one or more lines that means the same: such characters can stand in its strings only, and there `\u009b` is the character. */
export const printableJson = (json: string): string => json.replaceAll(UNSAFE_IN_TEXT, escaped)

/** Deeper, a value is no longer of ours. */
const MAX_DEPTH = 50

/** A copy of a result in which every text, and every name, is printable. What lies too deep is `…`. */
export function printableDeep<T>(value: T, depth = 0): T {
  if (typeof value === 'string') return printable(value) as T
  if (typeof value !== 'object' || value === null) return value
  if (depth === MAX_DEPTH) return '…' as T
  if (Array.isArray(value)) return value.map((entry) => printableDeep(entry as unknown, depth + 1)) as T
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [printableLine(name), printableDeep(inner as unknown, depth + 1)]),
  ) as T
}
