// What others write into the topics costs the records that are not understood, never the console or a page of it.
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { newReport } from '../../services/topics/records.ts'
import { newPrefix } from '../support/kafka.ts'
import { oddKey, oddRecord, oddText, oddValue } from '../support/oddities.ts'
import { type Broker, openBroker } from '../support/plain-kafka.ts'
import { seededRandom } from '../support/random.ts'
import { until } from '../support/wait.ts'
import { basic, openConsole, type TestConsole } from './console.ts'
import { openEvents } from './events.ts'

const prefix = newPrefix()
const random = seededRandom(20_261_128)
const AT = new Date().toISOString()
let broker: Broker
let console: TestConsole

beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
  console = await openConsole(inject('brokers'), prefix)
})
afterAll(async () => {
  await console?.close()
  await broker?.close()
})

type Message = { key: string | null; value: Buffer | null; headers?: Record<string, string>; timestamp?: string }
async function produce(topic: string, messages: Message[]): Promise<void> {
  for (let at = 0; at < messages.length; at += 50)
    await broker.producer.send({
      topic,
      messages: messages.slice(at, at + 50).map((one) => ({ headers: {}, ...one })),
      acks: -1,
    })
}
const report = (run: string) =>
  newReport({ service: 'segment', instance: 'one', run, status: 'success', started_at: AT, ended_at: AT, delivered: 3 })
const audit = {
  v: 1,
  audit: true,
  at: AT,
  by: 'ann',
  role: 'operator',
  operation: 'pause',
  input: { sink: 'segment' },
  outcome: 'ok',
}

/** Every GET that the API describes, and a verb that reads; none may hang, fail unforeseen, or tell a stack. */
async function everyRouteAnswers(): Promise<void> {
  const { paths } = (await console.get('/api/openapi.json')).body as { paths: Record<string, Record<string, object>> }
  const looks = Object.keys(paths).filter((path) => paths[path].get && !/live|updates/.test(path))
  for (const path of [...looks, '/', '/livez', '/metrics']) {
    const answer = await console.get(path.replaceAll(/\{\w+\}/g, 'segment'))
    expect([path, answer.status]).toEqual([path, expect.toBeOneOf([200, 400, 404, 409])])
    expect(JSON.stringify(answer.body)).not.toMatch(/at .*\.(js|ts):\d/)
  }
  expect((await console.perform('runs', { limit: 5 })).status).toBe(200)
}

type LeftOut = { topic: string; count: number; records: { key: string; why: string }[] }
const leftOut = async () => (await console.get('/api/status')).body.notUnderstood as LeftOut[]

it('reports and audit records - 10,000 of others, a newer version last: runs of ours are listed, every route answers', async () => {
  const page = await openEvents(`${console.origin}/api/updates`, basic('vic'))
  const odd = Array.from({ length: 10_000 }, (_, n): Message => {
    const right = random.chance(0.2) ? audit : report(`odd-${n}`)
    return { key: oddKey(random), value: random.chance(0.01) ? null : oddRecord(random, right) }
  })
  const ours = Array.from({ length: 20 }, (_, n) => ({ key: 'segment', value: Buffer.from(JSON.stringify(report(`ours-${n}`))) }))
  await produce(
    `${prefix}.reports`,
    odd.flatMap((one, n) => (n % 500 === 0 ? [one, ours[n / 500]] : [one])),
  )
  await produce(`${prefix}.reports`, [{ key: 'segment', value: Buffer.from('{"v":2}') }])
  await until(
    'our last run',
    async () => JSON.stringify(page.seen('run')),
    (text) => text.includes('"run":"ours-19"'),
  )
  // The status may be some seconds old: it is asked for again while a page is open.
  const [reports] = await until('what is left out', leftOut, ([told]) => told?.count > 1_000)
  expect(reports).toMatchObject({ topic: `${prefix}.reports`, meaning: expect.stringContaining('No log is lost') as string })
  expect(reports.count).toBeLessThanOrEqual(2_000)
  expect(reports.records).toHaveLength(100)
  await everyRouteAnswers()
  const restarted = await openConsole(inject('brokers'), prefix)
  expect((await restarted.get('/api/report?per_page=100')).status).toBe(200)
  await restarted.close()
}, 60_000)

