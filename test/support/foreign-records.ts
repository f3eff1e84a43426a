// Records as others may write them: a right one with something changed, and things that are none at all. Seeded.
import { serviceRecord } from '../operations/announced.ts'
import { newReport } from '../../services/topics/records.ts'
import { newJob } from '../../services/topics/jobs.ts'
import type { SeededRandom } from './random.ts'

const AT = '2026-03-04T05:06:07.089Z'
export const rightState = { v: 1, state: 'paused', by: 'ada', at: AT, run_at: AT }
export const rightPlan = {
  step: 'setting',
  group: 'auth0.logs.segment',
  before: [
    [0, -1],
    [1, 7],
  ],
  offsets: [[0, 3]],
  state: null,
  stopped: rightState,
}
export const rightJob = newJob({
  id: 'a-1',
  service: 'segment',
  kind: 'replay',
  from: 'earliest',
  by: 'ada',
  at: AT,
  ranges: [{ partition: 0, from: 1, to: 5, reached: 2 }],
  log_id: '',
})
const rightProof = {
  day: '2026-11-27',
  zone: 'UTC',
  sinks: ['segment'],
  auth0: true,
  done: 3.5,
  total: 24,
  what: 'asking Auth0',
  verdict: 'complete',
  hours: 'cin',
}
export const rightProofJob = { ...rightJob, kind: 'prove', proof: rightProof }
const SHA = 'a'.repeat(64)
export const rightCertificate = {
  v: 1,
  certificate: 'day',
  id: 'a-1',
  day: '2026-11-27',
  zone: 'Europe/Berlin',
  from: AT,
  to: AT,
  as_of: AT,
  made_at: AT,
  by: 'ada',
  version: '1',
  verdict: 'incomplete',
  reasons: [{ reason: 'missing', logs: 1, words: 'one' }],
  auth0: {
    tenant: 't',
    retention_days: 5,
    stream: { name: 's', status: 'active', priority: false, filters: ['user'], pii_config: ['email'] },
    stream_problem: '',
  },
  topic: { name: 'auth0.logs', partitions: [{ partition: 0, start: 0, end: 9, read_from: 1 }] },
  sinks: [
    {
      sink: 'segment',
      group: 'g',
      version: '1',
      sandbox: false,
      verdict: 'complete',
      filters: [{ from: '', LOG_LEVEL: '', LOG_TYPES: '', LOG_FILTER_MODE: 'all' }],
      accounts: [
        {
          partition: 0,
          base: 0,
          next: 9,
          delivered: 9,
          filtered: 0,
          duplicates: 0,
          dead_lettered: 0,
          expired: 0,
          kind: 'counted',
          note: '',
        },
      ],
      dead_letters: { start: 0, end: 0 },
      resets: [{ at: AT, by: 'ada' }],
    },
  ],
  totals: { auth0: 1, topic: 1, copies: 1, missing: 1, not_listed: 0, excluded: 0, calls: 2 },
  hashes: { auth0: '', topic: SHA },
  hours: [
    {
      at: '2026-11-27T00:00+01:00',
      from: AT,
      to: AT,
      checked_at: AT,
      verdict: 'complete',
      reasons: ['waiting'],
      auth0: { logs: 1, hash: SHA, excluded: { s: 1 }, calls: 1 },
      topic: { logs: 1, copies: 1, hash: SHA, missing: 0, not_listed: 0 },
      sinks: {
        segment: {
          delivered: 1,
          redriven: 0,
          delivered_or_filtered: 0,
          filtered: { type: 1 },
          dead_lettered: { http_400: 1 },
          waiting: 0,
          unknown: 0,
          duplicates: 0,
        },
      },
    },
  ],
  differences: { total: 1, left_out: 0, hash: SHA, shown_hash: SHA },
  signature: { algorithm: 'Ed25519', public_key: 'a', value: 'b' },
  list: [{ log_id: '900', hour: '', kind: 'missing', sink: '', why: '' }],
}
export const rightReset = { ...rightJob, id: 'reset', kind: 'reset', checkpoint: JSON.stringify(rightPlan) }
export const rightReport = newReport({
  service: 'segment',
  instance: 'host-1',
  run: 'r',
  status: 'success',
  started_at: AT,
  ended_at: AT,
  offsets: { 0: 5 },
  deliveries: 1,
  delivery_ms: 2,
})
export const rightAudit = {
  v: 1,
  audit: true,
  at: AT,
  by: 'ada',
  role: 'operator',
  operation: 'pause',
  input: {},
  outcome: 'ok',
  before: null,
  after: null,
}
export const rightAccount = {
  v: 1,
  base: '100',
  delivered: 1,
  filtered: 2,
  duplicates: 3,
  dead_lettered: 4,
  expired: 5,
  checkpoint: '900',
}
export const rightLetter = {
  topic: 'auth0.logs',
  partition: '0',
  offset: '5',
  log_id: '900',
  stage: 'deliver',
  reason: 'http_400',
  error: 'no',
  attempts: '1',
  first_at: AT,
  last_at: AT,
  version: '1.0.0',
  piece: '1/2',
}
export const rightService = {
  v: 1,
  ...serviceRecord('auth0.logs', 'segment'),
  replay_limit: { hours: 24, meaning: 'old' },
  repeats: 'dropped',
}
export const rightSettings = { v: 1, values: { SEGMENT_LOG_LEVEL: '3' }, by: 'ada', at: AT }

const JUNK: readonly unknown[] = [
  null,
  0,
  1,
  -1,
  2,
  1.5,
  1e300,
  true,
  '',
  'x',
  '__proto__',
  'constructor',
  '9999-99-99T99:99:99.999Z',
  AT,
  [],
  [null],
  [[0, 1, 2]],
  {},
  { a: 1 },
  { toString: 1 },
  '\u001b[31m\u0007\u009b',
  '\ud800',
]

/** A copy with up to three members removed, added or made something else, at any depth. */
export function changed(record: object, random: SeededRandom): object {
  const copy = structuredClone(record)
  for (let n = random.below(4); n > 0; n--) changeOne(copy as Record<string, unknown>, random)
  return copy
}

function changeOne(into: Record<string, unknown>, random: SeededRandom): void {
  const keys = Object.keys(into)
  if (keys.length === 0 || random.chance(0.1))
    return set(into, random.pick(['more', '__proto__', 'constructor']), structuredClone(random.pick(JUNK)))
  const key = random.pick(keys)
  const value = into[key]
  if (typeof value === 'object' && value !== null && random.chance(0.7))
    return changeOne(value as Record<string, unknown>, random)
  if (random.chance(0.2) && !Array.isArray(into)) delete into[key]
  else set(into, key, structuredClone(random.pick(JUNK)))
}

const set = (into: object, key: string, value: unknown) =>
  void Object.defineProperty(into, key, { value, enumerable: true, configurable: true, writable: true })

/** Bytes that are no record at all. */
export const noRecords: readonly (string | null)[] = [
  '',
  'no JSON',
  'null',
  '1',
  '"text"',
  '[]',
  '{}',
  '{"v":1}',
  '{"v":2}',
  '{"v":"1"}',
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  '{"__proto__":{"v":1}}',
  '\u0000\u0001',
]
