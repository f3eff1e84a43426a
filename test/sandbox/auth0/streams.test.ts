// Log streams as the Management API keeps them.
import { expect, test } from 'vitest'
import type { LogStream } from '../../../services/sandbox/auth0/start.ts'
import { startTenant } from './client.ts'

const sink = {
  httpEndpoint: 'https://logs.example.com/logs',
  httpAuthorization: 'Bearer abc',
  httpContentFormat: 'JSONLINES',
  httpContentType: 'application/json',
  httpCustomHeaders: [{ header: 'x-team', value: 'ops' }],
}
const wanted = {
  name: 'pipeline',
  type: 'http',
  filters: [{ type: 'category', name: 'auth.login.fail' }],
  startFrom: '2026-01-01T00:00:00.000Z',
  pii_config: { log_fields: ['email'], method: 'mask', algorithm: 'xxhash' },
  sink,
}

async function start() {
  const tenant = await startTenant()
  const token = await tenant.fetchToken()
  const call = (method: string, path = '', body?: unknown) => tenant.call(method, `/api/v2/log-streams${path}`, { token, body })
  const create = async (changes = {}) => (await call('POST', '', { ...wanted, ...changes })).body as LogStream
  return { ...tenant, call, create }
}

test('log streams - are created with 200, active, and shown with their secret in clear', async () => {
  const { call } = await start()
  const created = await call('POST', '', wanted)
  expect(created).toMatchObject({ status: 200, body: { id: expect.stringMatching(/^lst_/), status: 'active', ...wanted } })
  const { id } = created.body as LogStream
  expect(await call('GET', `/${id}`)).toMatchObject({ status: 200, body: created.body })
  expect((await call('GET')).body).toEqual([created.body])
})

test('log streams - are changed, paused and deleted', async () => {
  const { auth0, call, create } = await start()
  const { id } = await create()
  const whole = { httpEndpoint: 'https://new.example.com/logs' }
  expect((await call('PATCH', `/${id}`, { name: 'renamed', status: 'paused', sink: whole })).body).toMatchObject({
    name: 'renamed',
    status: 'paused',
    filters: wanted.filters,
  })
  // The sink is replaced as a whole: who leaves out the Authorization has none.
  expect(auth0.streams()[0].sink).toEqual(whole)
  expect((await call('PATCH', `/${id}`, { status: 'active' })).body).toMatchObject({ status: 'active' })
  expect(await call('DELETE', `/${id}`)).toMatchObject({ status: 204, body: '' })
  expect((await call('GET', `/${id}`)).body).toMatchObject({ statusCode: 404, errorCode: 'inexistent_log_stream' })
  expect([(await call('DELETE', `/${id}`)).status, (await call('GET')).body]).toEqual([404, []])
})

test.each([
  [
    'an http address',
    { sink: { ...sink, httpEndpoint: 'http://logs.example.com' } },
    'sink.httpEndpoint must be an https address',
  ],
  ['a sink without address', { sink: { httpAuthorization: 'x' } }, 'Missing required property: sink.httpEndpoint'],
  ['an unknown format', { sink: { ...sink, httpContentFormat: 'XML' } }, 'sink.httpContentFormat must be one of JSONLINES'],
  ['an unknown category', { filters: [{ type: 'category', name: 'auth.ancillary.fail' }] }, 'filters must be'],
  ['an unknown field', { colour: 'red' }, 'Additional properties not allowed: colour'],
  ['a status', { status: 'paused' }, 'Additional properties not allowed: status'],
  ['an unknown PII field', { pii_config: { log_fields: ['ip'] } }, 'pii_config must have log_fields out of'],
  ['no type', { type: undefined }, 'Missing required property: type'],
])('log streams - are not created with %s', async (_, changes, why) => {
  const { auth0, call } = await start()
  const { status, body } = await call('POST', '', { ...wanted, ...changes })
  expect([status, body]).toEqual([400, expect.objectContaining({ error: 'Bad Request', errorCode: 'invalid_body' })])
  expect((body as { message: string }).message).toContain(why)
  expect(auth0.streams()).toEqual([])
})

test.each([
  ['suspended', { status: 'suspended' }, 'status must be one of active, paused'],
  ['to start elsewhere', { startFrom: wanted.startFrom }, 'Additional properties not allowed: startFrom'],
  ['to have a part of its sink', { sink: { httpAuthorization: 'x' } }, 'Missing required property: sink.httpEndpoint'],
])('log streams - are not changed %s', async (_, changes, why) => {
  const { auth0, call, create } = await start()
  const before = await create()
  const { status, body } = await call('PATCH', `/${before.id}`, changes)
  expect([status, (body as { message: string }).message]).toEqual([400, expect.stringContaining(why)])
  expect(auth0.streams()).toEqual([before])
})

test('log streams - take a scope for each way', async () => {
  const { auth0, fetchToken, call: callTenant } = await startTenant()
  auth0.change({ scopes: ['read:log_streams'] })
  const token = await fetchToken()
  const statuses: [string, string, number][] = [
    ['GET', '', 200],
    ['GET', '/lst_1', 404],
    ['POST', '', 403],
    ['PATCH', '/lst_1', 403],
    ['DELETE', '/lst_1', 403],
  ]
  for (const [method, path, status] of statuses) {
    expect([method, (await callTenant(method, `/api/v2/log-streams${path}`, { token })).status]).toEqual([method, status])
  }
})
