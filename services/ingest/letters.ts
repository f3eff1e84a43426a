// Parts of bodies as dead letters of the ingest.
import { version } from '../platform/version.ts'
import { encodeHeaders, type OutRecord } from '../topics/record-batch.ts'
import { deadLetterRecord } from '../topics/records.ts'
import type { Aside } from './store.ts'

/** A dead letter's value at most; a larger part comes in pieces. Under the dead-letter topic's limit with all headers. */
const PIECE_BYTES = 1_000_000

/**
 * One record a part, or numbered pieces where it is over the limit of a record. Parts without an id that failed alike share their
 * headers: a body may be 100,000 of them.
 */
export function letterRecords(aside: readonly Aside[], now: Date): OutRecord[] {
  const shared = new Map<string, Buffer>()
  return aside.flatMap(({ reason, error, kept, id }) => {
    const logId = id?.toString() ?? ''
    const pieces = Math.max(1, Math.ceil(kept.length / PIECE_BYTES))
    const alike = pieces === 1 && logId === '' ? `${reason} ${error}` : undefined
    return Array.from({ length: pieces }, (_, i) => {
      const value = kept.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES)
      const known = alike === undefined ? undefined : shared.get(alike)
      if (known) return { key: null, value, headers: known }
      const piece = pieces > 1 ? { piece: `${i + 1}/${pieces}` } : {}
      const story = { stage: 'receive', reason, error, attempts: 0, firstAt: now, lastAt: now, ...piece } as const
      const { key, headers } = deadLetterRecord({ logId, value, ...story }, version)
      const encoded = encodeHeaders(headers)
      if (alike !== undefined) shared.set(alike, encoded)
      return { key, value, headers: encoded }
    })
  })
}
