// Records that are hard to write and to read.
import { encodeHeaders, type OutRecord } from '../../services/topics/record-batch.ts'
import { seededRandom } from './random.ts'

/** Lengths around which a varint of a length, or a buffer, grows. */
export const SIZES = [0, 1, 62, 63, 64, 65, 127, 128, 4_000, 4_096, 8_191, 8_192, 8_193, 70_000]

/** Records of all sizes: keys, values and headers null, empty and of any bytes. */
export function awkwardRecords(seed: number): OutRecord[] {
  const random = seededRandom(seed)
  const bytes = (length: number) => Buffer.alloc(length).map(() => random.below(256)) as Buffer
  const small = () => random.pick([null, bytes(0), bytes(random.below(300))])
  const headers = () =>
    new Map(Array.from({ length: random.below(4) }, (_, i) => [Buffer.from(`${i} é\u0000`), bytes(random.below(200))] as const))
  return [
    { key: null, value: null },
    { key: Buffer.alloc(0), value: Buffer.alloc(0), headers: new Map() },
    ...SIZES.map((size) => ({ key: small(), value: bytes(size), headers: headers() })),
    ...SIZES.filter((size) => size < 5_000).map((size) => ({ key: bytes(size), value: small(), headers: headers() })),
    ...Array.from({ length: 300 }, () => ({ key: small(), value: small(), headers: encodeHeaders(headers()) })),
  ]
}
