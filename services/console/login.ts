// Logging in: how often a password may be tried, and whose a request is.
import { createHmac, randomBytes } from 'node:crypto'
import type { Request } from '../platform/http.ts'
import { Answer } from './route.ts'
import { COOKIE, type Sessions } from './sessions.ts'
import { type Asker, authenticate, type Login, type User } from './users.ts'

/** `size` attempts at once, then one every `everyMs`. */
type Bucket = { size: number; everyMs: number }

/** A person who has forgotten a password gets by; a program does not. A name alone is slow to fill, or anyone could lock anyone out. */
const BUCKETS = {
  pair: { size: 5, everyMs: 60_000 },
  address: { size: 20, everyMs: 15_000 },
  name: { size: 30, everyMs: 10_000 },
} as const satisfies Record<string, Bucket>

/** What an attacker with many addresses and names may take of memory. */
const MOST_KEYS = 20_000

export type Attempts = {
  /** Takes one attempt before the password is looked at. Answers 0, or in how many seconds to try again. */
  take: (name: string, address: string) => number
  /** It was the right password: gives the attempt back. */
  succeeded: (name: string, address: string) => void
}

export function createAttempts(now: () => number = Date.now): Attempts {
  /** Key -> when its bucket is full again. */
  const fullAt = new Map<string, number>()

  const keysOf = (name: string, address: string): [string, Bucket][] => [
    [`pair ${address} ${name}`, BUCKETS.pair],
    [`address ${address}`, BUCKETS.address],
    [`name ${name}`, BUCKETS.name],
  ]
  /** Milliseconds until the bucket holds an attempt. */
  const waitOf = (key: string, { size, everyMs }: Bucket) => Math.max(0, (fullAt.get(key) ?? 0) - now() - (size - 1) * everyMs)

  function sweep(): void {
    if (fullAt.size < MOST_KEYS) return
    for (const [key, at] of fullAt) if (at <= now()) fullAt.delete(key)
    for (const key of fullAt.keys()) {
      if (fullAt.size < MOST_KEYS) return
      fullAt.delete(key)
    }
  }

  return {
    take(name, address) {
      const keys = keysOf(name, address)
      const waitMs = Math.max(...keys.map(([key, bucket]) => waitOf(key, bucket)))
      if (waitMs > 0) return Math.ceil(waitMs / 1000)
      sweep()
      for (const [key, { everyMs }] of keys) fullAt.set(key, Math.max(now(), fullAt.get(key) ?? 0) + everyMs)
      return 0
    },
    succeeded(name, address) {
      for (const [key, { everyMs }] of keysOf(name, address)) fullAt.set(key, (fullAt.get(key) ?? 0) - everyMs)
    },
  }
}

/** A program that asks every second must not pay for a password every second. */
const REMEMBER_MS = 5 * 60_000
const MOST_REMEMBERED = 200
const MOST_NAME = 64
const MOST_PASSWORD = 1024

const NO_USERS =
  'nobody can log in, because CONSOLE_USERS is not set: make an entry with `auth0-logs hash-password`, set CONSOLE_USERS to name:operator:<that hash> and restart the console'

/** Checks a password, as often as it may be tried. @throws Answer 400, 401, 403 or 429 with Retry-After */
export function createLogin(users: readonly User[], attempts: Attempts): Login {
  return async (name, password, address) => {
    if (users.length === 0) throw new Answer(403, 'no_users', NO_USERS)
    if (
      typeof name !== 'string' ||
      typeof password !== 'string' ||
      name === '' ||
      name.length > MOST_NAME ||
      password.length > MOST_PASSWORD
    )
      throw new Answer(400, 'wrong_use', 'give username and password as texts')
    const waitSeconds = attempts.take(name, address)
    if (waitSeconds > 0) {
      const message = `too many attempts: try again in ${waitSeconds} seconds`
      throw new Answer(429, 'too_many_attempts', message, { headers: { 'retry-after': String(waitSeconds) } })
    }
    const user = await authenticate(users, name, password)
    if (!user) throw new Answer(401, 'wrong_login', 'the name or the password is wrong')
    attempts.succeeded(name, address)
    return user
  }
}

/**
 * Who asks: the session cookie of the page, HTTP Basic of programs.
 * @throws Answer 401, or what `login` throws for HTTP Basic
 */
export function createWho(sessions: Sessions, login: Login): (request: Request) => Promise<Asker> {
  const key = randomBytes(32)
  /** A program's requests come at once: those with the same password are one attempt. A wrong one is not remembered. */
  const remembered = new Map<string, { user: Promise<User>; until: number }>()

  function byBasic(header: string, address: string): Promise<User> {
    const id = createHmac('sha256', key).update(`${address} ${header}`).digest('base64')
    const known = remembered.get(id)
    if (known && known.until > Date.now()) return known.user
    const [, name = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(header.slice(6), 'base64').toString()) ?? []
    if (remembered.size >= MOST_REMEMBERED) remembered.clear()
    const user = login(name, password, address)
    remembered.set(id, { user, until: Date.now() + REMEMBER_MS })
    user.catch(() => remembered.delete(id))
    return user
  }

  return async (request) => {
    const { authorization = '' } = request.headers
    if (/^basic /i.test(authorization)) return { user: await byBasic(authorization, request.ip ?? '') }
    const token = cookieOf(request)
    const session = sessions.verify(token)
    if (!session)
      throw new Answer(401, 'login_needed', token ? 'the session has ended: log in again' : 'log in first, or send HTTP Basic')
    return { user: session.user, session }
  }
}

/** The session cookie's value, empty where there is none. */
function cookieOf(request: Request): string {
  const cookies = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return cookies.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1) ?? ''
}
