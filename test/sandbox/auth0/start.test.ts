// The Auth0 stand-in: tokens, scopes, faults, latency, and the real client against it.
import { LogsClient } from 'auth0/logs'
import { expect, test } from 'vitest'
import { idsOf, startTenant } from './client.ts'

test('Auth0 - issues a token to the right client, and logs that it did', async () => {
  const { auth0, askToken } = await startTenant({ domain: 'acme.us.auth0.com', scopes: ['read:logs'], tokenSeconds: 60 })
  expect(await askToken()).toMatchObject({
    status: 200,
    body: { access_token: expect.stringMatching(/^\S{20,}$/), token_type: 'Bearer', expires_in: 60, scope: 'read:logs' },
  })
  await askToken()
  expect([auth0.size(), auth0.received.counts]).toEqual([2, { tokens: 2 }])
})

test('Auth0 - takes the token call as a form too', async () => {
  const { auth0 } = await startTenant()
  const { clientId: client_id, clientSecret: client_secret, domain } = auth0
  const form = { grant_type: 'client_credentials', client_id, client_secret, audience: `https://${domain}/api/v2/` }
  const response = await fetch(`${auth0.origin}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) })
  expect(response.status).toBe(200)
})

test.each([
  ['client_id', { client_id: 'other' }, 401, 'access_denied'],
  ['client_secret', { client_secret: 'other' }, 401, 'access_denied'],
  ['audience', { audience: 'https://logs.example.com/api/v2/' }, 401, 'access_denied'],
  ['grant_type', { grant_type: 'password' }, 403, 'unsupported_grant_type'],
])('Auth0 - refuses a token for a wrong %s', async (_, changes, status, error) => {
  const { auth0, askToken } = await startTenant()
  expect(await askToken(changes)).toMatchObject({ status, body: { error, error_description: expect.any(String) } })
  expect([auth0.size(), auth0.received.counts]).toEqual([0, { unauthorized: 1 }])
})

test('Auth0 - lets nobody read without a good token', async () => {
  const { auth0, call, askToken, fetchToken } = await startTenant({ now: () => time })
  let time = Date.parse('2026-05-01T00:00:00Z')
  const refusal = (message: string) => ({ status: 401, body: { statusCode: 401, error: 'Unauthorized', message } })
  const token = await fetchToken()
  const read = (good?: string) => call('GET', '/api/v2/logs', { token: good })
  expect((await read(token)).status).toBe(200)
  expect(await read()).toMatchObject(refusal('Missing authentication'))
  expect(await read('made-up')).toMatchObject(refusal('Invalid token'))
  time += 86_400_000
  expect(await read(token)).toMatchObject(refusal('Expired token received for JSON Web Token validation'))
  const { access_token } = (await askToken()).body as { access_token: string }
  expect((await read(access_token)).status).toBe(200)
  auth0.expireTokens()
  expect((await read(access_token)).status).toBe(401)
  expect(auth0.received.counts).toMatchObject({ tokens: 2, pages: 2, unauthorized: 4 })
})

test('Auth0 - answers 403 and the scope that is missing', async () => {
  const { auth0, call, fetchToken } = await startTenant({ scopes: ['read:logs_users'] })
  const token = await fetchToken()
  expect(await call('GET', '/api/v2/logs', { token })).toMatchObject({
    status: 403,
    body: {
      statusCode: 403,
      error: 'Forbidden',
      message: 'Insufficient scope, expected any of: read:logs',
      errorCode: 'insufficient_scope',
    },
  })
  expect((await call('POST', '/api/v2/log-streams', { token, body: {} })).body).toMatchObject({
    message: 'Insufficient scope, expected any of: create:log_streams',
  })
  auth0.change({ scopes: ['read:logs'] })
  expect((await call('GET', '/api/v2/logs', { token: await fetchToken() })).status).toBe(200)
})

test('Auth0 - shows a fault at the token endpoint only, at the API only, or anywhere', async () => {
  const { auth0, call, askToken, fetchToken } = await startTenant()
  const token = await fetchToken()
  const read = async () => (await call('GET', '/api/v2/logs', { token })).status
  auth0.misbehave({ fault: '503', only: '/oauth/token' })
  expect([await read(), (await askToken()).status]).toEqual([200, 503])
  auth0.misbehave({ fault: '500', only: '/api/v2/logs', times: 1 })
  expect([(await askToken()).status, await read(), await read()]).toEqual([200, 500, 200])
  auth0.misbehave('403', 2)
  expect([(await askToken()).status, await read(), await read()]).toEqual([403, 403, 200])
  expect(() => auth0.misbehave('partial')).toThrow('auth0 cannot show this fault')
  expect(() => auth0.misbehave({ fault: '500', only: 7 as unknown as string })).toThrow('only must be the beginning of a path')
})

test('Auth0 - words a fault of 429 as its own, with an empty bucket', async () => {
  const { auth0, call, fetchToken } = await startTenant({ plan: 'enterprise' })
  const token = await fetchToken()
  auth0.misbehave({ fault: '429', retryAfter: 3 })
  const { status, body, headers } = await call('GET', '/api/v2/logs', { token })
  expect([status, body]).toEqual([
    429,
    { statusCode: 429, error: 'Too Many Requests', message: 'Global limit has been reached', errorCode: 'too_many_requests' },
  ])
  expect([headers.get('x-ratelimit-remaining'), headers.get('retry-after')]).toEqual(['0', '3'])
  expect(Number(headers.get('x-ratelimit-reset')) * 1_000).toBeGreaterThan(Date.now())
  expect(auth0.received.counts).toEqual({ tokens: 1, faults: 1 })
})

test('Auth0 - takes its time when told so', async () => {
  const { auth0, fetchToken } = await startTenant({ latencyMs: 120 })
  const took = async () => {
    const started = performance.now()
    await fetchToken()
    return performance.now() - started
  }
  expect(await took()).toBeGreaterThanOrEqual(115)
  auth0.change({ latencyMs: 0 })
  expect(await took()).toBeLessThan(115)
})

test('Auth0 - knows no other path', async () => {
  const { call, fetchToken } = await startTenant()
  const token = await fetchToken()
  for (const path of ['/api/v2/users', '/api/v2/logs/1', '/api/v2/log-streams/a/b', '/']) {
    expect((await call('GET', path, { token })).status).toBe(404)
  }
  expect((await call('GET', '/oauth/token')).status).toBe(404)
  expect((await call('POST', '/api/v2/logs', { token })).status).toBe(405)
})

test('Auth0 - is as just started after a reset', async () => {
  const { auth0, call, fetchToken } = await startTenant({ retentionDays: 3 })
  const token = await fetchToken()
  auth0.append(3)
  auth0.change({ retentionDays: 9, latencyMs: 5_000 })
  auth0.reset()
  expect([auth0.size(), auth0.received.requests, auth0.streams()]).toEqual([0, 0, []])
  expect((await call('GET', '/api/v2/logs', { token })).status).toBe(401)
  auth0.append(1, { at: Date.now() - 4 * 86_400_000 })
  expect(auth0.size()).toBe(0)
})

test('Auth0 - serves the auth0 client', async () => {
  const { auth0, fetchToken } = await startTenant()
  const ids = auth0.append(5)
  const logs = new LogsClient({ baseUrl: `${auth0.origin}/api/v2`, token: await fetchToken() })
  const page = await logs.list(
    { page: null, per_page: null, include_totals: null },
    { queryParams: { from: ids[1], take: 2 }, maxRetries: 0, timeoutInSeconds: 5 },
  )
  expect(idsOf(page.response)).toEqual(ids.slice(2, 4))
  expect(page.rawResponse.headers.get('link')).toContain(`from=${ids[3]}&take=2`)
})
