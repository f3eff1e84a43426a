// The console's API against a real Kafka: logins, what other sites may not, roles, reports, status, operations, streams.
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { adviceOf } from '../../services/operations/advice.ts'
import { type AuditRecord, newReport, type Report } from '../../services/topics/records.ts'
import { publishReport } from '../../services/topics/reports.ts'
import { publishControl } from '../../services/topics/control.ts'
import { openProducer, type TopicProducer } from '../../services/topics/produce.ts'
import { deserted } from '../support/answering.ts'
import { newPrefix, testKafka } from '../support/kafka.ts'
import { makeEvents } from '../support/test-events.ts'
import { until } from '../support/wait.ts'
import { basic, cookieOf, openConsole, PASSWORDS, type TestConsole } from './console.ts'
import { openEvents } from './events.ts'

const brokers = inject('brokers')
const prefix = newPrefix()
const client = testKafka(brokers, prefix)
let console: TestConsole
let producer: TopicProducer

const sinkRecord = {
  service: 'fourth',
  kind: 'sink',
  version: '1.2.3',
  group: `${prefix}.fourth`,
  started_at: new Date().toISOString(),
  state: 'running',
  sandbox: false,
  start_from: '',
  fields: [],
}

function report(n: number, more: Partial<Report> = {}): Report {
  const at = new Date(Date.now() - 60_000 + n).toISOString()
  const run = { service: 'fourth', instance: 'one', run: `run-${n}`, status: 'success', started_at: at, ended_at: at } as const
  const ids = { first_log_id: '1', last_log_id: '2', checkpoint: `900${n}` }
  return newReport({ ...run, ...ids, processed: n, delivered: n, bytes: n, ...more })
}

beforeAll(async () => {
  console = await openConsole(brokers, prefix)
  producer = openProducer(client, 'test')
  await publishControl(client, producer, 'service/fourth', sinkRecord)
})
afterAll(async () => {
  await producer.close()
  await console.close()
})

