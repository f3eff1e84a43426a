// Cuts a byte stream into syslog messages: octet counting or newlines, told apart message by message. No socket here.
// RFC 6587: https://www.rfc-editor.org/rfc/rfc6587#section-3.4

const NEWLINE = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const ZERO = 0x30
const NINE = 0x39
const LESS_THAN = 0x3c
/** A longer count is no count. */
const COUNT_DIGITS = 7

/** Called with the bytes `start` to `end` of a message; `cut` when it was longer than the limit. */
export type OnFrame = (bytes: Buffer, start: number, end: number, cut: boolean) => void
export type Framer = { push: (chunk: Buffer) => void; end: () => void }

/** @param limit bytes of a message; what is over it is thrown away up to the next message */
export function createFramer(limit: number, onFrame: OnFrame): Framer {
  let rest: Buffer = Buffer.alloc(0)
  let skipBytes = 0
  let skipLine = false

  /** The next place to look at after one step; undefined when more bytes are needed. */
  function step(data: Buffer, at: number): number | undefined {
    if (skipBytes > 0) {
      const skipped = Math.min(skipBytes, data.length - at)
      skipBytes -= skipped
      return at + skipped
    }
    const count = skipLine ? undefined : octetCount(data, at)
    if (count === 'unfinished') return undefined
    return count === undefined ? line(data, at) : counted(data, count.start, count.bytes)
  }

  function counted(data: Buffer, start: number, bytes: number): number | undefined {
    const end = start + Math.min(bytes, limit)
    if (data.length < end) return undefined
    onFrame(data, start, trimmed(data, start, end), bytes > limit)
    skipBytes = start + bytes - end
    return end
  }

  function line(data: Buffer, at: number): number | undefined {
    const newline = data.indexOf(NEWLINE, at)
    const end = newline === -1 ? data.length : trimmed(data, at, newline)
    const over = end - at > limit
    if (newline === -1 && !over && !skipLine) return undefined
    if (!skipLine && end > at) onFrame(data, at, Math.min(end, at + limit), over)
    skipLine = newline === -1
    return newline === -1 ? data.length : newline + 1
  }

  return {
    push(chunk) {
      const data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
      let at = 0
      while (at < data.length) {
        const next = step(data, at)
        if (next === undefined) break
        at = next
      }
      rest = data.subarray(at)
    },
    /** The sender has closed: what stands there without an end is a message too. */
    end() {
      const last = rest
      rest = Buffer.alloc(0)
      if (last.length > 0) onFrame(last, 0, last.length, false)
    },
  }
}

/** `123 <`: a count of bytes. Undefined where the message begins otherwise. */
function octetCount(data: Buffer, at: number): { start: number; bytes: number } | 'unfinished' | undefined {
  if (data[at] <= ZERO || data[at] > NINE) return undefined
  let bytes = 0
  for (let i = at; i < at + COUNT_DIGITS + 1; i++) {
    if (i + 1 >= data.length) return 'unfinished'
    if (data[i] === SPACE) return data[i + 1] === LESS_THAN ? { start: i + 1, bytes } : undefined
    if (data[i] < ZERO || data[i] > NINE) return undefined
    bytes = bytes * 10 + data[i] - ZERO
  }
  return undefined
}

/** The end without a line break before it. */
function trimmed(data: Buffer, start: number, end: number): number {
  let at = end
  while (at > start && (data[at - 1] === NEWLINE || data[at - 1] === RETURN)) at--
  return at
}
