// Record batches of magic 2, as Kafka stores and sends them: https://kafka.apache.org/documentation/#recordbatch
//
//   batch   baseOffset int64 · batchLength int32 · partitionLeaderEpoch int32 · magic int8 · crc uint32 · attributes int16
//           · lastOffsetDelta int32 · baseTimestamp int64 · maxTimestamp int64 · producerId int64 · producerEpoch int16
//           · baseSequence int32 · recordCount int32 · records, compressed as a whole where attributes say so
//   record  length · attributes int8 · timestampDelta · offsetDelta · keyLength · key · valueLength · value · headerCount
//           · headers, each keyLength · key · valueLength · value
//
// A record's numbers are zigzag varints, -1 is the length of null; the batch's are big-endian. batchLength counts what follows it, the
// CRC-32C covers everything from the attributes on. Written by record-batch.ts, read by fetched-records.ts.

/** Where the batch's numbers stand; baseOffset at 0. */
export const AT = {
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTime: 27,
  maxTime: 35,
  producerId: 43,
  producerEpoch: 51,
  sequence: 53,
  count: 57,
} as const
/** A batch's bytes before its records. */
export const HEAD_BYTES = 61
/** What batchLength does not count: baseOffset and itself. */
export const BEFORE_LENGTH = 12
export const MAGIC = 2

/** Bits of `attributes`. */
export const ATTRIBUTES = { codec: 0x07, logAppendTime: 0x08, transactional: 0x10, control: 0x20 } as const
/** Numbers of the codecs in `attributes`. */
export const CODEC = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const
