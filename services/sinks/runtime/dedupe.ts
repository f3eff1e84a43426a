// Which records are repeats of an earlier one: redelivery by Auth0, overlap of polls. Exact: no id is ever taken for another.
import { createHash } from 'node:crypto'
import { DEDUPE_WINDOW } from '../../topics/records.ts'

/** Ids that one partition remembers. */
export const WINDOW_IDS = DEDUPE_WINDOW.ids
/** How long one remembers them: time between the receipt of both records, milliseconds. */
export const WINDOW_MS = DEDUPE_WINDOW.ms

const BUCKETS = 65_536
/** An id packed four bits a character: log_ids are 56 decimal digits, older ones 24 hex. Others are hashed with SHA-256. */
const WORDS = 8
const NONE = -1

export type Dedupe = {
  /**
   * The offset of the first record with this id, where that one is an earlier one inside the window; else remembers this record.
   * Reading an offset again finds itself and is no repeat, so a rewind or a replay is never suppressed.
   */
  firstOf: (id: string, offset: number, receivedAt: number) => number | undefined
}

/** Takes nothing for a repeat. */
export const noDedupe = (): Dedupe => ({ firstOf: () => undefined })

/** The window of one partition: a ring of the last ids with chains by hash, 52 bytes an id. */
export function createDedupe(capacity = WINDOW_IDS, windowMs = WINDOW_MS): Dedupe {
  const ids = new Uint32Array(capacity * WORDS)
  const offsets = new Float64Array(capacity)
  const times = new Float64Array(capacity)
  const chain = new Int32Array(capacity).fill(NONE)
  const heads = new Int32Array(BUCKETS).fill(NONE)
  let count = 0

  const same = (place: number, packed: Uint32Array) => {
    const from = place * WORDS
    for (let i = 0; i < WORDS; i++) if (ids[from + i] !== packed[i]) return false
    return true
  }
  const unlink = (place: number) => {
    const bucket = bucketOf(ids, place * WORDS)
    if (heads[bucket] === place) heads[bucket] = chain[place]
    else {
      let at = heads[bucket]
      while (chain[at] !== place) at = chain[at]
      chain[at] = chain[place]
    }
  }

  return {
    firstOf(id, offset, receivedAt) {
      const packed = pack(id)
      const bucket = bucketOf(packed, 0)
      for (let place = heads[bucket]; place !== NONE; place = chain[place]) {
        if (!same(place, packed)) continue
        if (offsets[place] < offset && receivedAt - times[place] <= windowMs) return offsets[place]
        offsets[place] = offset
        times[place] = receivedAt
        return undefined
      }
      const place = count % capacity
      if (count >= capacity) unlink(place)
      count++
      ids.set(packed, place * WORDS)
      offsets[place] = offset
      times[place] = receivedAt
      chain[place] = heads[bucket]
      heads[bucket] = place
      return undefined
    },
  }
}

/** The shared result of pack(): valid until the next call. */
const packed = new Uint32Array(WORDS)

function pack(id: string): Uint32Array {
  packed.fill(0)
  const length = id.length
  if (length > WORDS * 8 - 2) return hashed(id)
  for (let i = 0; i < length; i++) {
    const c = id.charCodeAt(i)
    const nibble = c >= 0x30 && c <= 0x39 ? c - 0x30 : c >= 0x61 && c <= 0x66 ? c - 0x57 : 16
    if (nibble === 16) return hashed(id)
    packed[i >> 3] |= nibble << ((i & 7) << 2)
  }
  packed[WORDS - 1] = (packed[WORDS - 1] | (length << 24)) >>> 0 // tells `1` from `10`
  return packed
}

function hashed(id: string): Uint32Array {
  const digest = createHash('sha256').update(id).digest()
  for (let i = 0; i < WORDS; i++) packed[i] = digest.readUInt32LE(i * 4)
  return packed
}

function bucketOf(words: Uint32Array, from: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < WORDS; i++) hash = Math.imul(hash ^ words[from + i], 0x01000193)
  hash ^= hash >>> 15
  return (hash ^ (hash >>> 9)) & (BUCKETS - 1)
}
