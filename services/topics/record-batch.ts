// Records as Kafka stores and sends them: record batches of magic 2, https://kafka.apache.org/documentation/#recordbatch
//
//   batch   baseOffset int64 · batchLength int32 · partitionLeaderEpoch int32 · magic int8 · crc uint32 · attributes int16
//           · lastOffsetDelta int32 · baseTimestamp int64 · maxTimestamp int64 · producerId int64 · producerEpoch int16
//           · baseSequence int32 · recordCount int32 · records, compressed as a whole where attributes say so
//   record  length · attributes int8 · timestampDelta · offsetDelta · keyLength · key · valueLength · value · headerCount
//           · headers, each keyLength · key · valueLength · value
//
// A record's numbers are zigzag varints, -1 is the length of null; the batch's are big-endian. batchLength counts what follows it, the
// CRC-32C covers everything from the attributes on.
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { gzip, zstdCompress } from 'node:zlib'
import { compressionsAlgorithms, crc32c as wasmCrc32c } from '@platformatic/kafka'

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
export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** A batch's bytes before its records. */
export const HEAD_BYTES = 61
const [LENGTH_AT, EPOCH_AT, MAGIC_AT, CRC_AT, ATTRIBUTES_AT, DELTA_AT, TIME_AT] = [8, 12, 16, 17, 21, 23, 27]
const [MAX_TIME_AT, PRODUCER_AT, PRODUCER_EPOCH_AT, SEQUENCE_AT, COUNT_AT] = [35, 43, 51, 53, 57]
/** What batchLength does not count: baseOffset and itself. */
const BEFORE_LENGTH = 12
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

/** Bits of `attributes`, and how: gzip and zstd in a thread of Node's, lz4 and snappy in the client's WebAssembly. */
const CODECS: Record<Exclude<Compression, 'none'>, { bits: number; compress: (bytes: Buffer) => Promise<Buffer> | Buffer }> = {
  gzip: { bits: 1, compress: promisify<Buffer, Buffer>(gzip) },
  snappy: { bits: 2, compress: (bytes) => compressionsAlgorithms.snappy.compressSync(bytes) },
  lz4: { bits: 3, compress: (bytes) => compressionsAlgorithms.lz4.compressSync(bytes) },
  zstd: { bits: 4, compress: promisify<Buffer, Buffer>(zstdCompress) },
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
    if (compression === 'none') return finished(this.#buffer.subarray(0, this.#end), 0, this.records.length, time, place)
    const { bits, compress } = CODECS[compression]
    const packed = await compress(this.#buffer.subarray(HEAD_BYTES, this.#end))
    const bytes = Buffer.allocUnsafe(HEAD_BYTES + packed.length)
    bytes.set(packed, HEAD_BYTES)
    return finished(bytes, bits, this.records.length, time, place)
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
  bytes.fill(0, 0, LENGTH_AT)
  bytes.writeInt32BE(bytes.length - BEFORE_LENGTH, LENGTH_AT)
  bytes.writeInt32BE(-1, EPOCH_AT)
  bytes[MAGIC_AT] = 2
  bytes.writeInt16BE(attributes, ATTRIBUTES_AT)
  bytes.writeInt32BE(count - 1, DELTA_AT)
  bytes.writeBigInt64BE(BigInt(time), TIME_AT)
  bytes.writeBigInt64BE(BigInt(time), MAX_TIME_AT)
  bytes.writeBigInt64BE(id, PRODUCER_AT)
  bytes.writeInt16BE(epoch, PRODUCER_EPOCH_AT)
  bytes.writeInt32BE(sequence, SEQUENCE_AT)
  bytes.writeInt32BE(count, COUNT_AT)
  bytes.writeUInt32BE(crc32c(bytes.subarray(ATTRIBUTES_AT)), CRC_AT)
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
