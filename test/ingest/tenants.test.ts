// Whose tenant is one's own, which events are foreign, and how often it is told.
import { describe, expect, test } from 'vitest'
import { type ForeignTenant, tenantOfDomain, watchTenants } from '../../services/ingest/tenants.ts'

function open(own?: string) {
  const clock = { now: 0 }
  const told = { asked: 0, first: [] as string[], foreign: 0, alarms: [] as ForeignTenant[] }
  const watch = watchTenants(
    own,
    {
      ask: () => told.asked++,
      first: (tenant) => told.first.push(tenant),
      counted: (events) => (told.foreign += events),
      alarm: (foreign) => told.alarms.push(foreign),
    },
    () => clock.now,
  )
  const seen = (tenant: string, logId = 'id') => watch.seen(tenant, Buffer.from(logId))
  return { watch, clock, told, seen }
}

test.each([
  ['acme.eu.auth0.com', 'acme'],
  ['acme-dev.auth0.com', 'acme-dev'],
  [' https://ACME.us.auth0.com/ ', 'acme'],
  ['logs.example.com', undefined],
  ['', undefined],
  ['auth0.com', undefined],
])('tenantOfDomain - %j', (domain, tenant) => expect(tenantOfDomain(domain)).toBe(tenant))

describe('with AUTH0_DOMAIN', () => {
  test('every event of another tenant is counted, and told of once an hour a tenant', () => {
    const { clock, told, seen } = open('acme')
    seen('acme')
    for (let i = 0; i < 5; i++) seen('other', `id-${i}`)
    seen('third', 'id-x')
    expect(told).toEqual({
      asked: 0,
      first: [],
      foreign: 6,
      alarms: [
        { own: 'acme', foreign: 'other', logId: 'id-0' },
        { own: 'acme', foreign: 'third', logId: 'id-x' },
      ],
    })
    clock.now = 61 * 60_000
    seen('other', 'later')
    expect(told.alarms.at(-1)).toEqual({ own: 'acme', foreign: 'other', logId: 'later' })
  })

  test('a thousand foreign tenants - are counted, and a hundred told of', () => {
    const { told, seen } = open('acme')
    for (let i = 0; i < 1_000; i++) seen(`t${i}`)
    expect([told.foreign, told.alarms.length]).toEqual([1_000, 100])
  })
})

describe('without AUTH0_DOMAIN', () => {
  test('the first tenant ever seen is one own', () => {
    const { watch, told, seen } = open()
    seen('acme')
    expect(told.asked).toBe(1)
    watch.remembered(undefined)
    seen('acme')
    seen('other', 'id-1')
    expect(told).toMatchObject({
      asked: 1,
      first: ['acme'],
      foreign: 1,
      alarms: [{ own: 'acme', foreign: 'other', logId: 'id-1' }],
    })
  })

  test('what Kafka remembers counts, also for events that came before it was read', () => {
    const { watch, told, seen } = open()
    seen('other', 'id-1')
    seen('other', 'id-2')
    seen('acme')
    watch.remembered('acme')
    seen('acme')
    expect(told).toMatchObject({ first: [], foreign: 2, alarms: [{ own: 'acme', foreign: 'other', logId: 'id-1' }] })
  })
})
