// Records of one partition, written as a batch of Kafka's format (batch-format.ts).
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { gzip, zstdCompress } from 'node:zlib'
import { compressionsAlgorithms, crc32c as wasmCrc32c } from '@platformatic/kafka'
import { AT, BEFORE_LENGTH, CODEC, HEAD_BYTES, MAGIC } from './batch-format.ts'

export type OutRecord = {
  /** Its hash chooses the partition; 0 without a key. */
  key: Buffer | null
  value: Buffer | null
  /** Few: each costs CPU at both ends. Values are UTF-8. A Buffer is what encodeHeaders made of them. */
  headers?: ReadonlyMap<Buffer, Buffer> | Buffer
}

/** Where a batch stands among those of its producer: `sequence` is its first record's, in its partition. */
export type Sequence = { id: bigint; epoch: number; sequence: number }

/** How a batch's records are compressed. */
export type Compression = keyof typeof CODEC

/** A record's attributes and the delta to the batch's time, both 0 here. */
const ZEROS = 2
const NO_HEADERS: Buffer = Buffer.from([0])
const FIRST_CAPACITY = 4_096
const NO_SEQUENCE: Sequence = { id: -1n, epoch: -1, sequence: -1 }

/** One pass of native code a batch where its prebuilt binary is there, else the client's WebAssembly, five times slower. */
const crc32c = ((): ((bytes: Buffer) => number) => {
  try {
    return (createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: (bytes: Buffer) => number }).crc32c
  } catch {
    return wasmCrc32c
  }
})()

/** gzip and zstd in a thread of Node's, lz4 and snappy in the client's WebAssembly. */
const COMPRESS: Record<Exclude<Compression, 'none'>, (bytes: Buffer) => Promise<Buffer> | Buffer> = {
  gzip: promisify<Buffer, Buffer>(gzip),
  snappy: (bytes) => compressionsAlgorithms.snappy.compressSync(bytes),
  lz4: (bytes) => compressionsAlgorithms.lz4.compressSync(bytes),
  zstd: promisify<Buffer, Buffer>(zstdCompress),
}

/** The headers of records as bytes, to be put into many: what differs little from record to record is encoded once. */
export function encodeHeaders(headers: Readonly<Record<string, string>> | ReadonlyMap<Buffer, Buffer>): Buffer {
  const pairs: [Buffer, Buffer][] =
    headers instanceof Map
      ? [...(headers as ReadonlyMap<Buffer, Buffer>)]
      : Object.entries(headers as Record<string, string>).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])
  if (pairs.length === 0) return NO_HEADERS
  let size = varintSize(pairs.length)
  for (const [name, value] of pairs) size += varintSize(name.length) + name.length + varintSize(value.length) + value.length
  const bytes = Buffer.allocUnsafe(size)
  let at = writeVarint(bytes, 0, pairs.length)
  for (const [name, value] of pairs) at = writeBytes(bytes, writeBytes(bytes, at, name), value)
  return bytes
}

const headersOf = ({ headers }: OutRecord): Buffer =>
  headers === undefined ? NO_HEADERS : Buffer.isBuffer(headers) ? headers : encodeHeaders(headers)

/** Records of one partition in one growing buffer. To be used again after `clear`, when nobody reads its bytes any more. */
export class RecordBatch {
  /** In their order in the batch. */
  readonly records: OutRecord[] = []
  #buffer: Buffer = Buffer.allocUnsafe(FIRST_CAPACITY)
  #end = HEAD_BYTES

  /** Bytes so far, uncompressed. */
  get bytes(): number {
    return this.#end
  }

  get capacity(): number {
    return this.#buffer.length
  }

