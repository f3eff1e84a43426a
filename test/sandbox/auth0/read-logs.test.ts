// Reading logs: the checkpoint mode, the search mode, retention and ids that come late.
import { expect, test } from 'vitest'
import { BEGINNING, idsOf, type Item, startTenant } from './client.ts'

const DAY_MS = 86_400_000

test('checkpoint - reads everything once, in the order of the ids, by the Link alone', async () => {
  const { auth0, fetchToken, readAll } = await startTenant({ countIds: true })
  auth0.fill({ count: 1_000, from: Date.now() - DAY_MS })
  const ids = [...auth0.append(25), ...auth0.append(25)]
  const token = await fetchToken()
  const items = await readAll(token, { take: 70 })
  expect(idsOf(items)).toEqual(auth0.ids())
  expect(items).toHaveLength(1_051)
  expect(idsOf(items).slice(1_000, 1_050)).toEqual(ids)
  expect(items.at(-1)).toMatchObject({ type: 'seccft', client_id: auth0.clientId, audience: `https://${auth0.domain}/api/v2/` })
  expect(auth0.received).toMatchObject({ total: 1_051, unique: 1_051, counts: { tokens: 1, pages: 17 } })
  expect(auth0.received.bytes).toBe(items.reduce((sum, item) => sum + Buffer.byteLength(JSON.stringify(item)), 0))
})

test('checkpoint - begins behind `from`, which needs not exist, and ignores every other parameter', async () => {
  const { auth0, call, fetchToken } = await startTenant()
  const token = await fetchToken()
  const start = Date.parse('2026-03-04T05:06:07.089Z')
  auth0.change({ retentionDays: 10_000 })
  const ids = Array.from({ length: 60 }, (_, i) => auth0.append(1, { at: start + i * 1_000 })[0])
  const read = async (query: string) => idsOf((await call('GET', `/api/v2/logs?${query}`, { token })).body)
  expect(ids[0]).toMatch(/^90020260304050607089\d{36}$/)
  expect(await read(`from=${ids[9]}&take=3`)).toEqual(ids.slice(10, 13))
  expect(await read(`from=90020260304050610${'0'.repeat(39)}&take=2`)).toEqual(ids.slice(3, 5))
  expect(await read(`from=${BEGINNING}`)).toEqual(ids.slice(0, 50))
  expect(await read(`from=${ids[9]}&take=2&page=3&per_page=1&sort=date:-1&q=type:none`)).toEqual(ids.slice(10, 12))
})

test.each([
  ['from=9&take=0', "'take'"],
  ['from=9&take=101', "'take'"],
  ['from=9&take=x', "'take'"],
  ['from=', "'from'"],
  ['per_page=101', "'per_page'"],
  ['page=-1', "'page'"],
  ['sort=date', "'sort'"],
  ['page=10&per_page=100', 'first 1000 records'],
])('reading - answers 400 to %s', async (query, why) => {
  const { auth0, call, fetchToken } = await startTenant()
  const { status, body } = await call('GET', `/api/v2/logs?${query}`, { token: await fetchToken() })
  expect([status, body]).toEqual([400, expect.objectContaining({ statusCode: 400, error: 'Bad Request' })])
  expect((body as { message: string }).message).toContain(why)
  expect(auth0.received.counts.pages).toBeUndefined()
})

test('checkpoint - a late log has a smaller id than ones already served', async () => {
  const { auth0, fetchToken, readAll } = await startTenant()
  const token = await fetchToken()
  const ids = auth0.append(2)
  const served = idsOf(await readAll(token))
  const [late] = auth0.append(1, { late: 3_000 })
  const [next] = auth0.append(1)
  expect(served.at(-1)).toBe(ids[1])
  expect(late < served[0]).toBe(true)
  expect(idsOf(await readAll(token, { from: ids[1] }))).toEqual([next])
  expect(idsOf(await readAll(token))).toEqual([late, ...served, next])
})

test('retention - what is older is gone, and an old `from` goes on at the oldest still held or is refused', async () => {
  let time = Date.parse('2026-05-01T00:00:00Z')
  const { auth0, call, fetchToken } = await startTenant({ now: () => time, retentionDays: 2 })
  const [first] = auth0.append(1)
  time += DAY_MS
  const [second] = auth0.append(1)
  const read = async () => call('GET', `/api/v2/logs?from=${first}`, { token: await fetchToken() })
  time += 1.5 * DAY_MS
  expect(auth0.ids()).toEqual([second])
  expect(idsOf((await read()).body)[0]).toBe(second)
  auth0.change({ expiredFrom: '400' })
  expect(await read()).toMatchObject({ status: 400, body: { statusCode: 400, errorCode: 'invalid_log_id' } })
  auth0.change({ retentionDays: 3 })
  expect(await read()).toMatchObject({ status: 200 })
})

test('search - the newest first, in pages, sorted and with totals as asked', async () => {
  const { auth0, call, fetchToken } = await startTenant()
  const token = await fetchToken()
  const base = Date.now()
  auth0.fill({ count: 200, from: base - DAY_MS, to: base - 1_000 })
  const ascending = auth0.ids()
  const descending = ascending.toReversed()
  const read = async (query: string) => (await call('GET', `/api/v2/logs${query}`, { token })).body
  expect(idsOf(await read(''))).toEqual(descending.slice(0, 50))
  expect(idsOf(await read('?page=1&per_page=30'))).toEqual(descending.slice(30, 60))
  expect(idsOf(await read('?page=2&per_page=100'))).toEqual(descending.slice(200))
  expect(idsOf(await read('?page=1&per_page=30&sort=date:1'))).toEqual(ascending.slice(30, 60))
  expect(await read('?page=9&per_page=100')).toEqual([])
  const { logs, ...totals } = (await read('?per_page=2&include_totals=true')) as { logs: Item[] }
  expect([idsOf(logs), totals]).toEqual([descending.slice(0, 2), { start: 0, limit: 2, length: 2, total: 201 }])
})

test('search - knows log_id, type and date, and takes any other words for everything', async () => {
  const { auth0, call, fetchToken } = await startTenant()
  const token = await fetchToken()
  const base = Date.now() - 60_000
  const ids = auth0.append([{ type: 'fp' }, { type: 's' }, { type: 'fp' }], { at: base })
  const [later] = auth0.append([{ type: 'fp' }], { at: base + 10_000 })
  const read = async (q: string) =>
    idsOf((await call('GET', `/api/v2/logs?q=${encodeURIComponent(q)}&sort=date:1`, { token })).body)
  expect(await read(`log_id:${ids[1]}`)).toEqual([ids[1]])
  expect(await read(`log_id:"${ids[2]}"`)).toEqual([ids[2]])
  expect(await read('type:fp')).toEqual([ids[0], ids[2], later])
  const from = new Date(base + 1).toISOString()
  expect(await read(`type:fp AND date:[${from} TO *]`)).toEqual([later])
  expect(await read(`date:[* TO ${from}]`)).toEqual(ids)
  expect(await read('user_name:anybody')).toHaveLength(5)
})