describe('login', () => {
  it('cookie - HttpOnly, SameSite=Strict, for the whole site; Secure only over https', async () => {
    const answer = await console.login('ann', PASSWORDS.ann)
    expect([answer.status, answer.body]).toEqual([200, { name: 'ann', role: 'operator' }])
    const cookie = answer.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/^session=[\w.-]+; Max-Age=43200; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/)
    const me = await console.request('/api/me', { headers: { cookie: cookieOf(answer) } })
    expect(me.body).toEqual({ name: 'ann', role: 'operator' })
    expect(me.headers.get('cache-control')).toBe('no-store')
  })

  it('behind a balancer - https and the host are believed where CONSOLE_TRUST_PROXY says so, and only there', async () => {
    const trusting = await openConsole(brokers, prefix, { CONSOLE_TRUST_PROXY: 'true' }, { ready: false })
    onTestFinished(trusting.close)
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'logs.example.com', origin: 'https://logs.example.com' }
    const answer = await trusting.login('ann', PASSWORDS.ann, headers)
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([200, expect.stringContaining('; Secure')])
    expect(answer.headers.get('strict-transport-security')).not.toBeNull()
    expect((await console.login('ann', PASSWORDS.ann, headers)).status).toBe(403)
  })

  it('logout - the cookie is worth nothing from then on', async () => {
    const headers = { cookie: cookieOf(await console.login('vic', PASSWORDS.vic)) }
    expect((await console.request('/api/me', { headers })).status).toBe(200)
    const out = await console.post('/api/logout', {}, headers)
    expect([out.status, out.headers.get('set-cookie')]).toEqual([200, expect.stringMatching(/^session=; Max-Age=0/)])
    expect(await console.request('/api/me', { headers })).toMatchObject({ status: 401, body: { error: 'login_needed' } })
  })

  it('logout - ends the session at every console with the same key, and its open streams, also unmasked ones; a restart knows it', async () => {
    const env = { CONSOLE_SESSION_KEY: 'the same key at both consoles, so long' }
    const [one, two] = await Promise.all([openConsole(brokers, prefix, env), openConsole(brokers, prefix, env)])
    onTestFinished(one.close)
    onTestFinished(two.close)
    const cookies = [await one.login('ann', PASSWORDS.ann), await one.login('ann', PASSWORDS.ann)].map(cookieOf)
    const [cookie, other] = cookies
    const paths = [`${one.origin}/api/live?unmasked=true`, `${two.origin}/api/live?unmasked=true`, `${two.origin}/api/updates`]
    const streams = await Promise.all(paths.map((path) => openEvents(path, { cookie })))
    const kept = await openEvents(`${two.origin}/api/live`, { cookie: other })
    expect((await one.post('/api/logout', {}, { cookie })).status).toBe(200)
    expect((await one.request('/api/me', { headers: { cookie } })).status).toBe(401)
    for (const stream of streams) await stream.end()
    expect((await two.request('/api/me', { headers: { cookie } })).status).toBe(401)
    expect((await two.request('/api/me', { headers: { cookie: other } })).status).toBe(200)
    kept.close()
    const restarted = await openConsole(brokers, prefix, env, { ready: false })
    onTestFinished(restarted.close)
    const { status } = await until(
      'the logouts to be read',
      () => restarted.request('/api/me', { headers: { cookie } }),
      (answer) => answer.status !== 503,
    )
    expect(status).toBe(401)
    expect((await restarted.request('/api/me', { headers: { cookie: other } })).status).toBe(200)
  })

  it.each([
    ['GET', '/api/status'],
    ['GET', '/api/report'],
    ['GET', '/api/live'],
    ['GET', '/api/updates'],
    ['GET', '/api/openapi.json'],
    ['POST', '/api/operations/pause'],
    ['GET', '/api/nothing/of/the/kind'],
    ['GET', '/api'],
  ])('%s %s - without a login is 401 in JSON', async (method, path) => {
    const init = { method, headers: { 'content-type': 'application/json' }, ...(method === 'POST' ? { body: '{}' } : {}) }
    const { status, body, headers } = await console.request(path, init)
    expect([status, body.error, headers.get('cache-control')]).toEqual([401, 'login_needed', 'no-store'])
    expect(body.message).toMatch(/log in/)
  })

  it('basic - works on the API, with the right password alone, and is limited as a login is', async () => {
    expect((await console.get('/api/me', 'vic')).body).toEqual({ name: 'vic', role: 'viewer' })
    const many = await Promise.all(Array.from({ length: 30 }, () => console.get('/api/me', 'vic')))
    expect(new Set(many.map(({ status }) => status))).toEqual(new Set([200]))
    const wrong = (n: number) => {
      const authorization = `Basic ${Buffer.from(`bob:wrong-${n}`).toString('base64')}`
      return console.request('/api/me', { headers: { authorization } })
    }
    const statuses = (await Promise.all(Array.from({ length: 8 }, (_, n) => wrong(n)))).map(({ status }) => status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(5)
    expect(statuses.filter((status) => status === 429)).toHaveLength(3)
  })

  it('brute force - after five attempts at once 429 with Retry-After, the right password included', async () => {
    const own = await openConsole(brokers, prefix, {}, { ready: false })
    onTestFinished(own.close)
    const tried = await Promise.all(Array.from({ length: 12 }, (_, n) => own.login('ann', `wrong ${n}`)))
    expect(tried.filter(({ status }) => status === 401)).toHaveLength(5)
    const refused = await own.login('ann', PASSWORDS.ann)
    expect([refused.status, refused.body.error]).toEqual([429, 'too_many_attempts'])
    const seconds = Number(refused.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(0)
    expect(refused.body.message).toContain(`${seconds} seconds`)
    expect((await own.login('vic', PASSWORDS.vic)).status).toBe(200)
  })

  it('without CONSOLE_USERS - every login is refused in words that say what to set', async () => {
    const own = await openConsole(brokers, prefix, { CONSOLE_USERS: '' }, { ready: false })
    onTestFinished(own.close)
    const { status, body } = await own.login('ann', PASSWORDS.ann)
    expect([status, body.error]).toEqual([403, 'no_users'])
    expect(body.message).toMatch(/CONSOLE_USERS.*hash-password/)
    expect((await own.get('/api/me')).status).toBe(403)
    expect((await own.request('/api/me')).status).toBe(401)
  })

  it.each([{}, { username: 1, password: 2 }, { username: '', password: 'x' }, [], 'text', null])(
    'login with %j - is 400',
    async (body) => {
      const answer = await console.post('/api/login', body)
      expect([answer.status, answer.body.error]).toEqual([400, 'wrong_use'])
    },
  )
})

