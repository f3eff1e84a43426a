// Record batches as a fetch brings them, read (batch-format.ts). kafkajs' own reader takes four times the CPU: it makes a BigInt of each
// number and copies the headers of each record once a header.
import { promisify } from 'node:util'
import { gunzip, zstdDecompress } from 'node:zlib'
import type { IHeaders } from 'kafkajs'
import { AT, ATTRIBUTES, BEFORE_LENGTH, CODEC, HEAD_BYTES, MAGIC } from './batch-format.ts'

/** Headers differ by a record's source and type alone: as many kinds are kept as anybody has, and those only where they are short. */
const KINDS_KEPT = 1_024
const KIND_BYTES = 128

/** As kafkajs hands it on. */
export type FetchedRecord = {
  magicByte: number
  attributes: number
  timestamp: string
  offset: string
  key: Buffer | null
  value: Buffer | null
  headers: IHeaders
  /** No record for anybody: a marker of a transaction, or it stands for the offsets before it that hold none. */
  isControlRecord: boolean
  batchContext: BatchContext
}

type BatchContext = {
  firstOffset: string
  firstTimestamp: string
  partitionLeaderEpoch: number
  inTransaction: boolean
  isControlBatch: boolean
  lastOffsetDelta: number
  producerId: string
  producerEpoch: number
  firstSequence: number
  maxTimestamp: string
  timestampType: number
  magicByte: number
}

/** Magic of the batches that are read here; older brokers' message sets have another. */
export const isReadHere = (bytes: Buffer): boolean => bytes[AT.magic] === MAGIC

/** Brokers and mirrors choose a codec by themselves (`compression.type`). */
const DECOMPRESS: Record<number, (packed: Buffer) => Promise<Buffer>> = {
  [CODEC.gzip]: promisify<Buffer, Buffer>(gunzip),
  [CODEC.snappy]: async (packed) => (await others()).snappy.decompressSync(packed),
  [CODEC.lz4]: async (packed) => (await others()).lz4.decompressSync(packed),
  [CODEC.zstd]: promisify<Buffer, Buffer>(zstdDecompress),
}
/** Loaded with the first batch that needs it: it is most of what a command would load otherwise. */
const others = async () => (await import('@platformatic/kafka')).compressionsAlgorithms

async function unpacked(codec: number, bytes: Buffer): Promise<Buffer> {
  if (codec === CODEC.none) return bytes
  const decompress = DECOMPRESS[codec]
  if (!decompress) throw new Error(`a record batch is compressed in a way that is not known here (codec ${codec})`)
  return decompress(bytes)
}

/** All records of whole batches, one after the other; the last batch of a fetch may be cut, and is left for the next. */
export async function readBatches(bytes: Buffer): Promise<FetchedRecord[]> {
  const records: FetchedRecord[] = []
  for (let at = 0; at + HEAD_BYTES <= bytes.length; ) {
    const end = at + BEFORE_LENGTH + bytes.readInt32BE(at + AT.length)
    if (end > bytes.length) break
    const head = bytes.subarray(at, at + HEAD_BYTES)
    const codec = head.readInt16BE(AT.attributes) & ATTRIBUTES.codec
    readBatch(head, await unpacked(codec, bytes.subarray(at + HEAD_BYTES, end)), records)
    at = end
  }
  return records
}

function readBatch(head: Buffer, bytes: Buffer, into: FetchedRecord[]): void {
  const attributes = head.readInt16BE(AT.attributes)
  const first = Number(head.readBigInt64BE(0))
  const firstTime = Number(head.readBigInt64BE(AT.baseTime))
  const maxTime = Number(head.readBigInt64BE(AT.maxTime))
  const lastOffsetDelta = head.readInt32BE(AT.lastOffsetDelta)
  const batchContext = {
    firstOffset: String(first),
    firstTimestamp: String(firstTime),
    partitionLeaderEpoch: head.readInt32BE(AT.leaderEpoch),
    inTransaction: (attributes & ATTRIBUTES.transactional) > 0,
    isControlBatch: (attributes & ATTRIBUTES.control) > 0,
    lastOffsetDelta,
    producerId: head.readBigInt64BE(AT.producerId).toString(),
    producerEpoch: head.readInt16BE(AT.producerEpoch),
    firstSequence: head.readInt32BE(AT.sequence),
    maxTimestamp: String(maxTime),
    timestampType: (attributes & ATTRIBUTES.logAppendTime) > 0 ? 1 : 0,
    magicByte: MAGIC,
  }
  const brokersTime = batchContext.timestampType === 1 ? batchContext.maxTimestamp : undefined
  const reader = new Reader(bytes)
  let offsetDelta = -1
  for (let left = head.readInt32BE(AT.count); left > 0; left--) {
    const end = reader.varint() + reader.at
    const recordAttributes = reader.byte()
    const time = firstTime + reader.varint()
    offsetDelta = reader.varint()
    into.push({
      magicByte: MAGIC,
      attributes: recordAttributes,
      timestamp: brokersTime ?? String(time),
      offset: String(first + offsetDelta),
      key: reader.bytes(),
      value: reader.bytes(),
      headers: headersOf(reader, end),
      isControlRecord: batchContext.isControlBatch,
      batchContext,
    })
    reader.at = end
  }
  // Compaction took out the last ones, or all: without a sign of them a reader would ask for the same batch for ever.
  if (offsetDelta < lastOffsetDelta)
    into.push({
      magicByte: MAGIC,
      attributes: 0,
      timestamp: batchContext.maxTimestamp,
      offset: String(first + lastOffsetDelta),
      key: null,
      value: null,
      headers: {},
      isControlRecord: true,
      batchContext,
    })
}

const kinds = new Map<string, IHeaders>()

/** Of one record, shared among all records with the same ones: not to be changed. */
function headersOf(reader: Reader, end: number): IHeaders {
  if (end - reader.at > KIND_BYTES) return readHeaders(reader)
  const kind = reader.text(end)
  let headers = kinds.get(kind)
  if (headers === undefined) {
    headers = readHeaders(new Reader(Buffer.from(kind, 'latin1')))
    if (kinds.size >= KINDS_KEPT) kinds.clear()
    kinds.set(kind, headers)
  }
  return headers
}

/** A name that comes twice has a list of values. */
function readHeaders(reader: Reader): IHeaders {
  const headers: IHeaders = Object.create(null) as IHeaders
  for (let left = reader.varint(); left > 0; left--) {
    const name = reader.bytes()?.toString() ?? ''
    const value = reader.bytes() as Buffer
    const before = headers[name]
    headers[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before as Buffer, value]
  }
  return headers
}

/** Numbers are zigzag varints, up to 2^53; a length of -1 is null. */
class Reader {
  at = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  byte(): number {
    return this.#bytes[this.at++]
  }

  varint(): number {
    let byte = this.#bytes[this.at++]
    if (byte < 0x80) return byte & 1 ? -((byte + 1) / 2) : byte / 2
    let value = byte & 0x7f
    let scale = 0x80
    do {
      byte = this.#bytes[this.at++]
      if (byte === undefined) throw new Error('a record batch ends within a number')
      value += (byte & 0x7f) * scale
      scale *= 0x80
    } while (byte >= 0x80)
    return value % 2 === 1 ? -((value + 1) / 2) : value / 2
  }

  bytes(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    const from = this.at
    this.at += length
    if (this.at > this.#bytes.length) throw new Error('a record batch ends within a record')
    return this.#bytes.subarray(from, this.at)
  }

  /** The bytes up to `end`, one character each. */
  text(end: number): string {
    return this.#bytes.toString('latin1', this.at, end)
  }
}
