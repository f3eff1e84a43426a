// The past of a service as steps to draw.
import { describe, expect, it } from 'vitest'
import { chartOf, STEP_MS } from '../../services/console/charts.ts'
import { createRunIndex } from '../../services/console/history.ts'
import { newReport, type Report } from '../../services/topics/records.ts'

const NOW = Date.parse('2026-11-28T10:00:10.000Z')
const iso = (secondsAgo: number) => new Date(NOW - secondsAgo * 1000).toISOString()
let offset = 0

/** Runs as the console's index has them. Each is [from, to] in seconds ago, and what the report says. */
function runsOf(...reports: [from: number, to: number, more?: Partial<Report>][]) {
  const index = createRunIndex()
  for (const [from, to, more = {}] of reports) {
    const times = { started_at: iso(from), ended_at: iso(to) }
    const run = { service: 'segment', instance: 'a', run: `r${offset}`, status: 'success', ...times } as const
    index.add({ offset: offset++, kind: 'report', report: newReport({ ...run, ...more }) })
  }
  return index.since('segment', NOW - 200 * 3_600_000)
}
const chart = (options: Partial<Parameters<typeof chartOf>[0]>) =>
  chartOf({ runs: [], sources: [], points: [], hours: 1, now: NOW, ...options })

describe('charts', () => {
  it('a run - is spread evenly over its time; nothing before the first is known, nothing after it was done', () => {
    // From 09:58:30 to 09:59:30: two whole steps.
    const steps = chart({ runs: runsOf([100, 40, { processed: 600 }]) })
    expect(steps.map(({ out }) => out).slice(-6)).toEqual([null, null, 10, 10, 0, null])
    expect(steps).toHaveLength(120)
    expect(new Date(steps.at(-1)!.at).toISOString()).toBe('2026-11-28T10:00:00.000Z')
    const events = steps.reduce((sum, { out }) => sum + (out ?? 0) * 30, 0)
    expect(events).toBeCloseTo(600)
  })

  it('the step under way - its rate is of the part that was reported', () => {
    const steps = chart({ runs: runsOf([40, 10, { processed: 30 }], [10, 5, { processed: 50 }]) })
    expect(steps.at(-1)?.out).toBeCloseTo(10)
  })

  it('what came in - is the sum of ingest and backfill; what waits is by the reports, and finer where the console saw it', () => {
    const steps = chart({
      runs: runsOf([70, 40, { lag: 5 }], [40, 11, { lag: 7 }]),
      sources: runsOf([40, 10, { processed: 30 }], [40, 10, { processed: 60 }]),
      points: [[NOW - 5_000, 9, 0, 0]],
    })
    expect(steps.slice(-3).map((step) => step.in)).toEqual([null, 3, null])
    expect(steps.slice(-4).map(({ waiting }) => waiting)).toEqual([null, 5, 7, 9])
  })

  it('failures are bands over their time, dead letters are counted where they ended, times of deliveries are means', () => {
    const steps = chart({
      runs: runsOf(
        [130, 100, { deliveries: 2, delivery_ms: 100, dead_lettered: 3 }],
        [100, 40, { status: 'held', error: 'http_401: no' }],
        [40, 12, { status: 'recovered', deliveries: 1, delivery_ms: 10 }],
      ),
    })
    expect(steps.slice(-6).map(({ failed, deadLettered, deliveryMs }) => [failed, deadLettered, deliveryMs])).toEqual([
      [false, 0, null],
      [false, 3, 50],
      [true, 0, null],
      [true, 0, null],
      [false, 0, 10],
      [false, 0, null],
    ])
  })

  it.each([1, 24, 168])('%i hours - are about 150 steps, and what is older is left out', (hours) => {
    const week = 200 * 3_600
    const steps = chart({
      hours,
      runs: runsOf([week, week - 60, { processed: 5, dead_lettered: 1 }], [60, 50, { processed: 1 }]),
    })
    expect(steps.length).toBe((hours * 3_600_000) / STEP_MS[hours])
    expect(steps.reduce((sum, { deadLettered }) => sum + deadLettered, 0)).toBe(0)
  })
})
