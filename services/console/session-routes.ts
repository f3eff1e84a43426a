// Login, logout, and who one is.
import type { Request, Response } from '../platform/http.ts'
import { COOKIE, type Login } from './asker.ts'
import type { Route } from './route.ts'
import type { Sessions } from './sessions.ts'

const WHO = {
  type: 'object',
  required: ['name', 'role'],
  properties: { name: { type: 'string' }, role: { enum: ['viewer', 'operator'] } },
} as const

/** @param lifetimeMs of a session */
export function sessionRoutes(login: Login, sessions: Sessions, lifetimeMs: number): Route[] {
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
      summary: 'Ends the session: its cookie is refused from now on',
      access: 'viewer',
      answers: { type: 'object' },
      handle(request, response, { token }) {
        sessions.revoke(token)
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