it('events - 10,000 of any depth, length and characters on live pages, masked and not', async () => {
  const pages = await Promise.all(
    ['/api/live', '/api/live?unmasked=true'].map((path) => openEvents(console.origin + path, basic('ann'))),
  )
  await Promise.all(pages.map((page) => page.until('following')))
  const odd = Array.from({ length: 10_000 }, (): Message => {
    const value = random.chance(0.02)
      ? Buffer.from(`{"type":"s","x":${'['.repeat(1 + random.below(60_000))}`)
      : oddRecord(random, { type: 's', date: AT, description: oddText(random), details: oddValue(random), client_name: 'x' })
    const headers: Record<string, string> = random.chance(0.3) ? {} : { type: random.chance(0.5) ? 's' : oddText(random) }
    const deep = random.chance(0.002) ? Buffer.from(`{"type":"s","x":${'['.repeat(90_000)}${']'.repeat(90_000)}}`) : undefined
    const timestamp = random.chance(0.05) ? String(random.pick([-9e15, -1, 0])) : undefined
    return { key: oddKey(random), value: deep ?? value, headers, ...(timestamp ? { timestamp } : {}) }
  })
  await produce(prefix, odd)
  const last = { key: 'the-last', value: Buffer.from('{"type":"fp"}'), headers: { type: 'fp' } }
  for (const page of pages) {
    await until(
      'the last event',
      async () => {
        await produce(prefix, [last])
        return JSON.stringify(page.seen('events').slice(-5))
      },
      (text) => text.includes('the-last'),
    )
    page.close()
  }
  await everyRouteAnswers()
}, 60_000)

it('control records - 10,000 of others: the console is up and answers, and is well again when they are deleted', async () => {
  const service = {
    v: 1,
    service: 'segment',
    kind: 'sink',
    version: '1',
    group: `${prefix}.segment`,
    started_at: AT,
    state: 'running',
  }
  const records = [
    { ...service, sandbox: false, start_from: '', fields: [] },
    { v: 1, state: 'paused', by: 'ann', at: AT },
    { v: 1, values: { SEGMENT_LOG_LEVEL: '3' }, by: 'ann', at: AT },
    { v: 1, id: 'a', service: 'segment', kind: 'replay', state: 'wanted', ranges: [], by: 'ann', at: AT, checkpoint: '' },
  ]
  const kinds = ['service', 'state', 'settings', 'job/segment', '', 'session']
  const keys = Array.from({ length: 300 }, () => `${random.pick(kinds)}/${oddKey(random) ?? 'fourth'}`)
  const odd = Array.from(
    { length: 10_000 },
    (): Message => ({ key: random.pick(keys), value: oddRecord(random, random.pick(records)) }),
  )
  await produce(`${prefix}.control`, odd)
  for (const path of [
    '/livez',
    '/',
    '/api/me',
    '/api/report',
    '/api/audit',
    '/api/status',
    '/api/jobs',
    '/api/services/segment/settings',
  ])
    expect([path, (await console.get(path)).status]).toEqual([path, expect.toBeOneOf([200, 409, 500, 503])])
  const strange = async () => (await leftOut())?.find(({ topic }) => topic === `${prefix}.control`)?.count ?? 0
  await until('what is left out', strange, (count) => count > 10)
  await produce(
    `${prefix}.control`,
    keys.map((key) => ({ key, value: null })),
  )
  await produce(`${prefix}.control`, [{ key: 'service/segment', value: Buffer.from(JSON.stringify(records[0])) }])
  await until(
    'the service',
    async () => JSON.stringify((await console.get('/api/status')).body),
    (text) => text.includes('"name":"segment"'),
  )
  await until(
    'nothing of it to be left out',
    async () => (await leftOut()).map(({ topic }) => topic),
    (topics) => !topics.includes(`${prefix}.control`),
  )
  await everyRouteAnswers()
}, 60_000)
