// Which reports are news.
import { expect, test } from 'vitest'
import { errorClass } from '../../services/operations/outages.ts'
import { type News, takeReport } from '../../services/slack/outages.ts'
import { decodeState, encodeState, newState } from '../../services/slack/state.ts'
import type { Report } from '../../services/topics/records.ts'
import { failed, recovered, report } from './reports.ts'

const T = Date.parse('2026-11-22T10:00:00.000Z')
const MINUTE = 60_000

/** Takes reports as they come, with a start of the service after each: the state goes through its metadata. */
function tell(reports: Report[], lateMs = 1_000): News[] {
  let state = newState()
  return reports.flatMap((one) => {
    const taken = takeReport(state, one, Date.parse(one.ended_at) + lateMs)
    state = decodeState(encodeState(taken.state, undefined)).state
    return taken.news
  })
}
const kinds = (news: News[]) => news.map(({ kind }) => kind).filter((kind) => kind !== 'success')
/** A failing sink tells of its first refusal at once, then of every window. */
const outage = (from: number, minutes: number, changes: Partial<Report> = {}) =>
  Array.from({ length: minutes }, (_, i) => failed(from + i * MINUTE, { retries: i === 0 ? 1 : 4, ...changes }))

test('outages - ten minutes are one failure, one update and one recovery', () => {
  const news = tell([report(T - MINUTE), ...outage(T, 10), recovered(T + 10 * MINUTE), report(T + 11 * MINUTE)])
  expect(kinds(news)).toEqual(['failed', 'ongoing', 'recovered'])
  expect(news.find(({ kind }) => kind === 'ongoing')).toMatchObject({ count: 20, spanMs: 5 * MINUTE, since: T })
  expect(news.find(({ kind }) => kind === 'recovered')).toMatchObject({ since: T, until: T + 10 * MINUTE })
})

test('outages - updates of a long one come after 5, 10, 20, 40 minutes, then every hour', () => {
  const news = tell(outage(T, 5 * 60)).filter(({ kind }) => kind === 'ongoing')
  const minutes = news.map((one) => (Date.parse(one.report.ended_at) - T) / MINUTE)
  expect(minutes).toEqual([5, 15, 35, 75, 135, 195, 255])
})

test('outages - another way of failing is told at once as an update of the same outage, the same of another instance is not', () => {
  const other = failed(T + 2_000, { instance: 'host-2' })
  const held = failed(T + 3_000, { status: 'held', error: 'http_401: bad key' })
  const back = failed(T + 4_000)
  const news = tell([failed(T), other, held, back, recovered(T + 5_000), recovered(T + 6_000, { instance: 'host-2' })])
  expect(kinds(news)).toEqual(['failed', 'ongoing', 'recovered'])
  expect(news).toMatchObject([{ since: T }, { since: T, another: true, report: { status: 'held' } }, { since: T }])
})

test('outages - recovered are all instances or none, one that has gone does not count', () => {
  const two = [failed(T), failed(T + 1_000, { instance: 'host-2' })]
  expect(kinds(tell([...two, recovered(T + 2_000)]))).toEqual(['failed'])
  expect(kinds(tell([...two, recovered(T + 2_000), recovered(T + 3_000, { instance: 'host-2' })]))).toEqual([
    'failed',
    'recovered',
  ])
  const restarted = report(T + 9 * MINUTE, { instance: 'host-3', delivered: 5 })
  expect(kinds(tell([...two, recovered(T + 2_000), restarted]))).toEqual(['failed', 'recovered'])
  const soon = report(T + 2 * MINUTE, { instance: 'host-3', delivered: 5 })
  expect(kinds(tell([...two, soon]))).toEqual(['failed'])
})

test('outages - two alarms in words are two', () => {
  const words = (at: number, error: string) => failed(at, { service: 'backfill', error, retries: 0 })
  const gap = words(T, 'logs stored between 1 and 2 may be lost')
  const old = words(T + 1_000, 'the checkpoint is 24 days old')
  expect(kinds(tell([gap, old, report(T + 2_000, { service: 'backfill' })]))).toEqual(['failed', 'ongoing'])
})

test('outages - services are told apart', () => {
  expect(kinds(tell([failed(T), failed(T, { service: 'papertrail' }), recovered(T + 1_000)]))).toEqual([
    'failed',
    'failed',
    'recovered',
  ])
})

test('outages - one that keeps coming back is told twice, coalesced, and recovered when it has held', () => {
  const flaps = Array.from({ length: 10 }, (_, i) => [failed(T + i * 20_000), recovered(T + i * 20_000 + 10_000)]).flat()
  const calm = Array.from({ length: 12 }, (_, i) => report(T + 200_000 + i * MINUTE, { delivered: 1 }))
  const news = tell([...flaps, ...calm])
  expect(kinds(news)).toEqual(['failed', 'recovered', 'failed', 'recovered'])
  const last = news.findLast(({ kind }) => kind === 'recovered')
  expect(last).toMatchObject({ since: T, until: T + 190_000, again: 9 })
  const days = T + 24 * 60 * MINUTE
  expect(kinds(tell([...flaps, ...calm, failed(days), recovered(days + 1)]))).toHaveLength(6)
})

