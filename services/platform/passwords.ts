// Passwords of console users: scrypt, as text `scrypt.<N>.<r>.<p>.<salt>.<key>`, salt and 32-byte key in base64url.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** Node's own defaults: 16 MiB and some 40 ms a check. https://nodejs.org/docs/latest-v24.x/api/crypto.html#cryptoscryptpassword-salt-keylen-options-callback */
const COST = { N: 16_384, r: 8, p: 1 }
const KEY_BYTES = 32
const SALT_BYTES = 16
/** A hash may ask for this much at most: 128 × N × r bytes. A slip in CONSOLE_USERS must not stop the console at a login. */
const MAX_MEMORY = 128 * 1024 * 1024
const MAX_PARALLEL = 16
const LEAST_SALT_BYTES = 8

type Parameters = { N: number; r: number; p: number }
export type PasswordHash = Parameters & { salt: Buffer; key: Buffer }

/** A new hash of the password, with a salt of its own. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const key = await derive(password, salt, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join('.')
}

/** The parts of a hash, or what is wrong with it in words that fit after its name. */
export function parsePasswordHash(text: string): { value: PasswordHash } | { problem: string } {
  const parts = /^scrypt\.(\d{1,9})\.(\d{1,4})\.(\d{1,4})\.([\w-]+)\.([\w-]+)$/.exec(text)
  if (!parts) return { problem: 'must be scrypt.<N>.<r>.<p>.<salt>.<key>, as auth0-logs hash-password makes it' }
  const [N, r, p] = parts.slice(1, 4).map(Number)
  const [salt, key] = parts.slice(4).map((part) => Buffer.from(part, 'base64url'))
  if (N < 2 || (N & (N - 1)) !== 0 || r < 1 || p < 1 || p > MAX_PARALLEL || 128 * N * r > MAX_MEMORY)
    return { problem: `has parameters that cannot be used: N=${N} must be a power of two, r=${r} and p=${p} small` }
  if (key.length !== KEY_BYTES || salt.length < LEAST_SALT_BYTES)
    return { problem: `must have a key of ${KEY_BYTES} bytes and a salt of at least ${LEAST_SALT_BYTES}` }
  return { value: { N, r, p, salt, key } }
}

/** Whether it is this password; false for a text that is no hash. Takes the same time for every wrong password. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const parsed = parsePasswordHash(hash)
  if ('problem' in parsed) return false
  const { salt, key, ...cost } = parsed.value
  return timingSafeEqual(await derive(password, salt, cost), key)
}

function derive(password: string, salt: Buffer, cost: Parameters): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const done = (error: Error | null, key: Buffer) => (error ? reject(error) : resolve(key))
  scrypt(password, salt, KEY_BYTES, { ...cost, maxmem: 2 * MAX_MEMORY }, done)
  return promise
}
