// Chance that can be had again: the same seed draws the same numbers.
import type { Random } from './people.ts'

/** Numbers from 0 to below 1 (public domain mulberry32). @param seed a whole number; neighbours draw unlike numbers */
export function seeded(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
