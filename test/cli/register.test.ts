// `register`: everything that a log stream can be, what changes, and what would.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Auth0StandIn, start as startAuth0 } from '../../services/sandbox/auth0/start.ts'
import { auth0Logs } from './terminal.ts'

let tenant: Auth0StandIn
beforeEach(async () => {
  tenant = await startAuth0()
})
afterEach(() => tenant.close())

const URL_ = 'https://logs.example.com/logs'
const register = (...args: string[]) =>
  auth0Logs(['register', ...args], {
    AUTH0_API_URL: tenant.origin,
    AUTH0_DOMAIN: tenant.domain,
    AUTH0_CLIENT_ID: tenant.clientId,
    AUTH0_CLIENT_SECRET: tenant.clientSecret,
    INGEST_TOKENS: 'Bearer one',
  })
const answer = async (...args: string[]) => JSON.parse((await register(...args, '--json')).out) as Record<string, unknown>

describe('register', () => {
  test('every option - is in the stream; token and header values are not in the answer', async () => {
    const shape = [
      '--url',
      URL_,
      '--name',
      'ours',
      '--format',
      'jsonarray',
      '--start-from',
      '2026-01-31T12:00:00+01:00',
      '--priority',
    ]
    const content = ['--filter', 'auth.login.fail', '--filter', 'other,user.fail', '--pii', 'hash', '--pii-fields', 'email,phone']
    const said = await register(...shape, ...content, '--header', 'X-Env: secret-value', '--pause')
    expect(said).toMatchObject({ status: 0, err: '' })
    expect(tenant.streams()).toMatchObject([
      {
        name: 'ours',
        status: 'paused',
        isPriority: true,
        startFrom: '2026-01-31T11:00:00.000Z',
        filters: ['auth.login.fail', 'other', 'user.fail'].map((name) => ({ type: 'category', name })),
        pii_config: { log_fields: ['email', 'phone'], method: 'hash', algorithm: 'xxhash' },
        sink: {
          httpEndpoint: URL_,
          httpAuthorization: 'Bearer one',
          httpContentFormat: 'JSONARRAY',
          httpCustomHeaders: [{ header: 'X-Env', value: 'secret-value' }],
        },
      },
    ])
    expect(said.out).toMatch(/Log stream ours created[\s\S]*eight types of security events/)
    expect(said.out).not.toMatch(/secret-value|Bearer one/)
  })

  test('what is not given - stays as it is; nothing to change changes nothing', async () => {
    await register('--url', URL_, '--format', 'JSONOBJECT', '--filter', 'other', '--pii', 'mask', '--header', 'a: b')
    const [before] = structuredClone(tenant.streams())
    expect(await answer('--url', URL_)).toMatchObject({ done: 'unchanged', changes: [] })
    expect(tenant.streams()).toEqual([before])
    expect(before.pii_config?.log_fields).toHaveLength(6)
    expect(await answer('--url', 'https://b.example.com/logs')).toMatchObject({
      done: 'updated',
      changes: [{ field: 'sink.httpEndpoint', from: URL_, to: 'https://b.example.com/logs' }],
    })
    expect(tenant.streams()).toEqual([{ ...before, sink: { ...before.sink, httpEndpoint: 'https://b.example.com/logs' } }])
  })

  test('--pause and --resume - alone, and back', async () => {
    await register('--url', URL_)
    const [before] = structuredClone(tenant.streams())
    expect(await answer('--pause')).toMatchObject({
      done: 'updated',
      status: 'paused',
      changes: [{ field: 'status', from: 'active', to: 'paused' }],
    })
    expect((await register('--url', URL_)).out).toContain('--resume reactivates a paused one')
    expect(await answer('--resume')).toMatchObject({ done: 'updated', status: 'active', warnings: [] })
    expect(tenant.streams()).toEqual([before])
    expect(await register('--pause', '--name', 'another')).toMatchObject({
      status: 1,
      err: expect.stringContaining('give --url to create it'),
    })
  })

  test('--dry-run - says what would change, and changes nothing; it needs to read only', async () => {
    tenant.change({ scopes: ['read:log_streams'] })
    const made = await answer('--url', URL_, '--dry-run')
    expect(made).toMatchObject({ done: 'would be created', url: URL_ })
    expect(made.changes).toContainEqual({ field: 'sink.httpAuthorization', from: '', to: '***' })
    expect(tenant.streams()).toEqual([])
    tenant.change({ scopes: ['read:log_streams', 'create:log_streams'] })
    tenant.expireTokens()
    await register('--url', URL_)
    const [before] = structuredClone(tenant.streams())
    const args = ['--url', URL_, '--token', 'two', '--filter', 'other', '--dry-run']
    expect(await answer(...args)).toMatchObject({
      done: 'would be updated',
      changes: [
        { field: 'filters', from: '', to: '[{"type":"category","name":"other"}]' },
        { field: 'sink.httpAuthorization', from: '***', to: '***' },
      ],
    })
    expect((await register(...args)).out).toMatch(/would be updated[\s\S]*filters: .*other/)
    expect(tenant.streams()).toEqual([before])
  })

  test('--start-from for a stream that is there - is left out, and backfill named', async () => {
    await register('--url', URL_)
    const said = await register('--url', URL_, '--start-from', '2026-01-31')
    expect(said).toMatchObject({ status: 0, out: expect.stringContaining('auth0-logs backfill --from') })
    expect(tenant.streams()[0].startFrom).toBeUndefined()
  })

  test.each([
    [['--start-from', 'yesterday'], /start-from must be an ISO time/],
    [['--filter', 'auth.login'], /filter must be one of actions, auth\.login\.fail/],
    [['--pii', 'drop'], /pii must be one of mask, hash/],
    [['--pii', 'mask', '--pii-fields', 'user_id'], /pii-fields must be one of first_name/],
    [['--header', 'no colon'], /header must be "name value"/],
    [['--pause', '--resume'], /exclude each other/],
  ])('%j - is refused before Auth0 is asked', async (args, words) => {
    const said = await register('--url', URL_, ...args)
    expect(said.status).toBe(2)
    expect(said.err.replaceAll(/[`:]/g, '')).toMatch(words)
    expect(tenant.received.requests).toBe(0)
  })

  test.each([
    [['read:logs'], 'read:log_streams'],
    [['read:log_streams'], 'create:log_streams'],
  ])('a token with %j alone - says which scope is missing, and all that register needs', async (scopes, missing) => {
    tenant.change({ scopes })
    expect(await register('--url', URL_)).toMatchObject({
      status: 1,
      err: expect.stringMatching(
        new RegExp(`scope ${missing}.*register needs read:log_streams, create:log_streams and update:log_streams`),
      ),
    })
  })
})
