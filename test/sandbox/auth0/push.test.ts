// The tenant as a log stream: what it posts, leaves out, loses and repeats.
import { expect, test } from 'vitest'
import { startReceiver } from '../simulate/ingest.ts'
import { startTenant } from './client.ts'

const sorted = (ids: string[]) => ids.toSorted()
type Wrapped = { log_id: string; data: Record<string, unknown> & { log_id: string; type: string } }
const wrapped = (posts: { text: string }[]) =>
  posts.flatMap(({ text }) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Wrapped),
  )

async function start() {
  const { auth0, call, fetchToken } = await startTenant()
  const receiver = await startReceiver()
  const token = await fetchToken()
  const stream = async (changes: Record<string, unknown> = {}) => {
    const body = {
      type: 'http',
      sink: { httpEndpoint: 'https://logs.example.com/logs', httpAuthorization: 'Bearer s' },
      ...changes,
    }
    return (await call('POST', '/api/v2/log-streams', { token, body })).body as { id: string }
  }
  const patch = (id: string, body: unknown) => call('PATCH', `/api/v2/log-streams/${id}`, { token, body })
  const read = async (id: string) =>
    (await call('GET', `/api/v2/logs?q=log_id:${id}`, { token })).body as Record<string, unknown>[]
  return { auth0, receiver, stream, patch, read, target: { url: receiver.url, token: 'Bearer abc' } }
}

test('webhook - posts all that is held, wrapped, in bodies, with the Authorization as it is', async () => {
  const { auth0, receiver, target } = await start()
  auth0.append(250)
  const pushed = await auth0.sendWebhook({ ...target, batch: 100 })
  expect(pushed).toMatchObject({ lost: [], repeated: [], filtered: [], givenUp: [], accepted: 251, retries: 0 })
  expect([pushed.sent, receiver.ids()]).toEqual([auth0.ids(), auth0.ids()])
  expect(receiver.posts.map(({ ids, headers }) => [ids.length, headers.authorization])).toEqual([
    [100, 'Bearer abc'],
    [100, 'Bearer abc'],
    [51, 'Bearer abc'],
  ])
  for (const { log_id, data } of wrapped(receiver.posts)) expect(data.log_id).toBe(log_id)
})

test.each(['JSONARRAY', 'JSONOBJECT'] as const)('webhook - speaks %s', async (format) => {
  const { auth0, receiver, target } = await start()
  auth0.append(5)
  await auth0.sendWebhook({ ...target, format })
  expect(receiver.posts[0].text.startsWith(format === 'JSONARRAY' ? '[{"log_id"' : '{"logs":[{"log_id"')).toBe(true)
  expect(receiver.ids()).toEqual(auth0.ids())
})

test('webhook - the same log has the same id as in the API, in other bytes', async () => {
  const { auth0, receiver, target, read } = await start()
  const [id] = auth0.append([{ type: 's' }])
  await auth0.sendWebhook(target)
  const pushed: Record<string, unknown> = wrapped(receiver.posts).find(({ log_id }) => log_id === id)?.data ?? {}
  const [pulled] = await read(id)
  expect(pulled).toMatchObject({ log_id: id, _id: id, type: 's', date: pushed.date, details: pushed.details, audience: null })
  expect(pulled.user_agent).toMatch(/^[A-Z][\w ]+ [\d.]+ \/ [A-Z][\w ]+ [\d.]+$/)
  expect(pulled.user_agent).not.toBe(pushed.user_agent)
  expect([pulled.isMobile, pulled.environment_name]).toEqual([expect.any(Boolean), undefined])
  expect([pushed._id, pushed.isMobile, pushed.audience, pushed.environment_name]).toEqual([
    undefined,
    undefined,
    undefined,
    'prod-eu-1',
  ])
})

test('webhook - loses and repeats a share that the seed decides, and says which', async () => {
  const { auth0, receiver, target } = await start()
  auth0.append(5_000)
  const { sent, lost, repeated } = await auth0.sendWebhook({ ...target, lose: 0.03, repeat: 0.05, seed: 7 })
  expect(sorted([...sent, ...lost])).toEqual(auth0.ids())
  expect([lost.length > 100, lost.length < 200, repeated.length > 180, repeated.length < 320]).toEqual([true, true, true, true])
  expect(sorted(receiver.ids())).toEqual(sorted([...sent, ...repeated]))
  expect(repeated.filter((id) => !sent.includes(id))).toEqual([])
  const again = await auth0.sendWebhook({ ...target, lose: 0.03, repeat: 0.05, seed: 7, batch: 1_000 })
  expect([again.lost, again.repeated]).toEqual([lost, repeated])
  expect((await auth0.sendWebhook({ ...target, lose: 0.03, seed: 8 })).lost).not.toEqual(lost)
})

