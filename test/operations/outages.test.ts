// Since when: one trouble is one outage, whoever asks.
import { describe, expect, it } from 'vitest'
import { adviceOf } from '../../services/operations/advice.ts'
import { mayBeOlder, troubleOf } from '../../services/operations/outages.ts'
import { newState } from '../../services/slack/state.ts'
import { takeReport } from '../../services/slack/outages.ts'
import type { Report } from '../../services/topics/records.ts'
import type { Told } from '../../services/topics/reports.ts'
import { seededRandom } from '../support/random.ts'
import { failed, recovered, report } from '../slack/reports.ts'

const T0 = Date.parse('2026-03-04T05:00:00.000Z')
const at = (second: number) => T0 + second * 1_000
const iso = (second: number) => new Date(at(second)).toISOString()
const told = (...reports: Report[]): Told[] => reports.map((one, offset) => ({ offset, kind: 'report', report: one }))
const STARTED = new Date(T0 - 3_600_000).toISOString()
const of = (reports: Told[]) => troubleOf(reports, 'segment', STARTED)

describe('since', () => {
  it('since - the first report of the outage, however many windows it lasts; attempts add up', () => {
    const windows = Array.from({ length: 20 }, (_, n) => failed(at(60 * n), { status: 'held', retries: 3 }))
    expect(of(told(report(at(-60)), ...windows))).toMatchObject({ status: 'held', since: iso(0), attempts: 60 })
  })

  it('since - a failure soon after a recovery is the same outage; one after a calm is another', () => {
    const soon = told(failed(at(0)), recovered(at(60)), failed(at(120)))
    expect(of(soon)).toMatchObject({ since: iso(0) })
    const calm = told(failed(at(0)), recovered(at(60)), failed(at(60 + 301)))
    expect(of(calm)).toMatchObject({ since: iso(361) })
    expect(of(told(failed(at(0)), recovered(at(60))))).toBeNull()
  })

  it('since - the last instance ends it; a restart within does not begin it anew', () => {
    const two = told(
      failed(at(0)),
      failed(at(10), { instance: 'host-2' }),
      recovered(at(20)),
      failed(at(30), { instance: 'host-2' }),
    )
    expect(of(two)).toMatchObject({ since: iso(0) })
    const restarted = told(failed(at(0)), failed(at(300), { instance: 'host-9' }))
    expect(troubleOf(restarted, 'segment', iso(200))).toMatchObject({ since: iso(0) })
  })

  it('since - what Slack says, over 3,000 random reports', () => {
    const random = seededRandom(7)
    let state = newState()
    let seconds = 0
    const reports: Report[] = []
    const troubled = new Set<string>()
    let compared = 0
    for (let n = 0; n < 3_000; n++) {
      seconds += random.pick([1, 5, 30, 60, 400])
      const instance = random.pick(['host-1', 'host-2'])
      const error = random.pick(['http_503: busy', 'http_401: no', 'expired: 3 logs'])
      // As services write them: whoever was in trouble says so when it has recovered.
      const isWell = random.chance(0.5)
      const make = !isWell ? failed : troubled.delete(instance) ? recovered : report
      if (!isWell) troubled.add(instance)
      const one = make(at(seconds), { instance, ...(make === report ? {} : { error }) })
      reports.push(one)
      state = takeReport(state, one, at(seconds)).state
      if (one.status !== 'failed') continue
      const trouble = of(told(...reports.slice(-200)))
      // Beyond what was read the beginning is not known.
      if (trouble && !mayBeOlder(told(...reports.slice(-200)), 'segment', trouble)) {
        compared++
        expect([n, trouble.since]).toEqual([n, new Date(state.outages.get('segment')!.since).toISOString()])
      }
    }
    expect(compared).toBeGreaterThan(500)
  }, 30_000)

  it.each([
    ['rejections: 21 in a row: no', /dead letters.*redrive/],
    ['http_401: no', /credentials/],
    ['http_503: busy', /No action needed/],
    ['strange', /tried again/],
    [`${'a'.repeat(100_000)}`, /tried again/],
  ])('advice - %#', (error, words) => {
    expect(adviceOf(error)).toMatch(words)
  })
})
