// What a person reads.
import { expect, test } from 'vitest'
import { adviceOf } from '../../services/operations/advice.ts'
import { newsMessage, successMessage } from '../../services/slack/words.ts'
import { failed, recovered, report } from './reports.ts'

const T = Date.parse('2026-11-22T10:00:00.000Z')
const about = { kind: 'sink' as const, waiting: 1_234, console: '' }
const valuesOf = (message: ReturnType<typeof successMessage>) =>
  Object.fromEntries(message.attachments[0].fields.map(({ title, value }) => [title, value]))

test("words - a failure: the vendor's words, what it means, what to do", () => {
  const message = newsMessage({ kind: 'failed', report: failed(T, { processed: 5 }), since: T, again: 0 }, about)
  expect(message).toMatchObject({
    username: 'auth0-logs-to-segment',
    icon_emoji: ':rocket:',
    text: 'segment could not deliver: http_503: the vendor is busy. Nothing is lost: 1,234 logs wait in Kafka. Delivery is retried automatically.',
    attachments: [{ color: '#d13f42', fallback: 'Logs Export Error', text: 'Logs Export Error' }],
  })
  expect(message.attachments[0].fields[0]).toEqual({ title: 'Start time', value: '2026-11-22T10:00:00.000Z', short: true })
  const values = valuesOf(message)
  expect(Object.keys(values)).toEqual([
    'Start time',
    'End time',
    'Logs processed',
    'Next checkpoint',
    'Error',
    'Logs waiting',
    'What to do',
  ])
  expect(values).toMatchObject({ 'Logs processed': '5', Error: 'http_503: the vendor is busy' })
  expect(values['Next checkpoint']).toMatch(/^900/)
})

test('words - a hold says that it needs attention, an update how often, a return that it is one', () => {
  const held = failed(T, { status: 'held', error: 'http_401: bad key' })
  const message = newsMessage({ kind: 'failed', report: held, since: T, again: 2 }, { ...about, waiting: 1 })
  expect(message.text).toContain('is on hold again and needs attention: http_401: bad key. Nothing is lost: 1 log waits')
  expect(valuesOf(message)['What to do']).toContain('auth0-logs validate')
  const update = newsMessage(
    { kind: 'ongoing', report: failed(T), since: T - 300_000, count: 17, spanMs: 300_000, another: false },
    about,
  )
  expect(update.text).toContain('segment still cannot deliver (×17 in 5 min, since 2026-11-22T09:55:00.000Z)')
})

test('words - what to do is what console and command line say, and the command that tells more', () => {
  const toDo = (error: string, status: 'failed' | 'held') =>
    valuesOf(newsMessage({ kind: 'failed', report: failed(T, { error, status }), since: T, again: 0 }, about))['What to do']
  for (const error of ['http_401: no', 'http_404: no', 'http_503: busy', 'rejections: 21 in a row', 'dead_letter_refused: no'])
    for (const status of ['failed', 'held'] as const) expect(toDo(error, status)).toContain(adviceOf(error))
  expect(toDo('rejections: 21 in a row', 'held')).toContain('auth0-logs dead-letters redrive segment')
  expect(toDo('http_503: busy', 'failed')).toContain('auth0-logs runs segment --failed')
})

test('words - a recovery says how long it lasted and what was kept', () => {
  const message = newsMessage({ kind: 'recovered', report: recovered(T), since: T - 600_000, until: T, again: 0 }, about)
  expect(message.attachments[0]).toMatchObject({ color: '#7cd197', text: 'Logs Export Recovered' })
  expect(message.text).toBe('segment works again after 10 min. Nothing was lost: 1,234 logs that waited in Kafka go out now.')
  const flapping = newsMessage({ kind: 'recovered', report: recovered(T), since: T - 600_000, until: T, again: 3 }, about)
  expect(flapping.text).toContain('came back 3 times; it has been stable for 5 min now')
})

