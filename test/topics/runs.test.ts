// What the reports of a service's runs say: windows, ticks, trouble, and counts that add up.
import { describe, expect, test } from 'vitest'
import type { Report } from '../../services/topics/records.ts'
import { createRuns } from '../../services/topics/runs.ts'
import { schemaProblems } from '../support/schemas.ts'

function open() {
  const told: Report[] = []
  const clock = { now: Date.parse('2026-11-23T10:00:00.000Z') }
  const runs = createRuns({
    service: 'segment',
    instance: 'host-1',
    publish: async (report) => void told.push(report),
    place: () => ({ offsets: { 0: 7 }, checkpoint: '900' }),
    counted: ['deliveries', 'delivery_ms'],
    now: () => new Date(clock.now),
  })
  return { runs, told, clock, delivered: () => told.map(({ delivered }) => delivered) }
}

describe('runs', () => {
  test('window - tells what was done in it and begins the next; an empty one every five minutes', async () => {
    const { runs, told, clock } = open()
    runs.count('delivered', 3)
    runs.count('delivery_ms', 12)
    for (const id of ['b', 'a', 'c', '']) runs.seen(id)
    clock.now += 60_000
    await runs.window()
    expect(told).toHaveLength(1)
    expect(schemaProblems('report', told[0])).toEqual([])
    expect(told[0]).toMatchObject({
      status: 'success',
      delivered: 3,
      processed: 3,
      delivery_ms: 12,
      first_log_id: 'a',
      last_log_id: 'c',
      next_run: '',
    })
    for (let minute = 0; minute < 6; minute++) {
      clock.now += 60_000
      await runs.window()
    }
    expect(told.map(({ status }) => status)).toEqual(['success', 'idle'])
    expect(new Set(told.map(({ run }) => run)).size).toBe(2)
  })

  test('trouble - told at once and at its end, repeated each window meanwhile', async () => {
    const { runs, told, clock } = open()
    await runs.troubled('held', 'http_403: forbidden')
    clock.now += 60_000
    await runs.window()
    await runs.recovered()
    await runs.recovered()
    expect(told.map(({ status, error }) => [status, error])).toEqual([
      ['held', 'http_403: forbidden'],
      ['held', 'http_403: forbidden'],
      ['recovered', 'http_403: forbidden'],
    ])
    clock.now += 60_000
    runs.count('delivered')
    await runs.window()
    expect(told.at(-1)).toMatchObject({ status: 'success', error: '' })
  })

  test('tick - one run for all its reports and all instances; their counts add up to what was done', async () => {
    const { runs, told, delivered } = open()
    const tick = new Date('2026-11-23T10:00:00.000Z')
    await runs.beginTick(tick)
    runs.count('delivered', 5)
    await runs.troubled('failed', 'http_503: away')
    runs.count('delivered', 2)
    await runs.window()
    await runs.recovered()
    runs.count('delivered', 1)
    await runs.endTick()
    expect(told.map(({ status }) => status)).toEqual(['running', 'failed', 'failed', 'recovered', 'success'])
    expect(new Set(told.map(({ run }) => run))).toEqual(new Set(['segment-2026-11-23T10:00:00.000Z']))
    expect(delivered().reduce((sum, count) => sum + count, 0)).toBe(8)
  })

  test('alarm - is told without ending the run, and nothing is counted twice', async () => {
    const { runs, told, clock, delivered } = open()
    runs.count('delivered', 4)
    await runs.alarm('logs expired')
    clock.now += 60_000
    runs.count('delivered', 1)
    await runs.window()
    expect(told.map(({ status, error }) => [status, error])).toEqual([
      ['failed', 'logs expired'],
      ['success', ''],
    ])
    expect(told[0].run).toBe(told[1].run)
    expect(delivered()).toEqual([4, 1])
  })

  test('words - belong to their own report, whatever comes while one is being written', async () => {
    const slow = Promise.withResolvers<void>()
    const told: Report[] = []
    const runs = createRuns({
      service: 'segment',
      instance: 'host-1',
      async publish(report) {
        told.push(report)
        await slow.promise
      },
      place: () => ({ offsets: {}, checkpoint: '' }),
    })
    void runs.troubled('failed', 'http_500: down')
    const recovered = runs.recovered()
    void runs.troubled('held', 'http_401: key revoked')
    const alarm = runs.alarm('expires_soon: …')
    slow.resolve()
    await Promise.all([recovered, alarm])
    await runs.window()
    expect(told.map(({ status, error }) => [status, error])).toEqual([
      ['failed', 'http_500: down'],
      ['recovered', 'http_500: down'],
      ['held', 'http_401: key revoked'],
      ['failed', 'expires_soon: …'],
      ['held', 'http_401: key revoked'],
    ])
  })

  test('a window after an alarm - says nothing of it', async () => {
    const { runs, told } = open()
    await runs.alarm('expires_soon: …')
    runs.count('delivered')
    await runs.window()
    expect(told.map(({ status, error }) => [status, error])).toEqual([
      ['failed', 'expires_soon: …'],
      ['success', ''],
    ])
  })

  test('words of a vendor - are cut to 1 KiB, and never inside a character', async () => {
    const { runs, told } = open()
    await runs.troubled('held', 'ü'.repeat(1_000_000))
    expect(told[0].error).toBe('ü'.repeat(512))
  })
})
