// The parts of a body as a table of places: 88 bytes each while a body waits, however many parts it has. What they are becomes
// objects slice by slice, for the time of one produce.
import { seen } from './json-scan.ts'

/** Parts of one body at most, whatever they are: more is an attack, or a sender gone wrong. */
export const MAX_PARTS = 100_000
/** A log_id in UTF-8; a longer one is no identity. */
export const MAX_ID_BYTES = 256
/** A type code in UTF-8; a longer one is not put in a header. */
export const MAX_TYPE_BYTES = 256

/** Why a part of a body is no event. */
export type Unusable = 'not_json' | 'not_an_event' | 'no_log_id'

/**
 * An event of the body: its log_id and the bytes of its `data`, slices of the body; its type and its tenant, empty where it has none.
 * The event as it was sent, wrapper and all, is `source` from `start` to `end`.
 */
export type SplitEvent = {
  id: Buffer
  type: string
  tenant: string
  value: Buffer
  source: Buffer
  start: number
  end: number
}
/** `data`: the bytes of the part's `data`, where the part is JSON and has one. */
export type UnusablePart = { reason: Unusable; bytes: Buffer; data?: Buffer }
export type Split = { events: SplitEvent[]; unusable: UnusablePart[] }

/** Places in a body, from the first byte to the one after the last; texts with their quotes. Start and end are equal for what is not there. */
export type Found = Record<`${'value' | 'id' | 'type' | 'tenant'}${'Start' | 'End'}`, number>

const REASONS: (Unusable | undefined)[] = [undefined, 'not_json', 'not_an_event', 'no_log_id']
/** A row: reason, start, end, and the places of Found in this order. */
const COLUMNS = 11
const [START, END, VALUE, ID, TYPE, TENANT] = [1, 2, 3, 5, 7, 9]
const BACKSLASH = 0x5c
export const NOTHING: Readonly<Found> = {
  valueStart: 0,
  valueEnd: 0,
  idStart: 0,
  idEnd: 0,
  typeStart: 0,
  typeEnd: 0,
  tenantStart: 0,
  tenantEnd: 0,
}
const EMPTY: Buffer = Buffer.alloc(0)

export class Parts {
  /** Rows in use. */
  count = 0
  readonly #body: Buffer
  /** A plain array: a typed one lies outside of V8's heap, which costs more than it holds where a body has one event. */
  readonly #rows: number[] = []
  #tenant = ''

  constructor(body: Buffer) {
    this.#body = body
  }

  /** There are more than MAX_PARTS: the table is cut there, and the body must be refused. */
  get tooMany(): boolean {
    return this.count > MAX_PARTS
  }

  /** Bytes that the table takes. */
  get bytes(): number {
    return this.#rows.length * 8
  }

  add(reason: Unusable, start: number, end: number): void {
    this.#addRow(REASONS.indexOf(reason), start, end, NOTHING)
  }

  /** A whole JSON value, whose scan found this; it decides whether that is an event. */
  addFound(found: Found, start: number, end: number): void {
    const isEvent = found.valueEnd > found.valueStart
    const hasId = isEvent && this.#isId(found.idStart, found.idEnd)
    this.#addRow(seen.invalidUtf8 ? 1 : isEvent ? (hasId ? 0 : 3) : 2, start, end, found)
  }

  #addRow(reason: number, start: number, end: number, found: Readonly<Found>): void {
    const rows = this.#rows
    const row = this.count++ * COLUMNS
    rows[row] = reason
    rows[row + START] = start
    rows[row + END] = end
    rows[row + VALUE] = found.valueStart
    rows[row + VALUE + 1] = found.valueEnd
    rows[row + ID] = found.idStart
    rows[row + ID + 1] = found.idEnd
    rows[row + TYPE] = found.typeStart
    rows[row + TYPE + 1] = found.typeEnd
    rows[row + TENANT] = found.tenantStart
    rows[row + TENANT + 1] = found.tenantEnd
  }

  all(): Split {
    return this.#split(0, this.count)
  }

  /** One slice after the other: of at most so many parts, and of no more bytes than that unless one part alone is larger. */
  *slices(mostParts: number, mostBytes: number): Generator<Split> {
    for (let from = 0; from < this.count; ) {
      let to = from
      let bytes = 0
      do {
        const row = to++ * COLUMNS
        bytes += this.#rows[row + END] - this.#rows[row + START]
      } while (to < this.count && to - from < mostParts && bytes < mostBytes)
      yield this.#split(from, to)
      from = to
    }
  }

  /** The text whose quotes are first and last; empty where there is none, or a longer one than a type may be. */
  textAt(start: number, end: number): string {
    if (end - start <= 2 || end - start > 2 + 6 * MAX_TYPE_BYTES) return ''
    const text = this.#characters(start, end)
    return text.length > MAX_TYPE_BYTES ? '' : text.toString()
  }

  #split(from: number, to: number): Split {
    const body = this.#body
    const rows = this.#rows
    const events: SplitEvent[] = []
    const unusable: UnusablePart[] = []
    for (let row = from * COLUMNS; row < to * COLUMNS; row += COLUMNS) {
      const reason = REASONS[rows[row]]
      const start = rows[row + START]
      const end = rows[row + END]
      const value = body.subarray(rows[row + VALUE], rows[row + VALUE + 1])
      if (reason) {
        const bytes = body.subarray(start, end)
        unusable.push(reason === 'no_log_id' ? { reason, bytes, data: value } : { reason, bytes })
        continue
      }
      const id = this.#characters(rows[row + ID], rows[row + ID + 1])
      const type = this.textAt(rows[row + TYPE], rows[row + TYPE + 1])
      events.push({
        id,
        type,
        tenant: this.#tenantAt(rows[row + TENANT], rows[row + TENANT + 1]),
        value,
        source: body,
        start,
        end,
      })
    }
    return { events, unusable }
  }

  /** Nearly always that of the event before. */
  #tenantAt(start: number, end: number): string {
    const length = end - start - 2
    if (length <= 0) return ''
    if (length !== this.#tenant.length) return (this.#tenant = this.textAt(start, end))
    for (let i = 0; i < length; i++) {
      if (this.#body[start + 1 + i] !== this.#tenant.charCodeAt(i)) return (this.#tenant = this.textAt(start, end))
    }
    return this.#tenant
  }

  #isId(start: number, end: number): boolean {
    const length = end - start - 2
    if (length <= 0 || length > MAX_ID_BYTES * 6) return false
    return length <= MAX_ID_BYTES || this.#characters(start, end).length <= MAX_ID_BYTES
  }

  /** The characters of the text between two quotes as UTF-8. */
  #characters(start: number, end: number): Buffer {
    if (end - start <= 2) return EMPTY
    const body = this.#body
    for (let i = start + 1; i < end - 1; i++) {
      if (body[i] === BACKSLASH) return Buffer.from(JSON.parse(body.toString('utf8', start, end)) as string)
    }
    return body.subarray(start + 1, end - 1)
  }
}
