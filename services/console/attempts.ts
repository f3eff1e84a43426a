// How often a password may be tried: buckets of attempts that fill again with time, by name and address.

/** `size` attempts at once, then one every `everyMs`. */
type Bucket = { size: number; everyMs: number }

/** A person who has forgotten a password gets by; a program does not. A name alone is slow to fill, or anyone could lock anyone out. */
const BUCKETS = {
  pair: { size: 5, everyMs: 60_000 },
  address: { size: 20, everyMs: 15_000 },
  name: { size: 30, everyMs: 10_000 },
} as const satisfies Record<string, Bucket>

/** What an attacker with many addresses and names may take of memory. */
const MOST_KEYS = 20_000

export type Attempts = {
  /** Takes one attempt before the password is looked at. Answers 0, or in how many seconds to try again. */
  take: (name: string, address: string) => number
  /** It was the right password: gives the attempt back. */
  succeeded: (name: string, address: string) => void
}

export function createAttempts(now: () => number = Date.now): Attempts {
  /** Key -> when its bucket is full again. */
  const fullAt = new Map<string, number>()

  const keysOf = (name: string, address: string): [string, Bucket][] => [
    [`pair ${address} ${name}`, BUCKETS.pair],
    [`address ${address}`, BUCKETS.address],
    [`name ${name}`, BUCKETS.name],
  ]
  /** Milliseconds until the bucket holds an attempt. */
  const waitOf = (key: string, { size, everyMs }: Bucket) => Math.max(0, (fullAt.get(key) ?? 0) - now() - (size - 1) * everyMs)

  function sweep(): void {
    if (fullAt.size < MOST_KEYS) return
    for (const [key, at] of fullAt) if (at <= now()) fullAt.delete(key)
    for (const key of fullAt.keys()) {
      if (fullAt.size < MOST_KEYS) return
      fullAt.delete(key)
    }
  }

  return {
    take(name, address) {
      const keys = keysOf(name, address)
      const waitMs = Math.max(...keys.map(([key, bucket]) => waitOf(key, bucket)))
      if (waitMs > 0) return Math.ceil(waitMs / 1000)
      sweep()
      for (const [key, { everyMs }] of keys) fullAt.set(key, Math.max(now(), fullAt.get(key) ?? 0) + everyMs)
      return 0
    },
    succeeded(name, address) {
      for (const [key, { everyMs }] of keysOf(name, address)) fullAt.set(key, (fullAt.get(key) ?? 0) - everyMs)
    },
  }
}