test('outages - what is told once and goes on is an alarm: no recovery, and no flood', () => {
  const alarm = (at: number) => failed(at, { error: 'checkpoint_old: 81 % of what the tenant keeps', retries: 0 })
  const every = Array.from({ length: 60 }, (_, i) => [alarm(T + i * MINUTE), report(T + i * MINUTE + 30_000)]).flat()
  expect(kinds(tell(every))).toEqual(['failed', 'ongoing', 'ongoing', 'ongoing'])
})

test('outages - expired events are told once, then coalesced', () => {
  const news = tell(Array.from({ length: 4 }, (_, i) => report(T + i * MINUTE, { expired: 7 })))
  expect(kinds(news)).toEqual(['expired'])
})

test('outages - late reports of an ongoing failure are counted, not told; beginning and end are', () => {
  const news = tell([...outage(T, 30), recovered(T + 30 * MINUTE)], 60 * MINUTE)
  expect(kinds(news)).toEqual(['failed', 'recovered'])
})

test('outages - a recovery whose failure was not told is none, nor are runs under way and idle ones', () => {
  expect(kinds(tell([recovered(T)]))).toEqual([])
  const alarm = failed(T, { error: 'checkpoint_old: 81 %', retries: 0 })
  const again = { ...alarm, ended_at: new Date(T + MINUTE).toISOString() }
  expect(kinds(tell([alarm, report(T + 1_000), again, recovered(T + 2 * MINUTE)]))).toEqual(['failed'])
  expect(tell([report(T, { status: 'running' }), report(T, { status: 'idle' })])).toEqual([])
  expect(tell([report(T)])).toHaveLength(1)
})

test.each([
  ['http_503: busy', 'http_503'],
  ['AccessDenied: no', 'accessdenied_no'],
  ['', 'error'],
  [`${'x'.repeat(50)}: long`, 'x'.repeat(40)],
  ['the checkpoint is 24.1 days old, Auth0 keeps 30', 'the_checkpoint_is_days_old_keeps'],
  ['the checkpoint is 24.2 days old, Auth0 keeps 30', 'the_checkpoint_is_days_old_keeps'],
  ['log stream auth0-logs is paused: Auth0 delivers nothing', 'log_stream_logs_is_paused_delivers'],
])('outages - the class of %j is %s', (error, name) => {
  expect(errorClass(error)).toBe(name)
})

test('state - stays under 1,000 bytes and keeps what is open', () => {
  const services = Array.from({ length: 6 }, (_, i) => `sink-${i}`)
  const classes = ['a', 'b', 'c', 'd'].map((name) => `${name}: x`)
  let state = newState()
  for (const service of services)
    for (const error of classes)
      for (const instance of ['h1', 'h2', 'h3']) state = takeReport(state, failed(T, { service, error, instance }), T).state
  const text = encodeState(state, { date: '2026-11-22', at: T, offset: 12 })
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000)
  const read = decodeState(text)
  expect([...read.state.outages.keys()]).toEqual(services)
  expect(read.daily).toEqual({ date: '2026-11-22', at: T, offset: 12 })
})

test('state - what cannot be read is no state', () => {
  const nothing = ['', 'x', '{"v":2,"outages":{"a":{}}}', 'null', '[]', '7', '{"v":"1","outages":{}}']
  const foreign = [
    '{"v":1,"outages":{"a":{"since":"x"},"b":null,"c":7},"alarms":[1],"daily":{"date":7}}',
    '{"v":1,"outages":"x"}',
  ]
  for (const metadata of [...nothing, ...foreign]) {
    expect(decodeState(metadata)).toEqual({ state: newState(), daily: undefined })
  }
})

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  'state - a service or instance called %s is one like any other',
  (name) => {
    const of = { service: name, instance: name, error: `${name}: no` }
    expect(kinds(tell([failed(T, of), failed(T + 1, of), recovered(T + 2, of)]))).toEqual(['failed', 'recovered'])
    expect(({} as Record<string, unknown>).since).toBeUndefined()
  },
)

test('windows of the ingest - are never told as successful exports, and end the alarm of a foreign tenant', () => {
  const window = { service: 'ingest', refused: {} }
  const alarm = failed(T + MINUTE, { service: 'ingest', retries: 0, error: 'foreign_tenant: x' })
  const news = tell([report(T, window), alarm, report(T + 2 * MINUTE, window), report(T + 3 * MINUTE, { service: 'segment' })])
  expect(news.map(({ kind, report: { service } }) => [kind, service])).toEqual([
    ['failed', 'ingest'],
    ['success', 'segment'],
  ])
})