  add(record: OutRecord): void {
    const { key, value } = record
    const headers = headersOf(record)
    const offset = this.records.length
    const size = ZEROS + varintSize(offset) + sizeOf(key) + sizeOf(value) + headers.length
    const end = this.#end + varintSize(size) + size
    if (end > this.#buffer.length) this.#grow(end)
    const buffer = this.#buffer
    let at = writeVarint(buffer, this.#end, size)
    buffer[at++] = 0
    buffer[at++] = 0
    at = writeVarint(buffer, at, offset)
    at = writeBytes(buffer, at, key)
    at = writeBytes(buffer, at, value)
    buffer.set(headers, at)
    this.records.push(record)
    this.#end = end
  }

  /**
   * The batch's bytes, valid until `clear`.
   * @param time of all its records, milliseconds since the epoch
   * @param place among its producer's batches, where the producer has an id
   */
  async encode(time: number, compression: Compression, place: Sequence = NO_SEQUENCE): Promise<Buffer> {
    if (compression === 'none') return finished(this.#buffer.subarray(0, this.#end), CODEC.none, this.records.length, time, place)
    const packed = await COMPRESS[compression](this.#buffer.subarray(HEAD_BYTES, this.#end))
    const bytes = Buffer.allocUnsafe(HEAD_BYTES + packed.length)
    bytes.set(packed, HEAD_BYTES)
    return finished(bytes, CODEC[compression], this.records.length, time, place)
  }

  clear(): void {
    this.records.length = 0
    this.#end = HEAD_BYTES
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(least, this.#buffer.length * 2))
    this.#buffer.copy(larger, HEAD_BYTES, HEAD_BYTES, this.#end)
    this.#buffer = larger
  }
}

/** Writes the head before the records: offsets are the broker's to give, and there is no transaction. */
function finished(bytes: Buffer, attributes: number, count: number, time: number, { id, epoch, sequence }: Sequence): Buffer {
  bytes.fill(0, 0, AT.length)
  bytes.writeInt32BE(bytes.length - BEFORE_LENGTH, AT.length)
  bytes.writeInt32BE(-1, AT.leaderEpoch)
  bytes[AT.magic] = MAGIC
  bytes.writeInt16BE(attributes, AT.attributes)
  bytes.writeInt32BE(count - 1, AT.lastOffsetDelta)
  bytes.writeBigInt64BE(BigInt(time), AT.baseTime)
  bytes.writeBigInt64BE(BigInt(time), AT.maxTime)
  bytes.writeBigInt64BE(id, AT.producerId)
  bytes.writeInt16BE(epoch, AT.producerEpoch)
  bytes.writeInt32BE(sequence, AT.sequence)
  bytes.writeInt32BE(count, AT.count)
  bytes.writeUInt32BE(crc32c(bytes.subarray(AT.attributes)), AT.crc)
  return bytes
}

/** Bytes that a record takes in a batch, rounded up. */
export function recordBytes({ key, value, headers }: OutRecord): number {
  let bytes = RECORD_OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0)
  if (Buffer.isBuffer(headers)) bytes += headers.length
  else if (headers) for (const [name, text] of headers) bytes += name.length + text.length + HEADER_OVERHEAD
  return bytes
}

/** Bytes of a record beside key, value and headers, at most: lengths, deltas and attributes as varints. */
const RECORD_OVERHEAD = 24
/** Of a header's two lengths, at most. */
const HEADER_OVERHEAD = 10

/** Of a number of 0 or more, zigzag encoded: twice the number, 7 bits a byte. */
function varintSize(n: number): number {
  return n < 0x40 ? 1 : n < 0x2000 ? 2 : n < 0x100000 ? 3 : n < 0x8000000 ? 4 : 5
}

/** Of a length and its bytes. */
const sizeOf = (bytes: Buffer | null): number => (bytes === null ? 1 : varintSize(bytes.length) + bytes.length)

function writeVarint(buffer: Buffer, at: number, n: number): number {
  let rest = n * 2
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80
    rest = Math.floor(rest / 128)
  }
  buffer[at++] = rest
  return at
}

function writeBytes(buffer: Buffer, at: number, bytes: Buffer | null): number {
  if (bytes === null) {
    buffer[at] = 1 // -1
    return at + 1
  }
  const from = writeVarint(buffer, at, bytes.length)
  buffer.set(bytes, from)
  return from + bytes.length
}
