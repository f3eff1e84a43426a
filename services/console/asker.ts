// Who asks: the session cookie of the page, HTTP Basic of programs.
import { createHmac, randomBytes } from 'node:crypto'
import type { Request } from '../platform/http.ts'
import type { Attempts } from './attempts.ts'
import { Answer, type Asker } from './route.ts'
import type { Sessions } from './sessions.ts'
import { authenticate, type User } from './users.ts'

export const COOKIE = 'session'
/** A program that asks every second must not pay for a password every second. */
const REMEMBER_MS = 5 * 60_000
const MOST_REMEMBERED = 200
const MOST_NAME = 64
const MOST_PASSWORD = 1024

const NO_USERS =
  'nobody can log in, because CONSOLE_USERS is not set: make an entry with `auth0-logs hash-password`, set CONSOLE_USERS to name:operator:<that hash> and restart the console'

export type Login = (name: unknown, password: unknown, address: string) => Promise<User>

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

/** @throws Answer 401, or what `login` throws for HTTP Basic */
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
    if (/^basic /i.test(authorization)) return { user: await byBasic(authorization, request.ip ?? ''), token: '' }
    const token = cookieOf(request)
    const user = sessions.verify(token)
    if (!user)
      throw new Answer(401, 'login_needed', token ? 'the session has ended: log in again' : 'log in first, or send HTTP Basic')
    return { user, token }
  }
}

/** The session cookie's value, empty where there is none. */
export function cookieOf(request: Request): string {
  const cookies = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return cookies.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1) ?? ''
}
