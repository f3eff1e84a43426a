// Who appears in simulated events: invented, each the same whenever drawn, so that users come back as real ones do. Chance has a seed.
import { createHash } from 'node:crypto'

export type Random = () => number

export type Person = ReturnType<typeof makePerson>

const PEOPLE = 400
const FIRST = ['ada', 'bruno', 'chiara', 'dmitri', 'elif', 'farid', 'greta', 'hana', 'imani', 'jonas', 'kenji', 'lucia', 'mateo']
const LAST = ['abara', 'bergman', 'costa', 'dubois', 'eriksen', 'fischer', 'gupta', 'horvat', 'ito', 'jansen', 'kowalski']
const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
  'Northwind-Android/7.4.1 okhttp/4.12.0',
]
const PLACES = [
  {
    country_code: 'DE',
    country_code3: 'DEU',
    country_name: 'Germany',
    city_name: 'Leipzig',
    latitude: 51.3397,
    longitude: 12.3731,
  },
  {
    country_code: 'PT',
    country_code3: 'PRT',
    country_name: 'Portugal',
    city_name: 'Porto',
    latitude: 41.1579,
    longitude: -8.6291,
  },
  {
    country_code: 'JP',
    country_code3: 'JPN',
    country_name: 'Japan',
    city_name: 'Sendai',
    latitude: 38.2682,
    longitude: 140.8694,
  },
  {
    country_code: 'CA',
    country_code3: 'CAN',
    country_name: 'Canada',
    city_name: 'Québec',
    latitude: 46.8139,
    longitude: -71.208,
  },
].map((place, i) => ({
  ...place,
  time_zone: ['Europe/Berlin', 'Europe/Lisbon', 'Asia/Tokyo', 'America/Toronto'][i],
  continent_code: ['EU', 'EU', 'AS', 'NA'][i],
}))
const APPLICATIONS = [
  { client_id: 'Wq7LrZ3xKp0TfYd82HsVnJcAe5GbMu1i', client_name: 'Northwind Shop' },
  { client_id: 'b4XnE9cTgPz6RmQ1yKvD7wLhS2oJfU8a', client_name: 'Northwind Driver App' },
  { client_id: 'Hk2VsYp5MdB8jNqC3uRzX6tGwLe9Af0T', client_name: 'Warehouse Back Office' },
]
const CONNECTIONS = [
  { connection: 'customers', connection_id: 'con_Jt5vQe8RkW2mXc9P', strategy: 'auth0', strategy_type: 'database' },
  { connection: 'google-oauth2', connection_id: 'con_Lz3nYb7FhD6sKp1G', strategy: 'google-oauth2', strategy_type: 'social' },
]

const people = Array.from({ length: PEOPLE }, (_, i) => makePerson(i))

export function person(random: Random): Person {
  return people[whole(random, PEOPLE)]
}

/** A whole number from 0 to below `below`. */
export const whole = (random: Random, below: number) => Math.floor(random() * below)
export const chance = (random: Random, part: number) => random() < part
export const oneOf = <T>(random: Random, values: readonly T[]): T => values[whole(random, values.length)]

/** `length` characters (at most 64) that look like a secret or an id of Auth0. */
export function token(random: Random, length: number): string {
  const start = whole(random, TOKENS.length - length)
  return TOKENS.slice(start, start + length)
}

/** Drawing each character anew would cost more than all the rest of an event. */
const TOKENS = Array.from({ length: 1_000 }, (_, i) => createHash('sha256').update(`token ${i}`).digest('base64url')).join('')

function makePerson(i: number) {
  const name = `${FIRST[i % FIRST.length]}.${LAST[i % LAST.length]}${i}`
  const { connection, connection_id, strategy, strategy_type } = CONNECTIONS[i % 4 === 0 ? 1 : 0]
  const hex = (6_000_000_000 + i * 7_919).toString(16).padStart(12, '0')
  const subject = strategy === 'auth0' ? `66f0c1d2a3b4${hex}` : String(104_000_000_000_000_000_000n + BigInt(i * 104_729))
  return {
    user_id: `${strategy}|${subject}`,
    subject,
    user_name: `${name}@example.com`,
    connection: { connection, connection_id },
    strategy: { strategy, strategy_type },
    application: APPLICATIONS[i % APPLICATIONS.length],
    // Documentation ranges (RFC 5737, RFC 3849): nobody's address.
    ip: i % 5 === 0 ? `2001:db8:${hex.slice(-4)}::${(i % 250) + 1}` : `198.51.100.${(i % 250) + 1}`,
    user_agent: AGENTS[i % AGENTS.length],
    location: PLACES[i % PLACES.length],
    ja3: `${hex}77c1f4a0b9e25d38`.padEnd(32, '5e'),
    ja4: `t13d1516h2_${hex}_${hex.slice(2)}e5`,
  }
}

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
