// What the webhook took in, as reports.
import { describe, expect, it } from 'vitest'
import { createIntake } from '../../services/ingest/intake.ts'
import type { Logger } from '../../services/platform/logger.ts'
import type { Report } from '../../services/topics/records.ts'

const log = { debug() {} } as unknown as Logger
const START = Date.parse('2026-11-28T10:00:00.000Z')
const MINUTE = 60_000

function opened() {
  const told: Report[] = []
  const clock = { now: START, away: false }
  const publish = async (report: Report) => {
    if (clock.away) throw new Error('Kafka is away')
    told.push(report)
  }
  const intake = createIntake({ instance: 'a', publish, log, now: () => new Date(clock.now) })
  return { told, clock, intake }
}

describe('intake', () => {
  it('a window - tells the events stored, the parts set aside and the bodies refused in it, each once', async () => {
    const { told, clock, intake } = opened()
    intake.received(3)
    intake.received(2)
    intake.quarantined(1)
    for (const reason of ['unauthorized', 'unavailable', 'unavailable']) intake.refused(reason)
    clock.now += MINUTE
    await intake.window()
    intake.received(1)
    clock.now += MINUTE
    await intake.window()
    const service = { service: 'ingest', instance: 'a', status: 'success' }
    expect(told).toMatchObject([
      {
        ...service,
        processed: 5,
        dead_lettered: 1,
        refused: { unauthorized: 1, unavailable: 2 },
        started_at: '2026-11-28T10:00:00.000Z',
      },
      { ...service, processed: 1, dead_lettered: 0, refused: {}, started_at: '2026-11-28T10:01:00.000Z' },
    ])
    expect(new Set(told.map(({ run }) => run)).size).toBe(2)
  })

  it('nothing came - is told every five minutes, and not at the end', async () => {
    const { told, clock, intake } = opened()
    for (let minute = 0; minute < 11; minute++, clock.now += MINUTE) await intake.window()
    await intake.end()
    expect(told.map(({ status, ended_at }) => [status, ended_at.slice(11, 16)])).toEqual([
      ['idle', '10:00'],
      ['idle', '10:05'],
      ['idle', '10:10'],
    ])
  })

  it('a report that Kafka does not take - its counts are in the next one', async () => {
    const { told, clock, intake } = opened()
    clock.away = true
    intake.received(4)
    intake.refused('unavailable')
    await intake.window()
    clock.away = false
    intake.received(1)
    intake.refused('unavailable')
    await intake.end()
    expect(told).toMatchObject([{ processed: 5, refused: { unavailable: 2 }, started_at: '2026-11-28T10:00:00.000Z' }])
  })
})
