// Which fault meets what and when: made from the seed before the run begins, so that the same seed gives the same faults.
import { seededRandom } from '../support/random.ts'

const SINKS = ['cloudwatch', 'segment', 'papertrail'] as const
const SINK_MEMBERS = SINKS.flatMap((sink) => [`${sink} a`, `${sink} b`])

/** The second member of each sink, `b`, is never ended: what grows with time is seen in it. */
const MORTAL = ['ingest', 'console', 'slack', ...SINKS.map((sink) => `${sink} a`)]
const ALL = ['ingest', 'console', 'slack', ...SINK_MEMBERS]
const BROKERS = ['broker 1', 'broker 2', 'broker 3']

/** Targets of each fault, and how many seconds it lasts: least and most. */
const faults = {
  'kill -9': { targets: MORTAL, lasts: [0.5, 5] },
  SIGTERM: { targets: MORTAL, lasts: [0.5, 5] },
  SIGSTOP: { targets: ALL, lasts: [1, 15] },
  'broker kill -9': { targets: BROKERS, lasts: [3, 20] },
  'broker restart': { targets: BROKERS, lasts: [1, 5] },
  'broker SIGSTOP': { targets: BROKERS, lasts: [2, 15] },
  'vendor 503': { targets: ['cloudwatch', 'segment'], lasts: [3, 20] },
  'vendor 403': { targets: ['cloudwatch', 'segment'], lasts: [3, 20] },
  'vendor 429': { targets: ['cloudwatch', 'segment'], lasts: [3, 20] },
  'vendor slow': { targets: SINKS, lasts: [3, 20] },
  'vendor hang': { targets: SINKS, lasts: [3, 25] },
  'vendor reset': { targets: SINKS, lasts: [0.1, 5] },
  'third member': { targets: SINKS, lasts: [5, 20] },
  'pause and start': { targets: SINKS, lasts: [2, 15] },
  'stop and start': { targets: SINKS, lasts: [2, 15] },
  'replay job': { targets: SINKS, lasts: [10, 20] },
} as const satisfies Record<string, { targets: readonly string[]; lasts: readonly [number, number] }>

export type FaultName = keyof typeof faults
/** Times in milliseconds from the first event on. */
export type Planned = { at: number; until: number; fault: FaultName; target: string }

/** After a fault, before what it met may be met again: time to come back. */
const REST_MS = 15_000
/** At most so long between two faults that begin. */
const MOST_GAP_MS = 12_000

/** Faults between `from` and `to`, in order. At most one broker is away at a time, and nothing is met by two faults at once. */
export function makePlan(seed: number, from: number, to: number): Planned[] {
  const random = seededRandom(seed)
  const names = Object.keys(faults) as FaultName[]
  const freeAt = new Map<string, number>()
  const plan: Planned[] = []
  for (let at = from; at < to; at += 1_000 + random.below(MOST_GAP_MS - 1_000)) {
    const fault = random.pick(names)
    const { targets, lasts } = faults[fault]
    const target = random.pick<string>(targets)
    const until = at + Math.round(1_000 * (lasts[0] + random.next() * (lasts[1] - lasts[0])))
    const holds = holdsOf(target)
    if (until > to || holds.some((name) => (freeAt.get(name) ?? 0) > at)) continue
    for (const name of holds) freeAt.set(name, until + REST_MS)
    plan.push({ at, until, fault, target })
  }
  return plan
}

/** What nothing else may meet meanwhile: any broker stands for all of them, a member for itself and its sink. */
function holdsOf(target: string): string[] {
  const [kind] = target.split(' ')
  return kind === 'broker' ? ['broker'] : [kind]
}