test("webhook - leaves out what the stream's filters and its startFrom leave out", async () => {
  const { auth0, target, stream } = await start()
  const now = Date.now()
  const [old] = auth0.append([{ type: 'fp' }], { at: now - 60_000 })
  const [failed, , unknown] = auth0.append([{ type: 'fp' }, { type: 's' }, { type: 'brand_new' }])
  const names = ['auth.login.fail', 'other']
  const startFrom = new Date(now - 30_000).toISOString()
  await stream({ filters: names.map((name) => ({ type: 'category', name })), startFrom })
  const { sent, filtered } = await auth0.sendWebhook(target)
  expect(sent).toEqual([failed, unknown])
  expect(filtered).toContain(old)
  expect(sorted([...sent, ...filtered])).toEqual(auth0.ids())
})

test('webhook - takes Authorization, headers and format from the stream, and masks by its pii_config in the push only', async () => {
  const { auth0, receiver, stream, read } = await start()
  const sink = {
    httpEndpoint: 'https://logs.example.com/logs',
    httpAuthorization: 'Basic xyz',
    httpContentFormat: 'JSONARRAY',
    httpContentType: 'text/x-logs',
    httpCustomHeaders: [{ header: 'X-Team', value: 'ops' }],
  }
  const { id } = await stream({ sink, pii_config: { log_fields: ['email'], method: 'mask' } })
  const [log] = auth0.append([{ type: 'ss', user_name: 'ada@example.com', details: { body: { email: 'ada@example.com' } } }])
  await auth0.sendWebhook({ url: receiver.url, stream: id })
  const headers = { authorization: 'Basic xyz', 'content-type': 'text/x-logs', 'x-team': 'ops' }
  expect(receiver.posts[0].headers).toMatchObject(headers)
  const pushed = (JSON.parse(receiver.posts[0].text) as Wrapped[]).find(({ log_id }) => log_id === log)
  expect(pushed?.data).toMatchObject({ user_name: 'a**************', details: { body: { email: 'a**************' } } })
  expect((await read(log))[0]).toMatchObject({ user_name: 'ada@example.com' })
  await expect(auth0.sendWebhook({ url: receiver.url, stream: 'lst_none' })).rejects.toThrow('no log stream lst_none')
})

test('webhook - follows what is appended, and waits while the stream is paused', async () => {
  const { auth0, receiver, target, stream, patch } = await start()
  const { id } = await stream()
  const stop = new AbortController()
  const pushing = auth0.sendWebhook({ ...target, follow: stop.signal })
  const [first] = auth0.append(1)
  await expect.poll(receiver.ids, { timeout: 5_000 }).toContain(first)
  await patch(id, { status: 'paused' })
  const [second] = auth0.append(1)
  expect(await auth0.sendWebhook(target)).toMatchObject({ sent: [] })
  expect(receiver.ids()).not.toContain(second)
  await patch(id, { status: 'active' })
  await expect.poll(receiver.ids, { timeout: 5_000 }).toContain(second)
  stop.abort()
  expect((await pushing).sent).toEqual(auth0.ids())
})

test('webhook - tries again until taken, and gives up when the time is up', async () => {
  const { auth0 } = await startTenant()
  auth0.append(150)
  const refusing = await startReceiver((response, nth) => {
    if (nth !== 1 && nth <= 3) return false
    response.statusCode = 503
    response.end()
    return true
  })
  const { sent, givenUp, accepted, retries } = await auth0.sendWebhook({ url: refusing.url, token: 't', batch: 60, limitMs: 600 })
  expect([sent, givenUp]).toEqual([auth0.ids().slice(0, 120), auth0.ids().slice(120)])
  expect([accepted, refusing.ids(), retries > 1]).toEqual([120, sent, true])
})

test('webhook - ends when the stand-in closes, at once', async () => {
  const { auth0 } = await startTenant()
  auth0.append(300)
  const refusing = await startReceiver((response) => {
    response.statusCode = 503
    response.end()
    return true
  })
  const pushing = auth0.sendWebhook({ url: refusing.url, token: 't', follow: new AbortController().signal })
  await expect.poll(refusing.requests, { timeout: 5_000 }).toBe(1)
  const started = performance.now()
  await auth0.close()
  expect(await pushing).toMatchObject({ sent: [], accepted: 0 })
  expect(performance.now() - started).toBeLessThan(1_000)
})

test('webhook - says that there is no address', async () => {
  const { auth0 } = await startTenant()
  await expect(auth0.sendWebhook()).rejects.toThrow('there is no webhook: give a url, or make a log stream with one')
})
