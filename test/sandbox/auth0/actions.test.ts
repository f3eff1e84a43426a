// The tenant in a person's hand: the control page's API.
import { expect, onTestFinished, test } from 'vitest'
import { startControl } from '../../../services/sandbox/control.ts'
import { start as startSlack } from '../../../services/sandbox/slack/start.ts'
import { startReceiver } from '../simulate/ingest.ts'
import { startTenant } from './client.ts'

async function start() {
  const tenant = await startTenant()
  const slack = await startSlack()
  const control = await startControl([tenant.auth0, slack], 0)
  onTestFinished(async () => {
    await control.close()
    await slack.close()
  })
  const act = async (action: string, input?: unknown) => {
    const init = input === undefined ? {} : { body: JSON.stringify(input), headers: { 'content-type': 'application/json' } }
    const response = await fetch(`${control.origin}/control/${action}`, { method: 'POST', ...init })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  return { ...tenant, control, act }
}

test('control of Auth0 - appends logs, realistic or given', async () => {
  const { auth0, act } = await start()
  const { status, body } = await act('auth0/append', { count: 1_000 })
  const ids = auth0.ids()
  expect([status, body]).toEqual([200, { appended: 1_000, first: ids[0], last: ids[999], held: 1_000 }])
  expect((await act('auth0/append', { events: [{ type: 'fp' }], late: 60_000 })).body).toMatchObject({ appended: 1, held: 1_001 })
  expect(auth0.ids()).toEqual([expect.not.stringMatching(ids[0]), ...ids])
  expect((await act('auth0/append')).body).toMatchObject({ appended: 1 })
})

test('control of Auth0 - fills in many, changes the tenant, expires its tokens', async () => {
  const { auth0, act, call, fetchToken } = await start()
  expect((await act('auth0/fill', { count: 5_000, from: new Date(Date.now() - 60_000).toISOString() })).body).toEqual({
    held: 5_000,
  })
  expect((await act('auth0/change', { plan: 'free', retentionDays: 2, scopes: ['read:logs'] })).status).toBe(200)
  const token = await fetchToken()
  const read = () => call('GET', '/api/v2/logs', { token })
  expect((await read()).headers.get('x-ratelimit-limit')).toBe('2')
  await act('auth0/expire-tokens')
  expect((await read()).status).toBe(401)
  expect(auth0.size()).toBe(5_001)
})

test('control of Auth0 - posts what is held to a webhook', async () => {
  const { auth0, act } = await start()
  const { url, ids } = await startReceiver()
  auth0.append(400)
  const { body } = await act('auth0/send-webhook', { url, token: 't', lose: 0.1, repeat: 0.1 })
  expect(body).toMatchObject({ filtered: 0, givenUp: 0, sent: 400 - Number(body.lost), accepted: ids().length })
  expect([ids().length, (body.lostIds as string[]).length]).toEqual([Number(body.sent) + Number(body.repeated), body.lost])
})

test.each([
  ['auth0/append', { count: -1 }, 'count must be a whole number of 0 or more'],
  ['auth0/append', { count: 2_000_000 }, 'at most 1000000'],
  ['auth0/append', { events: [1] }, 'events must be a list of objects'],
  ['auth0/fill', { from: 'yesterday' }, 'from must be a time'],
  ['auth0/change', { plan: 'gold' }, 'plan must be one of none, free, essentials, professional, enterprise'],
  ['auth0/change', { domain: 'x' }, 'domain cannot be changed'],
  ['auth0/change', { expiredFrom: 'x' }, 'expiredFrom must be positional or 400'],
  ['auth0/change', { scopes: 'read:logs' }, 'scopes must be a list of texts'],
  ['auth0/send-webhook', {}, 'there is no webhook'],
  ['auth0/send-webhook', { url: 'x' }, 'url must be'],
  ['auth0/send-webhook', { url: 'http://127.0.0.1:9', lose: 2 }, 'lose must be from 0 to 1'],
  ['auth0/send-webhook', { url: 'http://127.0.0.1:9', format: 'XML' }, 'format must be one of'],
])('control of Auth0 - %s says what is wrong with %j', async (action, input, why) => {
  const { act } = await start()
  const { status, body } = await act(action, input)
  expect([status, body.error]).toEqual([400, 'bad_input'])
  expect(body.message).toContain(why)
})

test('control - says which actions there are', async () => {
  const { act } = await start()
  expect(await act('auth0/explode', {})).toMatchObject({
    status: 404,
    body: { error: 'unknown_action', message: 'auth0 can append, fill, change, expire-tokens, send-webhook, not explode' },
  })
  expect((await act('slack/append', {})).body.message).toBe('slack can do nothing of the kind, not append')
  expect((await act('nobody/append', {})).body.error).toBe('unknown_stand_in')
})

test('control - the page says what the tenant holds', async () => {
  const { auth0, control } = await start()
  auth0.append(1_234)
  const html = await (await fetch(control.origin)).text()
  expect(html).toContain('northwind.eu.auth0.com holds 1,234 logs and 0 log streams')
  expect(html).toContain('POST /control/auth0/… append, fill, change, expire-tokens, send-webhook')
})
