// What services did, as rows of a table.
import { describe, expect, test } from 'vitest'
import { foldRuns, pageOfRuns, troubleOf } from '../../services/operations/runs.ts'
import { newReport, type Report } from '../../services/topics/records.ts'
import type { Told } from '../../services/topics/reports.ts'

let offset = 0
const at = (second: number) => new Date(Date.UTC(2026, 2, 4, 5, 0, second)).toISOString()
function told(service: string, run: string, second: number, more: Partial<Report> = {}): Told {
  const begun = { service, instance: 'a', run, status: 'success', started_at: at(second), ended_at: at(second + 1) } as const
  const report = newReport({ ...begun, processed: 10, delivered: 8, filtered: 2, ...more })
  return { offset: offset++, kind: 'report', report }
}
const audit: Told = { offset: 0, kind: 'audit', audit: { v: 1, audit: true } as never }

describe('foldRuns', () => {
  test('instances of one run - are one row: counts added, the gravest state, the smallest checkpoint', () => {
    const [run, ...others] = foldRuns([
      told('segment', '1', 0, { instance: 'a', checkpoint: '900', first_log_id: '5', last_log_id: '7' }),
      told('segment', '1', 2, {
        instance: 'b',
        checkpoint: '800',
        status: 'failed',
        error: 'http_500: oh',
        first_log_id: '6',
        last_log_id: '9',
      }),
      audit,
    ])
    expect(others).toEqual([])
    expect(run).toMatchObject({
      status: 'failed',
      error: 'http_500: oh',
      logsProcessed: 20,
      delivered: 16,
      checkpoint: '800',
      instances: 2,
    })
    expect(run).toMatchObject({ start: at(0), end: at(3), firstLogId: '5', lastLogId: '9' })
  })

  test('several reports of one instance - the last one tells the state', () => {
    const [run] = foldRuns([told('segment', '1', 0, { status: 'failed', error: 'x' }), told('segment', '1', 1)])
    expect(run).toMatchObject({ status: 'success', error: '', logsProcessed: 20 })
  })

  test('the same run id at two services - are two runs', () => {
    expect(foldRuns([told('segment', '1', 0), told('cloudwatch', '1', 1)])).toHaveLength(2)
  })

  test('missing and recovered of a backfill - are added up, and absent elsewhere', () => {
    const [run] = foldRuns([
      told('backfill', '1', 0, { missing: 2, recovered: 1 }),
      told('backfill', '1', 1, { missing: 1, recovered: 2 }),
    ])
    expect(run).toMatchObject({ missing: 3, recovered: 3 })
    expect(foldRuns([told('segment', '1', 0)])[0]).not.toHaveProperty('missing')
  })
})

describe('pageOfRuns', () => {
  const all = [
    told('segment', '1', 0),
    told('cloudwatch', '2', 1, { status: 'failed' }),
    told('segment', '3', 2, { status: 'held' }),
    told('segment', '4', 3, { status: 'recovered' }),
  ]
  const ids = (asked: Parameters<typeof pageOfRuns>[1]) => pageOfRuns(all, asked).logs.map(({ run }) => run)

  test('newest first, a page at a time', () => {
    expect(ids({ page: 1, perPage: 3 })).toEqual(['4', '3', '2'])
    expect(ids({ page: 2, perPage: 3 })).toEqual(['1'])
    expect(ids({ page: 3, perPage: 3 })).toEqual([])
    expect(pageOfRuns(all, { page: 2, perPage: 3 })).toMatchObject({ total: 4, lastRun: at(4) })
  })

  test('failed - failed and held ones, of one service; lastRun is of all its runs', () => {
    expect(ids({ page: 1, perPage: 10, failed: true })).toEqual(['3', '2'])
    expect(pageOfRuns(all, { page: 1, perPage: 10, failed: true, service: 'segment' })).toMatchObject({
      total: 1,
      lastRun: at(4),
    })
  })

  test('no records - no rows', () => {
    expect(pageOfRuns([], { page: 1, perPage: 10 })).toEqual({ logs: [], total: 0, lastRun: '' })
  })
})

describe('troubleOf', () => {
  const started = at(0)
  test('the newest report of each instance - one held is trouble, all well is none', () => {
    const held = told('segment', '1', 5, { instance: 'a', status: 'held', error: 'denied: no' })
    expect(troubleOf([held, told('segment', '2', 6, { instance: 'b' })], 'segment', started)).toMatchObject({
      status: 'held',
      error: 'denied: no',
      since: at(6),
      attempts: 1,
    })
    expect(troubleOf([held, told('segment', '3', 7, { instance: 'a', status: 'recovered' })], 'segment', started)).toBeNull()
    expect(troubleOf([held], 'cloudwatch', started)).toBeNull()
  })

  test('an instance that has gone - is heard no longer', () => {
    const held = told('segment', '1', 5, { instance: 'a', status: 'held', error: 'x' })
    expect(troubleOf([held], 'segment', at(30))).toBeNull()
    expect(troubleOf([held, told('segment', '2', 5 + 11 * 60, { instance: 'b' })], 'segment', started)).toBeNull()
  })
})
