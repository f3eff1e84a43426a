// Runs and audit records in memory: the same rows as the `runs` operation makes, a page at a time, bounded.
import { describe, expect, it } from 'vitest'
import { createAuditTrail, createRunIndex } from '../../services/console/history.ts'
import { type AuditRecord, newReport, type Report } from '../../services/topics/records.ts'
import type { Told } from '../../services/topics/reports.ts'

let offset = 0
function told(n: number, more: Partial<Report> = {}): Told {
  const at = (ms: number) => new Date(1_700_000_000_000 + ms).toISOString()
  const times = { started_at: at(n * 1000), ended_at: at(n * 1000 + 900) }
  const run = { service: 'segment', instance: 'a', run: `run-${n}`, status: 'success', ...times } as const
  const ids = { first_log_id: '1', last_log_id: '2', checkpoint: String(n) }
  const report = newReport({ ...run, ...ids, processed: 2, delivered: 2, bytes: 9, ...more })
  return { offset: offset++, kind: 'report', report }
}
const asked = { page: 1, perPage: 10, errorsOnly: false, service: '' }

describe('run index', () => {
  it('pages - newest first, failed ones alone, by service, with the time of the last run', () => {
    const index = createRunIndex()
    for (let n = 0; n < 25; n++) index.add(told(n, n % 5 === 0 ? { status: n % 10 === 0 ? 'failed' : 'held', error: 'no' } : {}))
    index.add(told(25, { service: 'papertrail' }))
    const { logs, total, lastRun } = index.page({ ...asked, page: 2, service: 'segment' })
    expect([logs.map(({ run }) => run).slice(0, 2), total]).toEqual([['run-14', 'run-13'], 25])
    expect(lastRun).toBe(index.last('segment')?.end)
    expect(index.page({ ...asked, errorsOnly: true }).logs.map(({ run }) => run)).toEqual([
      'run-20',
      'run-15',
      'run-10',
      'run-5',
      'run-0',
    ])
    expect(index.page({ ...asked, page: 9 })).toMatchObject({ logs: [], total: 26 })
  })

  it('run of two instances and two reports - is one row with the sums and the gravest state', () => {
    const index = createRunIndex()
    index.add(told(1, { status: 'failed', error: 'http_503: away' }))
    index.add(told(1, { instance: 'b' }))
    index.add(told(2))
    index.add(told(1, { status: 'recovered', error: 'http_503: away' }))
    const { logs, total } = index.page(asked)
    expect(total).toBe(2)
    expect(logs[0]).toMatchObject({ run: 'run-1', status: 'recovered', logsProcessed: 6, instances: 2 })
    expect(logs[0].offsets).toHaveLength(3)
  })

  it('most - older runs go, memory stays under 1 KiB a run', () => {
    const index = createRunIndex(5_000)
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    for (let n = 0; n < 15_000; n++) index.add(told(n, { error: `http_503: ${'x'.repeat(400)}` }))
    globalThis.gc?.()
    expect(index.page(asked).total).toBeLessThanOrEqual(5_250)
    if (globalThis.gc) expect((process.memoryUsage().heapUsed - before) / 5_000).toBeLessThan(1024)
  })
})

describe('audit trail', () => {
  it('records - newest first; what was given is shown up to 4 KiB, whatever it is', () => {
    const trail = createAuditTrail(100)
    const record: AuditRecord = {
      v: 1,
      audit: true,
      at: '2026-01-01T00:00:00.000Z',
      by: 'ann',
      role: 'operator',
      operation: 'settings',
      input: { service: 'segment' },
      outcome: 'ok',
      before: null,
      after: null,
    }
    const deep: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)
    const odd = [{ set: 'x'.repeat(240_000) }, { set: deep }, null, 7] as AuditRecord['input'][]
    for (const input of [record.input, ...odd]) trail.add({ offset: 0, kind: 'audit', audit: { ...record, input } })
    trail.add({ offset: 0, kind: 'audit', audit: { ...record, after: deep, outcome: 'y'.repeat(9_000) } })
    const { records } = trail.page({ page: 1, perPage: 100, by: '', operation: '' })
    expect(records.at(-1)).toEqual(record)
    expect(records.at(-2)?.input).toEqual({ left_out: '240010 bytes' })
    expect(JSON.stringify(records).length).toBeLessThan(3_000)
  })
  it('filters - by who and what; all that can be chosen is named', () => {
    const trail = createAuditTrail(100)
    const one = (by: string, operation: string) => {
      const record = { v: 1, audit: true, at: '2026-01-01T00:00:00.000Z', by, role: 'operator', operation, input: {} } as const
      trail.add({ offset: 0, kind: 'audit', audit: { ...record, outcome: 'ok', before: null, after: null } })
    }
    for (const by of ['cli:bob@host', 'ann']) for (const operation of ['pause', 'replay', 'pause']) one(by, operation)
    const page = (by: string, operation: string) => trail.page({ page: 1, perPage: 100, by, operation })
    expect([page('', '').total, page('ann', '').total, page('ann', 'pause').total, page('eve', '').total]).toEqual([6, 3, 2, 0])
    expect(page('ann', 'replay')).toMatchObject({ people: ['ann', 'cli:bob@host'], operations: ['pause', 'replay'] })
  })
})

describe('run index, folded', () => {
  it('the same failure again and again - is one row from its first to its last run; another error, or a success between, is another', () => {
    const index = createRunIndex()
    const held = { status: 'held', error: 'http_401: no key 7', retries: 2, dead_lettered: 1 } as const
    for (let n = 0; n < 14; n++) index.add(told(n, { ...held, error: `http_401: no key ${n}` }))
    index.add(told(14))
    for (let n = 15; n < 18; n++) index.add(told(n, { ...held, error: 'http_503: away' }))
    index.add(told(18, { ...held, status: 'failed', error: 'http_503: away' }))
    const folded = index.page({ ...asked, fold: true, service: 'segment' })
    expect(folded.logs.map(({ status, times, run, retries }) => [status, times, run, retries])).toEqual([
      ['failed', undefined, 'run-18', 2],
      ['held', 3, 'run-17', 6],
      ['success', undefined, 'run-14', 0],
      ['held', 14, 'run-13', 28],
    ])
    expect(folded.total).toBe(4)
    const [, , , first] = folded.logs
    expect([first.start, first.end, first.deadLettered]).toEqual([
      new Date(1_700_000_000_000).toISOString(),
      new Date(1_700_000_013_900).toISOString(),
      14,
    ])
    expect(index.page({ ...asked, fold: true, page: 2, perPage: 3 })).toMatchObject({ logs: [{ times: 14 }], total: 4 })
    // Pages as the originals answered them stay as they are.
    expect(index.page({ ...asked, perPage: 100 }).logs.filter(({ times }) => times)).toEqual([])
    expect(index.page(asked).total).toBe(19)
  })
})
