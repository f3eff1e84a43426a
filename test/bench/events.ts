// The events of the bench: a pool of realistic ones, made once, each use with a log_id of its own. In the id stands when it was posted.
import { hrtime } from 'node:process'
import { realisticEvent, type SimulatedEvent } from '../../services/sandbox/simulate/events.ts'

/** Different contents; every further event is one of these with another id. */
const POOL_EVENTS = 20_000
/** Of the 56 digits of a log_id the last 36 are ours: twelve that count, eight that are left, sixteen for the time. */
const OWN_DIGITS = 36
const ID_DIGITS = 56
const STAMP_DIGITS = 16
const SEED = 20_261_122

/** Microseconds of the monotonic clock, which all processes of a machine share. */
export const nowUs = () => Number(hrtime.bigint() / 1_000n)

/** The first `count` events of the pool, the same in every process. */
export function eventPool(count = POOL_EVENTS): SimulatedEvent[] {
  const random = seeded(SEED)
  const now = Date.now()
  return Array.from({ length: count }, (_, n) => realisticEvent(n, now, random))
}

/** Where an event's id stands in bytes that hold it, once in the envelope and once in `data`. */
export function placesOf(bytes: Buffer, id: string): number[] {
  const places: number[] = []
  for (let at = bytes.indexOf(id); at >= 0; at = bytes.indexOf(id, at + ID_DIGITS)) places.push(at)
  return places
}

/** The digits that make the n-th event of a run unlike all others. @param us when it is posted, see nowUs */
export function ownDigits(n: number, us: number): string {
  return String(n).padStart(OWN_DIGITS - STAMP_DIGITS, '0') + String(us).padStart(STAMP_DIGITS, '0')
}

/** Writes them into the id that stands at `place`. */
export function writeOwnDigits(bytes: Buffer, place: number, digits: string): void {
  bytes.write(digits, place + ID_DIGITS - OWN_DIGITS, 'latin1')
}

/** When the event with this id was posted. */
export const postedAtUs = (id: string) => Number(id.slice(ID_DIGITS - STAMP_DIGITS))

/** The value below which this share of the samples lies; NaN without samples. @param sorted ascending */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

/** Numbers from 0 to below 1, the same in each run (public domain mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
