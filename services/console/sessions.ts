// Sessions: signed cookies, so that no store is needed and any console with the same key accepts them. A logout is an audit record: every
// console reads those of a session's whole lifetime, so what is logged out at one is logged out at all, also after a restart.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Request, Response } from '../platform/http.ts'
import type { AuditRecord } from '../topics/records.ts'
import { kafkaAway, type Route } from './route.ts'
import type { Login, Session, User } from './users.ts'

/** The cookie that carries a session. */
export const COOKIE = 'session'

/** A logged-out session stays refused until it would have ended; more than this many are forgotten, oldest first. */
const MOST_REVOKED = 100_000

export type Sessions = {
  /** The cookie's value for a user who has just logged in. */
  issue: (user: User) => string
  /**
   * Undefined for what is forged, ended, logged out, or of a user who is gone or has another password or role.
   * @throws Answer 503 for a session of before this console's start while the logouts of that time are not read yet
   */
  verify: (token: string) => Session | undefined
  /** Whether a session that was verified has neither ended nor been logged out since. */
  lasts: (session: Session) => boolean
  revoke: (id: string, end: number) => void
}

/**
 * @param lifetimeMs how long a login is good for
 * @param logoutsRead whether the logouts of before the start are known
 */
export function createSessions(
  key: string,
  users: readonly User[],
  lifetimeMs: number,
  { now = Date.now, logoutsRead = () => true }: { now?: () => number; logoutsRead?: () => boolean } = {},
): Sessions {
  const startedAt = now()
  /** Session -> when it would have ended. */
  const revoked = new Map<string, number>()

  /** The password's hash is signed too: a changed password ends its sessions. */
  const sign = (body: string, user: User) => createHmac('sha256', key).update(`${body}\n${user.role}\n${user.hash}`).digest()

  function read(token: string): Session | undefined {
    const [body, signature, ...more] = token.split('.')
    if (!body || !signature || more.length > 0) return undefined
    const [id, end, name] = Buffer.from(body, 'base64url').toString().split(' ')
    const user = users.find((one) => one.name === name)
    if (!user) return undefined
    const given = Buffer.from(signature, 'base64url')
    const wanted = sign(body, user)
    return given.length === wanted.length && timingSafeEqual(given, wanted) ? { user, id, end: Number(end) } : undefined
  }
  const lasts = ({ id, end }: Session) => end > now() && !revoked.has(id)

  return {
    issue(user) {
      const body = Buffer.from(`${randomBytes(12).toString('base64url')} ${now() + lifetimeMs} ${user.name}`).toString(
        'base64url',
      )
      return `${body}.${sign(body, user).toString('base64url')}`
    },
    verify(token) {
      const session = read(token)
      if (!session || !lasts(session)) return undefined
      if (session.end - lifetimeMs < startedAt && !logoutsRead())
        throw kafkaAway('whether this session was logged out is not read from Kafka yet: try again in a moment', 2)
      return session
    },
    lasts,
    revoke(id, end) {
      if (!(end > now())) return
      for (const [old, ended] of revoked) {
        if (ended > now() && revoked.size < MOST_REVOKED) break
        revoked.delete(old)
      }
      revoked.set(id, end)
    },
  }
}

const LOGOUT = 'logout'

/** A logout as it is on record. */
export const logoutRecord = ({ user, id, end }: Session): Omit<AuditRecord, 'v' | 'audit'> => ({
  at: new Date().toISOString(),
  by: user.name,
  role: user.role,
  operation: LOGOUT,
  input: { session: id, ends_at: new Date(end).toISOString() },
  outcome: 'ok',
  before: null,
  after: null,
})

/** The session that a record logs out; undefined for any other record. */
export function loggedOut({ operation, input }: AuditRecord): { id: string; end: number } | undefined {
  const end = operation === LOGOUT ? Date.parse(String(input?.ends_at)) : Number.NaN
  return Number.isNaN(end) ? undefined : { id: String(input.session), end }
}

const WHO = {
  type: 'object',
  required: ['name', 'role'],
  properties: { name: { type: 'string' }, role: { enum: ['viewer', 'operator'] } },
} as const

/**
 * Login, logout, and who one is.
 * @param lifetimeMs of a session
 * @param logOut ends a session everywhere; resolves when it is on record, or after a moment
 */
export function sessionRoutes(
  login: Login,
  sessions: Sessions,
  lifetimeMs: number,
  logOut: (session: Session) => Promise<void>,
): Route[] {
  const cookie = (request: Request, response: Response, token: string, maxAgeMs: number) =>
    response.cookie(COOKIE, token, {
      httpOnly: true,
      sameSite: 'strict',
      secure: request.secure,
      maxAge: maxAgeMs,
      path: '/',
      encode: String,
    })
  return [
    {
      method: 'post',
      path: '/api/login',
      summary: 'Logs in: sets the session cookie. Attempts are limited by name and address',
      access: 'anyone',
      body: {
        type: 'object',
        required: ['username', 'password'],
        properties: { username: { type: 'string' }, password: { type: 'string' } },
      },
      answers: WHO,
      async handle(request, response) {
        const { username, password } = (request.body ?? {}) as Record<string, unknown>
        const user = await login(username, password, request.ip ?? '')
        cookie(request, response, sessions.issue(user), lifetimeMs)
        response.json({ name: user.name, role: user.role })
      },
    },
    {
      method: 'post',
      path: '/api/logout',
      summary: 'Ends the session at every console: its cookie is refused and its open streams end',
      access: 'viewer',
      answers: { type: 'object' },
      async handle(request, response, { session }) {
        if (session) await logOut(session)
        cookie(request, response, '', 0)
        response.json({})
      },
    },
    {
      method: 'get',
      path: '/api/me',
      summary: 'Who is logged in, and as what',
      access: 'viewer',
      answers: WHO,
      handle(_, response, { user }) {
        response.json({ name: user.name, role: user.role })
      },
    },
  ]
}
