// Realistic Auth0 events: a dozen and more types in the shapes that log streams carry, with invented people and places.
import { kinds } from './kinds.ts'
import { chance, person, type Random, whole } from './people.ts'

export type { Random } from './people.ts'

/** One event as a log stream wraps it. */
export type SimulatedEvent = { log_id: string; data: Record<string, unknown> & { log_id: string; type: string; date: string } }

const WEIGHTS = kinds.reduce((sum, { weight }) => sum + weight, 0)
const TENANT = 'northwind'
/** Auth0 stores an event some seconds after it happened, and the stored time is the one within the log_id. */
const LAG_MS = { least: 300, most: 5_000 }

/**
 * The n-th event of a run. Ids ascend as long as `n` rises and `time` does not fall; about 1.2 KB on average.
 * @param time when Auth0 stored it, milliseconds since the epoch
 * @param random from 0 to below 1, as Math.random
 * @param type one of the kinds; drawn by their weights when not given or not among them
 */
export function realisticEvent(n: number, time: number, random: Random, type?: string): SimulatedEvent {
  const kind = kinds.find((known) => known.type === type) ?? pick(random)
  const log_id = logId(n, time, random)
  const who = person(random)
  const happened = time - LAG_MS.least - whole(random, LAG_MS.most - LAG_MS.least)
  const data = {
    date: new Date(happened).toISOString(),
    type: kind.type,
    ...kind.data({ who, random, time: happened }),
    hostname: `${TENANT}.eu.auth0.com`,
    ...(chance(random, 0.4) && { security_context: { ja3: who.ja3, ja4: who.ja4 } }),
    ...(kind.located && chance(random, 0.5) && { location_info: who.location }),
    $event_schema: { version: '1.0.0' },
    environment_name: 'prod-eu-1',
    log_id,
    tenant_name: TENANT,
  }
  return { log_id, data }
}

function pick(random: Random) {
  let left = random() * WEIGHTS
  for (const kind of kinds) {
    left -= kind.weight
    if (left < 0) return kind
  }
  return kinds[0]
}

/** 56 digits: `900`, the UTC time to the millisecond, then 36 more: here twelve that rise with n and 24 of chance. */
export function logId(n: number, time: number, random: Random): string {
  const stamp = new Date(time).toISOString().replace(/\D/g, '')
  const eight = () => String(whole(random, 1e8)).padStart(8, '0')
  return `900${stamp}${String(n).padStart(12, '0')}${eight()}${eight()}${eight()}`
}