describe('other sites', () => {
  it.each(['https://evil.example', 'http://127.0.0.1:1', 'null'])(
    'change with Origin %s - is 403, with a valid session too',
    async (origin) => {
      const cookie = cookieOf(await console.login('ann', PASSWORDS.ann))
      for (const path of ['/api/operations/pause', '/api/logout', '/api/login']) {
        const { status, body } = await console.post(path, { sink: 'fourth' }, { cookie, origin })
        expect([path, status, body.error]).toEqual([path, 403, 'foreign_origin'])
      }
      expect((await console.request('/api/me', { headers: { cookie } })).status).toBe(200)
      expect((await console.post('/api/operations/runs', {}, { cookie, origin: console.origin })).status).toBe(200)
    },
  )

  it('a form of another site - has no JSON and is 415; Sec-Fetch-Site tells too', async () => {
    const authorization = basic('ann')
    const form = {
      method: 'POST',
      body: 'sink=fourth',
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
    }
    expect(await console.request('/api/operations/pause', form)).toMatchObject({ status: 415, body: { error: 'json_needed' } })
    expect((await console.post('/api/operations/pause', {}, { authorization, 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  })

  it('headers - strict policy, no sniffing, no frames, no referrer, on page and API', async () => {
    for (const path of ['/', '/app.js', '/api/me', '/nothing']) {
      const { headers } = await console.request(path)
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
      expect(policy).not.toMatch(/unsafe|https?:|\*/)
      expect([headers.get('x-content-type-options'), headers.get('referrer-policy')]).toEqual(['nosniff', 'no-referrer'])
    }
  })

  it('files - only those of the list', async () => {
    for (const path of [
      '/../package.json',
      '/%2e%2e/run.ts',
      '/run.ts',
      '/lib/../../run.ts',
      '/lib/',
      '/.env',
      '/node_modules/preact/package.json',
    ])
      expect([path, (await console.request(path)).status]).toEqual([path, 404])
    const page = await (await fetch(console.origin)).text()
    const names = [...page.matchAll(/(?:src|href)="([^"]+)"/g), ...page.matchAll(/": "([^"]+)"/g)].map(([, name]) => name)
    expect(names.length).toBeGreaterThan(5)
    expect(names.every((name) => name.startsWith('/'))).toBe(true)
  })
})

describe('roles', () => {
  it('viewer - sees all and changes nothing; the attempt is on record', async () => {
    const paths = ['/api/status', '/api/report', '/api/audit', '/api/operations']
    for (const path of paths) expect([path, (await console.get(path, 'vic')).status]).toEqual([path, 200])
    const refused = await console.perform('pause', { sink: 'fourth' }, 'vic')
    expect([refused.status, refused.body.error]).toEqual([403, 'operators_only'])
    const seen = await until('the record', auditOf, (records) => records.some(({ by }) => by === 'vic'))
    expect(seen.find(({ by }) => by === 'vic')).toMatchObject({
      operation: 'pause',
      role: 'viewer',
      outcome: expect.stringMatching(/operator/),
    })
    expect((await console.get('/api/live?unmasked=true', 'vic')).status).toBe(403)
  })

  it('operator - stops; status shows it, the audit trail has who, before and after', async () => {
    const done = await console.perform('stop', { sink: 'fourth' })
    expect([done.status, done.body]).toMatchObject([
      200,
      { before: { state: 'running' }, after: { state: 'stopped', by: 'ann' } },
    ])
    await until(
      'the state',
      () => serviceOf('fourth'),
      (service) => service?.state === 'stopped',
    )
    const records = await until('the record', auditOf, (all) => all.some(({ by, outcome }) => by === 'ann' && outcome === 'ok'))
    expect(records.find(({ by }) => by === 'ann')).toMatchObject({ operation: 'stop', input: { sink: 'fourth' } })
  })
})

const auditOf = async () => (await console.get('/api/audit?per_page=50')).body.records as AuditRecord[]
type Shown = { name: string; state: string; lag: number | null; nextRun: string | null; lastRun: { run: string } | null }
const serviceOf = async (name: string) =>
  ((await console.get('/api/status')).body.services as Shown[]).find((service) => service.name === name)

describe('operations', () => {
  it('wrong use, refusal, unknown verb, no JSON - each has its status and words', async () => {
    const cases = [
      [await console.perform('pause', {}), 400, 'wrong_use', 'sink'],
      [await console.perform('pause', { sink: 'fourth', colour: 'red' }), 400, 'wrong_use', 'colour'],
      [await console.perform('pause', { sink: 'fifth' }), 409, 'refused', undefined],
      [await console.perform('explode', {}), 404, 'not_found', undefined],
      [await console.post('/api/operations/pause', 'text', { authorization: basic('ann') }), 400, 'wrong_use', undefined],
    ] as const
    for (const [{ status, body }, ...expected] of cases) expect([status, body.error, body.field]).toEqual(expected)
    const broken = { method: 'POST', body: '{', headers: { authorization: basic('ann'), 'content-type': 'application/json' } }
    expect(await console.request('/api/operations/pause', broken)).toMatchObject({ status: 400, body: { error: 'wrong_use' } })
  })

  it('odd inputs - are 400 with the name of the field, never a failure of ours', async () => {
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`
    const bodies = ['{"sink":{"toString":1}}', '{"sink":[[1]]}', `{"sink":${deep}}`, deep, '7', '"text"', 'true', '{"sink":[{}]}']
    for (const operation of ['pause', 'replay', 'explain', 'dead-letters/list', 'settings']) {
      for (const body of [...bodies, '{"__proto__":{"a":1}}', '{"constructor":1}', '{"sink":"fourth","limit":1e400}']) {
        const init = { method: 'POST', body, headers: { authorization: basic('ann'), 'content-type': 'application/json' } }
        const { status, body: answer } = await console.request(`/api/operations/${operation}`, init)
        expect([operation, body.slice(0, 40), status, answer.error]).toEqual([operation, body.slice(0, 40), 400, 'wrong_use'])
      }
    }
    const odd = [
      '/api/%',
      '/api/services/%ff/settings',
      '/api/report?page=%00',
      '/api/live?type=a&type=b',
      '/api/ticks?schedule=1&schedule=2',
    ]
    for (const path of odd) {
      const { status, body } = await console.get(path)
      expect([path, [400, 404, 409].includes(status), body.error !== 'failed']).toEqual([path, true, true])
      expect(JSON.stringify(body)).not.toMatch(/at .*\.(js|ts):/)
    }
  })

  it('size - an input over 32 KB is 413; nothing of it is on record', async () => {
    const { status, body } = await console.perform('pause', { sink: 'x'.repeat(40_000) })
    expect([status, body.error]).toEqual([413, 'too_large'])
    const list = Array.from({ length: 2_000 }, () => 'a')
    expect((await console.perform('settings', { service: 'fourth', set: list })).status).toBe(400)
  })

  it('one user - has eight operations under way at most, and others theirs', async () => {
    const answers = Array.from({ length: 20 }, () => console.perform('runs', {}))
    const other = await console.perform('runs', {}, 'vic')
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    expect([other.status, statuses.filter((status) => status === 429).length]).toEqual([200, 12])
    expect((await console.perform('runs', {})).status).toBe(200)
  })

  it('JSON lines - progress first, the result or the error last', async () => {
    const perform = async (body: object) => {
      const headers = { authorization: basic('ann'), 'content-type': 'application/json', accept: 'application/x-ndjson' }
      const answer = await fetch(`${console.origin}/api/operations/runs`, { method: 'POST', body: JSON.stringify(body), headers })
      return (await answer.text())
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    }
    expect((await perform({})).at(-1)).toHaveProperty('result.logs')
    expect((await perform({ limit: 'many' })).at(-1)).toMatchObject({ error: 'wrong_use', field: 'limit' })
  })
})

describe('reports', () => {
  it('pages - as the originals answered: logs, total, lastRun; errors alone; by service', async () => {
    await Promise.all(
      Array.from({ length: 23 }, (_, n) =>
        publishReport(client, producer, report(n, n % 10 === 3 ? { status: 'failed', error: 'http_503: away' } : {})),
      ),
    )
    const page = async (query: string) => (await console.get(`/api/report?${query}`)).body
    await until(
      'all reports',
      () => page('service=fourth'),
      ({ total }) => total === 23,
    )
    const first = await page('service=fourth')
    expect(first.logs).toHaveLength(10)
    const log = (first.logs as Record<string, unknown>[])[0]
    expect(log).toMatchObject({ service: 'fourth', status: 'success', logsProcessed: 22, checkpoint: '90022', error: '' })
    expect([log.start, log.end, first.lastRun]).toEqual([expect.stringMatching(/Z$/), log.end, log.end])
    expect(await page('service=fourth&page=3')).toMatchObject({
      total: 23,
      logs: [{ logsProcessed: 2 }, { logsProcessed: 1 }, { logsProcessed: 0 }],
    })
    expect(await page('filter=errors&per_page=2')).toMatchObject({
      total: 2,
      logs: [{ logsProcessed: 13 }, { logsProcessed: 3, error: 'http_503: away' }],
    })
    expect(await page('service=fifth')).toEqual({ logs: [], total: 0, lastRun: null })
    for (const wrong of ['page=x', 'per_page=0', 'per_page=101', 'filter=all', 'page=1&page=2'])
      expect([wrong, (await console.get(`/api/report?${wrong}`)).status]).toEqual([wrong, 400])
    expect((await serviceOf('fourth'))?.lastRun).toMatchObject({ run: 'run-22' })
    const [offset] = log.offsets as number[]
    expect((await console.get(`/api/report/${offset}`)).body).toMatchObject({ run: 'run-22', bytes: 22 })
    expect((await console.get(`/api/report/${offset}`)).body).toMatchObject({ advice: '' })
    const { logs: failed } = (await page('filter=errors&per_page=1')) as { logs: { offsets: number[] }[] }
    const opened = (await console.get(`/api/report/${failed[0].offsets[0]}`)).body
    expect(opened).toMatchObject({ error: 'http_503: away', advice: adviceOf('http_503: away') })
    for (const gone of ['999999', 'x', '-1']) expect((await console.get(`/api/report/${gone}`)).status).toBe(404)
  })
})

describe('streams', () => {
  it('live - an event reaches every page, masked; unmasked for an operator is on record', async () => {
    const query = (path: string) => openEvents(console.origin + path, basic('ann'))
    const pages = await Promise.all(['/api/live', '/api/live', '/api/live?type=nothing', '/api/live?unmasked=true'].map(query))
    const [one, two, none, open] = pages
    await Promise.all(pages.map((page) => page.until('following')))
    const [{ id, value, type, data }] = makeEvents(1, (event) => void (event.user_name = 'eve@example.com'))
    const headers = new Map([[Buffer.from('type'), Buffer.from(type)]])
    await producer.send(prefix, [{ key: Buffer.from(id), value, headers }], 5_000)
    for (const page of [one, two]) expect(JSON.stringify(await page.until('events'))).toContain(id)
    expect(JSON.stringify(await one.until('events'))).not.toContain(data.user_name)
    expect(JSON.stringify(await open.until('events'))).toContain('eve@example.com')
    expect(none.seen('events')).toEqual([])
    expect((await auditOf())[0]).toMatchObject({ operation: 'live', input: { unmasked: true }, by: 'ann' })
    for (const page of pages) page.close()
  })

  it('live - by text and by what a sink lets through; what makes no sense is refused', async () => {
    const pages = await Promise.all(
      ['text=Eve', 'text=mallory', 'sink=fourth'].map((query) => openEvents(`${console.origin}/api/live?${query}`, basic('vic'))),
    )
    const [eve, none, sink] = pages
    await Promise.all(pages.map((page) => page.until('following')))
    const [{ id, value }] = makeEvents(1, (event) => void (event.user_name = 'eve@example.com'))
    await producer.send(prefix, [{ key: Buffer.from(id), value, headers: new Map() }], 5_000)
    for (const page of [eve, sink]) expect(JSON.stringify(await page.until('events'))).toContain(id)
    expect([none.seen('events'), JSON.stringify(eve.seen('events')).includes('eve@example')]).toEqual([[], false])
    for (const page of pages) page.close()
    for (const [query, status] of Object.entries({ 'text=a': 400, 'sink=nosuch': 409, [`text=${'x'.repeat(501)}`]: 400 }))
      expect([query, (await console.get(`/api/live?${query}`)).status]).toEqual([query, status])
  })

  it('types - every one that Auth0 documents, by name', async () => {
    const { types } = (await console.get('/api/types', 'vic')).body as { types: object[] }
    expect(types.length).toBeGreaterThan(150)
    expect(types).toContainEqual({
      code: 'fp',
      name: 'Failed Login (Incorrect Password)',
      category: 'auth.login.fail',
      level: 3,
    })
  })

  it('updates - status at once, every new run as it is reported', async () => {
    const page = await openEvents(`${console.origin}/api/updates`, basic('vic'))
    expect(await page.until('status')).toMatchObject({
      services: expect.arrayContaining([expect.objectContaining({ name: 'fourth' })]),
    })
    await publishReport(client, producer, report(99))
    expect(await page.until('run')).toMatchObject({ service: 'fourth', run: 'run-99' })
    page.close()
  })
})

describe('Kafka away', () => {
  it('console - starts, lets people log in, says so everywhere, and is not ready', async () => {
    const { port } = await deserted()
    const own = await openConsole(`127.0.0.1:${port}`, prefix, {}, { ready: false })
    onTestFinished(own.close)
    expect((await own.request('/livez')).status).toBe(200)
    expect((await own.request('/readyz')).status).toBe(503)
    expect((await own.login('ann', PASSWORDS.ann)).status).toBe(200)
    const { status, body, headers } = await own.get('/api/report')
    expect([status, body.error, headers.get('retry-after')]).toEqual([503, 'kafka_away', '2'])
    expect((await own.get('/api/status')).body.error).toBe('kafka_away')
  })
})
