// The logs of a day as the topic holds them: each log once, with what came of it at each sink. Typed arrays, about 45 bytes a log.
import { createHash, hash } from 'node:crypto'
import type { ReadRange } from '../../topics/read.ts'

/** Rows that the arrays begin with; they double. */
const FIRST_ROWS = 1_024
const PLACE = 2 ** 40

/** The first eight bytes of the SHA-256 of a log_id, as two numbers: two of a million logs share them once in thirty million days. */
export type IdHash = { high: number; low: number }

export function idHash(id: string | Buffer): IdHash {
  const bytes = hash('sha256', id, 'buffer')
  return { high: bytes.readUInt32BE(0), low: bytes.readUInt32BE(4) }
}

/**
 * The hash over a set of log_ids: SHA-256 over the first eight bytes of the SHA-256 of each, in ascending order. The same for the same set,
 * whatever order it came in.
 */
export class IdsHash {
  #ids = new BigUint64Array(FIRST_ROWS)
  size = 0

  add({ high, low }: IdHash): void {
    if (this.size === this.#ids.length) this.#ids = grown(this.#ids, new BigUint64Array(this.size * 2))
    this.#ids[this.size++] = (BigInt(high) << 32n) | BigInt(low)
  }

  digest(): string {
    const sorted = this.#ids.subarray(0, this.size).toSorted()
    const bytes = Buffer.alloc(this.size * 8)
    for (let i = 0; i < this.size; i++) bytes.writeBigUInt64BE(sorted[i], i * 8)
    return createHash('sha256').update(bytes).digest('hex')
  }
}

/** Where a record is, as one number: offsets are far below 2^40 in a partition. */
export const placeOf = (partition: number, offset: number): number => partition * PLACE + offset
export const ofPlace = (place: number) => ({ partition: Math.floor(place / PLACE), offset: place % PLACE })

/** The copy of a log that later ones may repeat. `receivedAt` in milliseconds. */
export type Remembered = { partition: number; offset: number; receivedAt: number }

export class LogsOfDay {
  readonly sinks: number
  size = 0
  #slots = new Uint32Array(2 * FIRST_ROWS)
  #high = new Uint32Array(FIRST_ROWS)
  #low = new Uint32Array(FIRST_ROWS)
  #hour = new Uint8Array(FIRST_ROWS)
  #listed = new Uint8Array(FIRST_ROWS)
  #place = new Float64Array(FIRST_ROWS)
  #receivedAt = new Float64Array(FIRST_ROWS)
  #ends: Uint8Array

  constructor(sinks: number) {
    this.sinks = sinks
    this.#ends = new Uint8Array(FIRST_ROWS * Math.max(1, sinks))
  }

  /** The row of a log, -1 where it is not known. */
  find({ high, low }: IdHash): number {
    const last = this.#slots.length - 1
    for (let i = low & last; ; i = (i + 1) & last) {
      const row = this.#slots[i] - 1
      if (row < 0 || (this.#high[row] === high && this.#low[row] === low)) return row
    }
  }

  /** A log that `find` does not know. Answers its row. */
  add(id: IdHash, hour: number, copy: Remembered): number {
    const row = this.size++
    if (row === this.#high.length) this.#grow()
    this.#high[row] = id.high
    this.#low[row] = id.low
    this.#hour[row] = hour
    this.remember(row, copy)
    this.#put(row)
    return row
  }

  remember(row: number, { partition, offset, receivedAt }: Remembered): void {
    this.#place[row] = placeOf(partition, offset)
    this.#receivedAt[row] = receivedAt
  }

  remembered(row: number): Remembered {
    return { ...ofPlace(this.#place[row]), receivedAt: this.#receivedAt[row] }
  }

  hour = (row: number): number => this.#hour[row]
  idHash = (row: number): IdHash => ({ high: this.#high[row], low: this.#low[row] })
  /** What came of it at a sink: a code of its `Endings`, 0 while nothing is known. */
  end = (row: number, sink: number): number => this.#ends[row * this.sinks + sink]
  setEnd(row: number, sink: number, code: number): void {
    this.#ends[row * this.sinks + sink] = code
  }

  /** Whether Auth0 lists it. */
  isListed = (row: number): boolean => this.#listed[row] === 1
  list(row: number): void {
    this.#listed[row] = 1
  }

  #put(row: number): void {
    const last = this.#slots.length - 1
    let i = this.#low[row] & last
    while (this.#slots[i] !== 0) i = (i + 1) & last
    this.#slots[i] = row + 1
  }

  #grow(): void {
    const rows = this.#high.length * 2
    this.#high = grown(this.#high, new Uint32Array(rows))
    this.#low = grown(this.#low, new Uint32Array(rows))
    this.#hour = grown(this.#hour, new Uint8Array(rows))
    this.#listed = grown(this.#listed, new Uint8Array(rows))
    this.#place = grown(this.#place, new Float64Array(rows))
    this.#receivedAt = grown(this.#receivedAt, new Float64Array(rows))
    this.#ends = grown(this.#ends, new Uint8Array(rows * Math.max(1, this.sinks)))
    this.#slots = new Uint32Array(rows * 2)
    for (let row = 0; row < this.size - 1; row++) this.#put(row)
  }
}

/** Where the topic holds these rows: what is to be read, one range a partition, and which of the records read are theirs. */
export function placesOf(logs: LogsOfDay, rows: readonly number[]) {
  const wanted = new Map<number, Set<number>>()
  const ranges = new Map<number, ReadRange>()
  for (const row of rows) {
    const { partition, offset } = logs.remembered(row)
    wanted.set(partition, (wanted.get(partition) ?? new Set()).add(offset))
    const { from = offset, to = offset + 1 } = ranges.get(partition) ?? {}
    ranges.set(partition, { partition, from: Math.min(from, offset), to: Math.max(to, offset + 1) })
  }
  const holds = ({ partition, offset }: { partition: number; offset: number }) => wanted.get(partition)?.has(offset) === true
  return { ranges: [...ranges.values()], holds }
}

function grown<T extends { set: (from: T) => void }>(from: T, to: T): T {
  to.set(from)
  return to
}
