// A tenant for a test, and a client of its API: a token, calls with it, reading to the end.
import { expect, onTestFinished } from 'vitest'
import { type Auth0Options, start as startAuth0 } from '../../../services/sandbox/auth0/start.ts'

export type Item = Record<string, unknown> & { log_id: string; date: string; type: string }

/** The smallest `from` there is. */
export const BEGINNING = `900${'0'.repeat(53)}`

/** Started, with a token fetched: one `seccft` is among its logs, unless it is told to hold none. */
export async function startTenant(options: Auth0Options = {}) {
  const auth0 = await startAuth0(options)
  onTestFinished(auth0.close)
  const client = {
    grant_type: 'client_credentials',
    client_id: auth0.clientId,
    client_secret: auth0.clientSecret,
    audience: `https://${auth0.domain}/api/v2/`,
  }

  async function call(method: string, path: string, { body, token }: { body?: unknown; token?: string } = {}) {
    const headers = {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    }
    const text = body === undefined ? undefined : JSON.stringify(body)
    const response = await fetch(auth0.origin + path, { method, headers, body: text, signal: AbortSignal.timeout(10_000) })
    const answer = await response.text()
    return { status: response.status, headers: response.headers, body: (answer && JSON.parse(answer)) as unknown }
  }

  const askToken = (changes: Record<string, unknown> = {}) => call('POST', '/oauth/token', { body: { ...client, ...changes } })
  const fetchToken = async () => ((await askToken()).body as { access_token: string }).access_token

  /** All logs behind `from`, page by page as the Link headers say. */
  async function readAll(token: string, { from = BEGINNING, take = 100 } = {}): Promise<Item[]> {
    const items: Item[] = []
    for (let path = `/api/v2/logs?from=${from}&take=${take}`; ; ) {
      const { status, body, headers } = await call('GET', path, { token })
      expect(status).toBe(200)
      const page = body as Item[]
      items.push(...page)
      const next = /^<(.+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1] ?? ''
      expect(next.startsWith(auth0.origin)).toBe(true)
      if (page.length === 0) {
        expect(next).toBe(auth0.origin + path)
        return items
      }
      path = next.slice(auth0.origin.length)
    }
  }

  return { auth0, call, askToken, fetchToken, readAll }
}

export const idsOf = (items: unknown) => (items as Item[]).map(({ log_id }) => log_id)
