// The log_id of an event in a sink's message: by search where that is certain, by JSON.parse where it is not.

const KEY = '"log_id":"'
const copy = Buffer.alloc(512)

/** The `log_id` of a JSON object in text form; `''` when it has none or the text is no JSON object. */
export function logIdOf(message: string): string {
  const at = message.lastIndexOf(KEY)
  if (at > 0 && (at === 1 || message[at - 1] === ',')) {
    const start = at + KEY.length
    const end = message.indexOf('"', start)
    // A key of the outermost object: the first one, or one with no other closing brace behind it than the last.
    if (end > start && message[end - 1] !== '\\' && (at === 1 || message.indexOf('}', end) === message.length - 1)) {
      return ownCopy(message.slice(start, end))
    }
  }
  return parsedId(message)
}

function parsedId(message: string): string {
  if (!message.includes('log_id')) return ''
  try {
    const value: unknown = JSON.parse(message)
    const id = typeof value === 'object' && value !== null && (value as { log_id?: unknown }).log_id
    return typeof id === 'string' ? id : ''
  } catch {
    return ''
  }
}

/** A slice keeps the whole message in memory as long as it lives; whoever collects ids must not collect messages. */
function ownCopy(slice: string): string {
  if (slice.length > copy.length / 3) return Buffer.from(slice).toString()
  return copy.toString('utf8', 0, copy.write(slice))
}
