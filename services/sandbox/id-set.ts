// Which ids were seen, in 16 to 32 bytes an id: a hash table of 64-bit fingerprints instead of a Set of strings.

export type IdSet = {
  /** Answers true for a new id. */
  add: (id: string) => boolean
  has: (id: string) => boolean
  readonly size: number
  clear: () => void
}

const FIRST_SLOTS = 1 << 16

/** A set that knows ids by their fingerprints: two out of a million are taken for one with a chance of 3 in 100 million. */
export function createIdSet(): IdSet {
  let slots = new Uint32Array(FIRST_SLOTS * 2)
  let size = 0

  /** Where in `slots` a fingerprint is or would be: linear probing, an all-zero slot is free. */
  function place(low: number, high: number): number {
    const mask = slots.length / 2 - 1
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const at = slot * 2
      if ((slots[at] === low && slots[at + 1] === high) || isFree(at)) return at
    }
  }

  const isFree = (at: number) => slots[at] === 0 && slots[at + 1] === 0

  function put(at: number, low: number, high: number): void {
    slots[at] = low
    slots[at + 1] = high
  }

  function grow(): void {
    const old = slots
    slots = new Uint32Array(old.length * 2)
    for (let at = 0; at < old.length; at += 2) {
      if (old[at] !== 0 || old[at + 1] !== 0) put(place(old[at], old[at + 1]), old[at], old[at + 1])
    }
  }

  return {
    add(id) {
      const { low, high } = fingerprint(id)
      const at = place(low, high)
      if (!isFree(at)) return false
      put(at, low, high)
      if (++size > slots.length / 4) grow()
      return true
    },
    has(id) {
      const { low, high } = fingerprint(id)
      return !isFree(place(low, high))
    },
    get size() {
      return size
    },
    clear() {
      slots = new Uint32Array(FIRST_SLOTS * 2)
      size = 0
    },
  }
}

/** Two multiplicative hashes over the UTF-16 units, mixed into each other at the end (public domain cyrb53). */
function fingerprint(id: string): { low: number; high: number } {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return { low: a >>> 0 || 1, high: b >>> 0 }
}
