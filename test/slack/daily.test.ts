// The daily report: when, and what it adds up to.
import { expect, test } from 'vitest'
import { createTotals, dailyMessage, dueDate } from '../../services/slack/daily.ts'
import type { Report } from '../../services/topics/records.ts'
import { failed, recovered, report } from './reports.ts'

const at = (time: string) => new Date(time)
const T = Date.parse('2026-11-22T10:00:00.000Z')

test.each<[string, string, string, number, string | undefined, string | undefined]>([
  ['before the hour', '2026-11-22T15:59:59Z', 'UTC', 16, '2026-11-21', undefined],
  ['at the hour', '2026-11-22T16:00:00Z', 'UTC', 16, '2026-11-21', '2026-11-22'],
  ['later, as after a start', '2026-11-22T23:10:00Z', 'UTC', 16, '2026-11-21', '2026-11-22'],
  ['sent already', '2026-11-22T16:00:01Z', 'UTC', 16, '2026-11-22', undefined],
  ['never sent', '2026-11-22T17:00:00Z', 'UTC', 16, undefined, '2026-11-22'],
  ['never sent, before the hour', '2026-11-22T15:00:00Z', 'UTC', 16, undefined, undefined],
  ['hour 0', '2026-11-22T00:00:00Z', 'UTC', 0, '2026-11-21', '2026-11-22'],
  ['hour 0, sent', '2026-11-22T09:00:00Z', 'UTC', 0, '2026-11-22', undefined],
  ['hour 23', '2026-11-22T22:59:00Z', 'UTC', 23, '2026-11-21', undefined],
  ['after days', '2026-11-22T16:00:00Z', 'UTC', 16, '2026-11-15', '2026-11-22'],
  ['by the zone, already', '2026-11-22T15:00:00Z', 'Europe/Berlin', 16, '2026-11-21', '2026-11-22'],
  ['by the zone, tomorrow', '2026-11-22T15:30:00Z', 'Asia/Tokyo', 0, '2026-11-22', '2026-11-23'],
  ['by the zone, not yet', '2026-11-23T02:00:00Z', 'America/Los_Angeles', 19, '2026-11-21', undefined],
  ['a clock that went back', '2026-11-22T16:00:00Z', 'UTC', 16, '2026-11-23', undefined],
])('daily - %s', (_, now, zone, hour, last, due) => {
  expect(dueDate(at(now), zone, hour, last)).toBe(due)
})

const sum = (reports: Report[]) => {
  const totals = createTotals()
  for (const one of reports) totals.take(one)
  return totals.sum()
}

test('daily - adds up the runs of every service', () => {
  const runs = [
    report(T, { run: 'a', processed: 10, delivered: 8, filtered: 2 }),
    report(T + 60_000, { run: 'b', processed: 5, delivered: 4, dead_lettered: 1, expired: 3, checkpoint: '5' }),
    report(T, { service: 'papertrail', run: 'c', processed: 7, delivered: 7 }),
    report(T + 60_000, { instance: 'host-2', run: 'd', processed: 1, delivered: 1, checkpoint: '4' }),
  ]
  const [papertrail, segment] = sum(runs)
  expect(papertrail).toMatchObject({ service: 'papertrail', processed: 7, delivered: 7, errors: 0 })
  expect(segment).toMatchObject({ processed: 16, delivered: 13, filtered: 2, dead_lettered: 1, expired: 3, checkpoint: '4' })
  expect(segment).toMatchObject({ startedAt: runs[0].started_at, endedAt: runs[1].ended_at })
})

test('daily - what a run told several times adds up, an outage is one error', () => {
  const run = { run: 'tick', started_at: new Date(T).toISOString() }
  const [total] = sum([
    failed(T + 1_000, { ...run, delivered: 5, processed: 5 }),
    failed(T + 2_000, { ...run, delivered: 1, processed: 1 }),
    recovered(T + 3_000, { ...run, delivered: 3, processed: 3 }),
    report(T + 4_000, { ...run, delivered: 3, processed: 3 }),
    failed(T + 9_000, { run: 'next', error: 'http_401: no' }),
  ])
  expect(total).toMatchObject({ delivered: 12, processed: 12, errors: 2, lastError: 'http_401: no' })
})

test('daily - the message holds the numbers, what to do, and who is silent', () => {
  const totals = sum([
    report(T, { run: 'a', processed: 1_234, delivered: 1_200, dead_lettered: 34 }),
    report(T, { service: 'papertrail', delivered: 3 }),
  ])
  const message = dailyMessage('2026-11-22', totals, ['cloudwatch'])
  expect(message.text).toBe(
    'Daily report of 2026-11-22. Delivered: papertrail 3 logs, segment 1,200 logs. Needs attention: segment. No report from cloudwatch: is it running? See auth0-logs status.',
  )
  expect(message.attachments.map(({ text, color }) => [text, color])).toEqual([
    ['Logs Export Daily Report', '#7cd197'],
    ['Logs Export Daily Report', '#d13f42'],
  ])
  const fields = Object.fromEntries(message.attachments[1].fields.map(({ title, value }) => [title, value]))
  expect(fields).toMatchObject({
    Service: 'segment',
    'Logs processed': '1,234',
    Delivered: '1,200',
    'Dead-lettered': '34',
    Errors: '0',
  })
  expect(fields['What to do']).toContain('auth0-logs dead-letters list segment')
})

test('daily - without a report at all it says so', () => {
  const message = dailyMessage('2026-11-22', [], [])
  expect(message).toMatchObject({ username: 'auth0-logs', attachments: [{ text: 'Logs Export Daily Report', color: '#d13f42' }] })
  expect(message.text).toContain('No service has reported anything yet')
})

test('daily - says of each day that was proved whether it is complete, and what to do where it is not', () => {
  const missing = { reason: 'missing' as const, logs: 4, words: '4 logs that Auth0 lists are not in the topic' }
  const proofs = [
    { day: '2026-11-20', verdict: 'complete' as const, reasons: [] },
    { day: '2026-11-21', verdict: 'incomplete' as const, reasons: [missing] },
  ]
  const text = JSON.stringify(dailyMessage('2026-11-22', [], [], [], '', proofs))
  expect(text).toContain('Proof of 2026-11-20: complete.')
  expect(text).toContain(
    'Proof of 2026-11-21: INCOMPLETE (4 logs that Auth0 lists are not in the topic). auth0-logs proofs 2026-11-21 has it by hour.',
  )
  expect(JSON.stringify(dailyMessage('2026-11-22', [], []))).not.toContain('Proof')
})
