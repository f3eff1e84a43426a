// Chance that comes again: the same seed gives the same run.

/** Mulberry32: a small generator with a 32-bit state, good enough to choose test data. */
export function seededRandom(seed: number) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000
  }
  /** A whole number from 0 to below `limit`. */
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    next,
    below,
    pick: <T>(list: readonly T[]): T => list[below(list.length)],
    chance: (share: number) => next() < share,
  }
}

export type SeededRandom = ReturnType<typeof seededRandom>
