// Whether an event holds a text: its bytes are looked at first, which is fast; JSON is read only of those that may hold it.

/** Bytes as text of one character each, which V8 lowers and searches at 1 GB/s; letters beyond ASCII are lowered in their raw bytes. */
const lowered = (bytes: Buffer): string => bytes.toString('latin1').toLowerCase()
/** JSON may write any character as `\u0041`: who does so has every event read. */
const ESCAPE = '\\u'

export type TextMatch = (value: Buffer | null, key: string | null) => boolean

/** Whether the key or any value of an event contains the text, in upper or lower case; names of fields do not count. */
export function createTextMatch(text: string): TextMatch {
  const wanted = text.toLowerCase()
  const needles = [...new Set([text, wanted, text.toUpperCase()].flatMap(asWritten).map((one) => lowered(Buffer.from(one))))]
  return (value, key) => {
    if (key !== null && key.toLowerCase().includes(wanted)) return true
    if (value === null) return false
    const bytes = lowered(value)
    if (!bytes.includes(ESCAPE) && !needles.some((needle) => bytes.includes(needle))) return false
    return holds(value, wanted)
  }
}

/** As JSON writes it, with and without the escape of slashes that some writers use. */
function asWritten(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1)
  return [json, json.replaceAll('/', '\\/')]
}

/** What is no JSON is searched as it is. */
function holds(value: Buffer, wanted: string): boolean {
  const text = value.toString()
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    return text.toLowerCase().includes(wanted)
  }
  // Not by recursion: an event may be nested deeper than the stack.
  const left = [data]
  while (left.length > 0) {
    const one = left.pop()
    if (typeof one === 'object' && one !== null) for (const inner of Object.values(one)) left.push(inner)
    else if ((typeof one === 'string' || typeof one === 'number') && String(one).toLowerCase().includes(wanted)) return true
  }
  return false
}
