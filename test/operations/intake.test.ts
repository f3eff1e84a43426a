// Whether Auth0 still sends, from the ingest's reports.
import { expect, test } from 'vitest'
import { intakeOf } from '../../services/operations/intake.ts'
import { pageOfRuns } from '../../services/operations/runs.ts'
import { newReport, type Report } from '../../services/topics/records.ts'
import type { Told } from '../../services/topics/reports.ts'

const NOW = Date.parse('2026-11-28T10:00:00.000Z')
const iso = (minutesAgo: number) => new Date(NOW - minutesAgo * 60_000).toISOString()
let offset = 0
function told(minutesAgo: number, more: Partial<Report> = {}): Told {
  const times = { started_at: iso(minutesAgo + 1), ended_at: iso(minutesAgo) }
  const own = { service: 'ingest', instance: 'a', run: `r${offset}`, status: 'success', ...times } as const
  return { offset: offset++, kind: 'report', report: newReport({ ...own, refused: {}, ...more }) }
}

test('intake - sums the last hour over instances; the last event may be older', () => {
  const all = [
    told(90, { processed: 100, refused: { unauthorized: 9 } }),
    told(50, { processed: 5, refused: { unavailable: 1 } }),
    told(40, { processed: 2, dead_lettered: 3, instance: 'b', refused: { unavailable: 2, unauthorized: 1 } }),
    told(1, { status: 'idle' }),
  ]
  expect(intakeOf(all, NOW)).toEqual({
    events: 7,
    quarantined: 3,
    lastEventAt: iso(40),
    refused: [
      { reason: 'unavailable', bodies: 3, lastAt: iso(40) },
      { reason: 'unauthorized', bodies: 1, lastAt: iso(40) },
    ],
  })
  expect(intakeOf([all[0]], NOW)).toEqual({ events: 0, quarantined: 0, lastEventAt: iso(90), refused: [] })
  expect(intakeOf([], NOW)).toEqual({ events: 0, quarantined: 0, lastEventAt: '', refused: [] })
})

test('runs - windows of the ingest are no runs of an export: listed only where they are asked for, its alarms always', () => {
  const alarm = told(3, { status: 'failed', error: 'foreign_tenant: x', refused: undefined })
  const sink = told(5, { service: 'segment', refused: undefined })
  const all = [told(9, { processed: 1 }), sink, alarm, told(1)]
  const asked = { page: 1, perPage: 10 }
  expect(pageOfRuns(all, asked).logs.map(({ service, status }) => [service, status])).toEqual([
    ['ingest', 'failed'],
    ['segment', 'success'],
  ])
  expect(pageOfRuns(all, { ...asked, service: 'ingest' }).total).toBe(3)
})
