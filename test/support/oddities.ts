// What others may write into the topics: right records with something odd in them, odd values whole, and bytes that are none. Seeded.
import type { SeededRandom } from './random.ts'

const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'segment',
  'ingest',
  'audit',
  '',
  'x'.repeat(300),
  '\u202e\u0000\u001b[2J',
]
const VALUES = [
  null,
  true,
  -1,
  0,
  1e308,
  -9e15,
  2,
  [],
  {},
  [null],
  { v: 2 },
  [[]],
  '9e99',
  '2026-13-45T99:99:99Z',
  '+275761-01-01T00:00:00Z',
]

/** Any JSON value. */
export function oddValue(random: SeededRandom, depth = 0): unknown {
  const kind = random.below(depth > 4 ? 3 : 6)
  if (kind < 2) return random.pick(VALUES)
  if (kind === 2) return oddText(random)
  const inner = () => oddValue(random, depth + 1)
  if (kind === 3) return Array.from({ length: random.below(4) }, inner)
  return Object.fromEntries(Array.from({ length: random.below(4) }, () => [random.pick(NAMES), inner()]))
}

/** Odd characters, names of Object.prototype, long and hostile texts. */
export function oddText(random: SeededRandom): string {
  const character = () =>
    String.fromCodePoint(random.pick([random.below(0x250), 0x202e, 0xd800, 0x1f600, 0, 0x1b, 0x40, 0x3c, 0x7c]))
  if (random.chance(0.3)) return random.pick(NAMES)
  if (random.chance(0.02)) return random.pick(['token', 'a@', '7 (', 'eyJ-', 'a|b', 'ab:']).repeat(random.below(20_000))
  return Array.from({ length: random.below(60) }, character).join('')
}

/** A right record with one to four fields odd, gone, or new; at times something else altogether. */
export function oddRecord(random: SeededRandom, right: object): Buffer {
  if (random.chance(0.05)) return Buffer.from(Array.from({ length: random.below(40) }, () => random.below(256)))
  if (random.chance(0.05)) return Buffer.from(JSON.stringify(oddValue(random)) ?? '')
  if (random.chance(0.01)) return Buffer.from(`{"v":1,"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`)
  const fields = new Map<string, unknown>(Object.entries(right))
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const name = random.chance(0.1) ? random.pick(NAMES) : random.pick([...fields.keys()])
    if (random.chance(0.2)) fields.delete(name)
    else fields.set(name, oddValue(random))
  }
  return Buffer.from(JSON.stringify(Object.fromEntries(fields)))
}

export const oddKey = (random: SeededRandom): string | null =>
  random.chance(0.1) ? null : random.pick([...NAMES, 'audit', 'segment'])
