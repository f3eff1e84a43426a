// A console in this process, its users, and requests to it as a browser or a program sends them.
import { scryptSync } from 'node:crypto'
import { startConsole } from '../../services/console/run.ts'
import { createLifecycle, within } from '../../services/platform/lifecycle.ts'
import type { Environment } from '../../services/platform/settings.ts'
import { until } from '../support/wait.ts'

/** Cheap to check: the tests log in often. */
function cheapHash(password: string): string {
  const [N, r, p] = [16, 1, 1]
  const salt = Buffer.from('salt-of-the-tests')
  const key = scryptSync(password, salt, 32, { N, r, p })
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('.')
}

export const PASSWORDS = { ann: 'an operator’s secret', vic: 'a viewer’s' } as const
export const USERS = `ann:operator:${cheapHash(PASSWORDS.ann)}, vic:viewer:${cheapHash(PASSWORDS.vic)}`
export type Name = keyof typeof PASSWORDS

export const basic = (name: Name) => `Basic ${Buffer.from(`${name}:${PASSWORDS[name]}`).toString('base64')}`

export type Answered = { status: number; headers: Headers; body: Record<string, unknown> & { error?: string; message?: string } }

export type TestConsole = Awaited<ReturnType<typeof openConsole>>

/** @param brokers the address of Kafka, or of nobody */
export async function openConsole(brokers: string, prefix: string, env: Environment = {}, { ready = true } = {}) {
  const lifecycle = createLifecycle()
  const own = { KAFKA_BROKERS: brokers, TOPIC_PREFIX: prefix, PARTITIONS: '3', CONSOLE_PORT: '0', LOGGER_LEVEL: 'silent' }
  const { port } = await startConsole({ ...own, CONSOLE_USERS: USERS, ...env }, lifecycle)
  const origin = `http://127.0.0.1:${port}`

  async function request(path: string, init: RequestInit = {}): Promise<Answered> {
    const answer = await fetch(origin + path, { signal: AbortSignal.timeout(15_000), ...init })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, body: text.startsWith('{') ? JSON.parse(text) : {} }
  }
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    request(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } })
  if (ready)
    await until(
      'the console to be ready',
      () => request('/readyz'),
      ({ status }) => status === 200,
    )
  return {
    origin,
    request,
    post,
    /** GET as a program with a password. */
    get: (path: string, as: Name = 'ann') => request(path, { headers: { authorization: basic(as) } }),
    login: (username: unknown, password: unknown, headers: Record<string, string> = {}) =>
      post('/api/login', { username, password }, headers),
    perform: (name: string, input: object, as: Name = 'ann') =>
      post(`/api/operations/${name}`, input, { authorization: basic(as) }),
    async close() {
      const failed = await within(lifecycle.close(), 20_000, 'closing the console')
      if (failed.length > 0) throw new Error(`not closed cleanly: ${failed.join('; ')}`)
    },
  }
}

export const cookieOf = ({ headers }: Answered) => (headers.get('set-cookie') ?? '').split(';')[0]
