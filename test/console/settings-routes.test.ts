// What a change of settings would mean, and the edges of the topic, against a real Kafka.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { newPrefix } from '../support/kafka.ts'
import { type Broker, openBroker } from '../support/plain-kafka.ts'
import { until } from '../support/wait.ts'
import { openConsole, type TestConsole } from './console.ts'

const prefix = newPrefix()
let broker: Broker
let console: TestConsole
beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
  console = await openConsole(inject('brokers'), prefix)
}, 60_000)
afterAll(async () => {
  await console?.close()
  await broker?.close()
})

type Topic = { oldest: string; newest: string; retentionMs: number | null }
const topic = async () => (await console.get('/api/status')).body.topic as Topic

describe('filter', () => {
  it('effect - is tried on the newest events, and on none where there is none', async () => {
    expect(await console.get('/api/filter-effect?level=3')).toMatchObject({
      status: 200,
      body: { looked: 0, leftOut: 0, since: '' },
    })
    expect(await topic()).toMatchObject({ oldest: '', newest: '' })
    const received = Date.now() - 60_000
    const types = ['s', 's', 's', 'fp', 'fp', 'limit_wc', 'nobody_knows', '']
    const messages = types.map((type, i) => ({
      key: `id-${i}`,
      value: '{}',
      headers: { type },
      timestamp: String(received + i * 1_000),
    }))
    await broker.producer.send({ topic: prefix, messages })
    const asked = { '': 0, 'level=3': 5, 'types=fp': 6, 'level=4&types=fp': 8, 'level=4&types=fp&mode=any': 5 }
    await until(
      'the events',
      async () => (await console.get('/api/filter-effect')).body.looked,
      (looked) => looked === types.length,
      { limitMs: 30_000 },
    )
    for (const [query, leftOut] of Object.entries(asked))
      expect([query, (await console.get(`/api/filter-effect?${query}`)).body]).toEqual([
        query,
        { looked: 8, leftOut, since: new Date(received).toISOString() },
      ])
    expect(await console.get('/api/filter-effect?level=9')).toMatchObject({ status: 400, body: { field: 'level' } })
  }, 60_000)

  it('topic - tells when its oldest and its newest event came, and how long it keeps them', async () => {
    const found = await until('the edges', topic, ({ newest }) => newest !== '', { limitMs: 30_000 })
    expect(Date.parse(found.newest) - Date.parse(found.oldest)).toBe(7_000)
    expect(found.retentionMs).toBe(35 * 86_400_000)
  }, 40_000)

  it('types - every one that is documented, with its name, level and category', async () => {
    const { body } = await console.get('/api/types', 'vic')
    expect(body.levels).toEqual(['Debug', 'Info', 'Warning', 'Error', 'Critical'])
    expect(body.types).toContainEqual({
      code: 'fp',
      name: 'Failed Login (Incorrect Password)',
      level: 3,
      category: 'auth.login.fail',
    })
    expect((body.types as object[]).length).toBeGreaterThan(180)
  })

  it('schedule - in words, where it is one', async () => {
    const words = async (schedule: string) => (await console.get(`/api/ticks?${new URLSearchParams({ schedule })}`)).body.words
    expect(await words('0 6 * * 1-5')).toBe('at 06:00, Monday through Friday')
    expect(await words('continuous')).toBe('all the time')
    expect(await words('99 * * * *')).toBe('')
  })

  it('charts - of an hour, a day or a week, and of nothing else', async () => {
    for (const hours of ['', '?hours=24', '?hours=168'])
      expect((await console.get(`/api/charts/segment${hours}`)).body.steps).toHaveLength(
        hours === '' ? 120 : hours === '?hours=24' ? 144 : 168,
      )
    expect((await console.get('/api/charts/segment?hours=2')).status).toBe(400)
  })
})
