// Sessions: signed cookies, so that no store is needed and any instance with the same key accepts them.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { User } from './users.ts'

/** A logged-out session stays refused until it would have ended; more than this many are forgotten, oldest first. */
const MOST_REVOKED = 10_000

export type Sessions = {
  /** The cookie's value for a user who has just logged in. */
  issue: (user: User) => string
  /** Whose session it is; undefined for what is forged, ended, logged out, or of a user who is gone or has another password. */
  verify: (token: string) => User | undefined
  revoke: (token: string) => void
}

/** @param lifetimeMs how long a login is good for */
export function createSessions(key: string, users: readonly User[], lifetimeMs: number, now: () => number = Date.now): Sessions {
  const revoked = new Map<string, number>()

  /** The password's hash is signed too: a changed password ends its sessions. */
  const sign = (body: string, user: User) => createHmac('sha256', key).update(`${body}\n${user.role}\n${user.hash}`).digest()

  function read(token: string): { user: User; id: string; end: number } | undefined {
    const [body, signature, ...more] = token.split('.')
    if (!body || !signature || more.length > 0) return undefined
    const [id, end, name] = Buffer.from(body, 'base64url').toString().split(' ')
    const user = users.find((one) => one.name === name)
    if (!user) return undefined
    const given = Buffer.from(signature, 'base64url')
    const wanted = sign(body, user)
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined
    return Number(end) > now() ? { user, id, end: Number(end) } : undefined
  }

  return {
    issue(user) {
      const body = Buffer.from(`${randomBytes(12).toString('base64url')} ${now() + lifetimeMs} ${user.name}`).toString(
        'base64url',
      )
      return `${body}.${sign(body, user).toString('base64url')}`
    },
    verify(token) {
      const session = read(token)
      return session && !revoked.has(session.id) ? session.user : undefined
    },
    revoke(token) {
      const session = read(token)
      if (!session) return
      for (const [id, end] of revoked) if (end <= now() || revoked.size >= MOST_REVOKED) revoked.delete(id)
      revoked.set(session.id, session.end)
    },
  }
}
