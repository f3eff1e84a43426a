// The nightly proof: asked for once a day, whoever is the worker and whenever it starts.
import { expect, test } from 'vitest'
import { askNightly } from '../../../services/ingest/backfill/proofs.ts'
import type { ControlRecords } from '../../../services/topics/control.ts'
import { clockOf } from '../../../services/operations/prove/fields.ts'

function night(proveAt: string, zone = 'UTC') {
  const records: ControlRecords = new Map()
  const writeJob = async (key: string, value: object | null) =>
    void (value === null ? records.delete(key) : records.set(key, value))
  const settings = () => ({ proveAt, zone }) as never
  return { records, at: (time: string) => askNightly({ settings, records, writeJob }, new Date(time)) }
}

test('nightly - the day before, from PROVE_AT on, once', async () => {
  const { records, at } = night('3')
  await at('2026-11-28T02:59:59Z')
  expect([...records.keys()]).toEqual([])
  await at('2026-11-28T03:00:00Z')
  await at('2026-11-28T03:00:01Z')
  await at('2026-11-28T23:00:00Z') // a worker that starts later
  expect([...records.keys()]).toEqual(['job/backfill/prove-2026-11-27'])
  expect(records.get('job/backfill/prove-2026-11-27')).toMatchObject({
    kind: 'prove',
    state: 'wanted',
    by: 'PROVE_AT 03:00',
    from: '2026-11-27T00:00:00.000Z',
    to: '2026-11-28T00:00:00.000Z',
    proof: { day: '2026-11-27', zone: 'UTC', auth0: true, total: 24 },
  })
})

test('nightly - by the clock of SCHEDULE_TZ, on days of 25 hours too', async () => {
  const { records, at } = night('0:30', 'Europe/Berlin')
  await at('2026-10-25T23:29:00Z')
  expect([...records.keys()]).toEqual([])
  await at('2026-10-25T23:30:00Z')
  expect(records.get('job/backfill/prove-2026-10-25')).toMatchObject({ proof: { total: 25 }, from: '2026-10-24T22:00:00.000Z' })
})

test('nightly - at midnight waits until the last logs of the day can have come', async () => {
  const { records, at } = night('0')
  await at('2026-11-28T00:09:59Z')
  expect(records.size).toBe(0)
  await at('2026-11-28T00:10:00Z')
  expect(records.size).toBe(1)
})

test('nightly - records of proofs that nobody can look at any more are taken away', async () => {
  const { records, at } = night('1')
  await at('2026-01-02T02:00:00Z')
  const [key, job] = [...records][0]
  records.set(key, { ...(job as object), state: 'done', ended_at: '2026-01-02T02:01:00.000Z' })
  await at('2026-02-01T02:00:00Z')
  expect(records.size).toBe(2)
  await at('2026-03-01T02:00:00Z')
  expect([...records.keys()]).toEqual(['job/backfill/prove-2026-01-31', 'job/backfill/prove-2026-02-28'])
})

test.each([
  ['', undefined],
  ['3', '03:00'],
  ['03', '03:00'],
  ['3:05', '03:05'],
  ['23:59', '23:59'],
  ['0', '00:00'],
  ['24', undefined],
  ['3:60', undefined],
  ['noon', undefined],
])('PROVE_AT %j - is %j on a clock', (text, clock) => {
  expect(clockOf(text)).toBe(clock)
})