test('words - expired events are lost for the sink, and that is said', () => {
  const message = newsMessage({ kind: 'expired', report: report(T, { expired: 2 }) }, about)
  expect(message.text).toContain('2 logs expired before segment delivered them')
  expect(valuesOf(message)['What to do']).toContain('auth0-logs backfill')
})

test('words - the backfill does not deliver, it reads', () => {
  const message = newsMessage(
    { kind: 'failed', report: failed(T, { service: 'backfill', error: 'gap: 12 logs between 1 and 2' }), since: T, again: 0 },
    { kind: 'backfill', waiting: undefined, console: '' },
  )
  expect(message.text).toBe(
    'backfill reports: gap: 12 logs between 1 and 2. The logs stay at Auth0 and are read as soon as this works again.',
  )
})

test('words - successes of one service are one message', () => {
  const one = report(T, { processed: 3, delivered: 2, filtered: 1 })
  expect(successMessage([one])).toMatchObject({
    text: 'segment delivered 2 logs.',
    attachments: [{ color: '#7cd197', text: 'Logs Export Success' }],
  })
  const three = successMessage([one, one, report(T + 60_000, { processed: 1, delivered: 1, dead_lettered: 1 })])
  expect(three.text).toBe('segment delivered 5 logs in 3 runs.')
  expect(valuesOf(three)).toMatchObject({
    'Start time': one.started_at,
    'End time': '2026-11-22T10:01:00.000Z',
    'Logs processed': '7',
    Filtered: '2',
    'Dead-lettered': '1',
  })
})

test('words - a secret that a vendor repeats is not shown', () => {
  const error = 'http_401: key xyzzy-secret refused, Authorization: Basic c2VncmV0OnNlY3JldA=='
  const message = newsMessage({ kind: 'failed', report: failed(T, { error }), since: T, again: 0 }, about, ['xyzzy-secret'])
  expect(JSON.stringify(message)).not.toMatch(/xyzzy|c2Vn/)
})

test('words - another reason in an outage continues its story: an update with the beginning of the first', () => {
  const ongoing = (status: 'failed' | 'held') =>
    newsMessage(
      { kind: 'ongoing', report: failed(T, { status }), since: T - 300_000, count: 3, spanMs: 300_000, another: true },
      about,
    ).text
  expect(ongoing('failed')).toMatch(/^segment still cannot deliver, now for another reason, since 2026-11-22T09:55:00.000Z: /)
  expect(ongoing('held')).toMatch(/^segment still cannot deliver and is now on hold, since 2026-11-22T09:55:00.000Z: it needs/)
})

test('words - one full stop, however the vendor ends its sentence', () => {
  for (const error of ['http_503: The service cannot complete the request.', 'http_503: The service cannot complete the request'])
    expect(newsMessage({ kind: 'failed', report: failed(T, { error }), since: T, again: 0 }, about).text).toContain(
      'the request. Nothing is lost',
    )
})

test('words - messages link to the console where its address is known', () => {
  const linked = { ...about, console: 'https://logs.example.com/' }
  const error = newsMessage({ kind: 'failed', report: failed(T), since: T, again: 0 }, linked)
  expect(valuesOf(error).Console).toBe('https://logs.example.com/#/services/segment')
  const lost = successMessage([report(T, { service: 'segment.sandbox', dead_lettered: 1 })], linked.console)
  expect(valuesOf(lost).Console).toBe('https://logs.example.com/#/dead-letters/segment.sandbox')
  expect(valuesOf(successMessage([report(T)]))).not.toHaveProperty('Console')
})

test('words - characters that hide or turn what stands there do not reach Slack, nor do mentions and links', () => {
  const error = 'http_400: \u001b[2J\u0007\u202eevil\u0000 <!channel> <@U1> <https://evil.example|click>'
  const text = JSON.stringify(newsMessage({ kind: 'failed', report: failed(T, { error }), since: T, again: 0 }, about))
  expect(text).not.toMatch(/<|\\u00|\u202e/)
})
