// The tenant's logs: their order, their content, and how little room half a million of them takes.
import { expect, test } from 'vitest'
import { createLogStore } from '../../../services/sandbox/auth0/logs-store.ts'

const START = Date.parse('2026-02-03T04:05:06.007Z')

function allIds(store: ReturnType<typeof createLogStore>): string[] {
  return store.slice(0, store.size()).map(store.id)
}

test('tenant logs - stay in the order of their ids whatever comes when', () => {
  const store = createLogStore(1, 'acme.eu.auth0.com')
  const given = [
    store.append(3, START + 500),
    store.append(2, START + 100),
    store.append([{ log_id: '5f1e0a2b3c4d5e6f708192a3' }, { log_id: `800${'1'.repeat(53)}` }], START),
    store.append(1, START + 900),
    store.append(2, START + 500),
  ].flat()
  store.fill(2_000, START - 1_000, START + 1_000)
  const ids = allIds(store)
  expect(ids).toEqual(ids.toSorted())
  expect([ids.length, new Set(ids).size]).toEqual([2_010, 2_010])
  expect(given.filter((id) => !ids.includes(id))).toEqual([])
  for (const index of [0, 1, 700, 2_008]) expect(store.after(ids[index], 1).map(store.id)).toEqual([ids[index + 1]])
  expect(store.after(ids[2_009], 1)).toEqual([])
})

test('tenant logs - say the same whenever they are asked, and something else with another seed', () => {
  const [a, b, other] = [1, 1, 2].map((seed) => createLogStore(seed, 'acme.eu.auth0.com'))
  for (const store of [a, b, other]) store.append(50, START)
  const said = (store: typeof a) => store.slice(0, 50).map(store.data)
  expect(said(a)).toEqual(said(a))
  expect(said(a)).toEqual(said(b))
  expect(said(a)).not.toEqual(said(other))
  expect(said(a)[0]).toMatchObject({ log_id: a.id({ at: START, n: 0 }), tenant_name: 'acme', hostname: 'acme.eu.auth0.com' })
})

test('tenant logs - given fields win, undefined ones are absent, unknown types are taken', () => {
  const store = createLogStore(1, 'acme.eu.auth0.com')
  store.append(
    [
      { type: 'fp', user_name: 'x@example.com' },
      { type: 'brand_new', ip: undefined, details: null },
    ],
    START,
  )
  const [known, unknown] = store.slice(0, 2).map((row) => JSON.parse(JSON.stringify(store.data(row))) as Record<string, unknown>)
  expect(known).toMatchObject({ type: 'fp', user_name: 'x@example.com', description: 'Wrong email or password.' })
  expect(unknown).toMatchObject({ type: 'brand_new', details: null })
  expect('ip' in unknown).toBe(false)
})

test('tenant logs - forget what expired', () => {
  const store = createLogStore(1, 'acme.eu.auth0.com')
  store.fill(1_000, START, START + 1_000)
  store.expire(START + 400)
  expect([store.size(), store.slice(0, 1)]).toEqual([600, [{ at: START + 400, n: 400 }]])
  store.append(1_000, START + 2_000)
  expect([store.size(), allIds(store)[0]]).toEqual([1_600, store.id({ at: START + 400, n: 400 })])
})

test('tenant logs - half a million are there in a moment and take little room', () => {
  const store = createLogStore(1, 'acme.eu.auth0.com')
  const before = process.memoryUsage()
  const started = performance.now()
  store.fill(500_000, START, START + 86_400_000)
  const took = performance.now() - started
  const { arrayBuffers } = process.memoryUsage()
  expect(store.size()).toBe(500_000)
  expect(took).toBeLessThan(2_000)
  expect(arrayBuffers - before.arrayBuffers).toBeLessThan(32_000_000)
})
