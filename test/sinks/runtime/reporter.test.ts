// What a scrape tells of a sink's state.
import { expect, test } from 'vitest'
import { createMetrics } from '../../../services/platform/metrics.ts'
import type { Flow } from '../../../services/sinks/runtime/flow.ts'
import type { Trouble } from '../../../services/sinks/runtime/patience.ts'
import { gauges } from '../../../services/sinks/runtime/reporter.ts'

function open() {
  const metrics = createMetrics('segment', '0')
  const state = { trouble: undefined as Trouble | undefined, oldestMs: 0, near: false }
  const flow = { lanes: () => [{ lag: 3 }, { lag: 4 }], trouble: () => state.trouble } as unknown as Flow
  const ages = { look: async () => {}, oldestMs: () => state.oldestMs, isNearRetention: () => state.near }
  gauges(metrics, 'segment', flow, ages)
  const lines = async () => (await metrics.registry.metrics()).split('\n').filter((line) => line.includes('sink="segment"'))
  return { state, lines }
}

const trouble = (kind: 'hold' | 'retry', reason: string, seconds: number): Trouble => ({
  kind,
  reason,
  message: '',
  since: Date.now() - seconds * 1000,
  attempts: 1,
  nextTry: 0,
})

test('a sink without trouble - lag, age and nothing on hold', async () => {
  const { state, lines } = open()
  state.oldestMs = 1_500
  expect((await lines()).toSorted()).toEqual([
    'auth0_logs_lag_records{sink="segment"} 7',
    'auth0_logs_oldest_undelivered_seconds{sink="segment"} 1.5',
    'auth0_logs_undelivered_near_retention{sink="segment"} 0',
  ])
})

test('trouble - how long it lasts and why, and gone when it is over', async () => {
  const { state, lines } = open()
  const seconds = async () =>
    Number(
      (await lines())
        .find((line) => line.startsWith('auth0_logs_trouble_seconds{sink="segment",reason="commit_failed"}'))
        ?.split(' ')[1],
    )
  state.trouble = trouble('retry', 'commit_failed', 90)
  expect(await seconds()).toBeGreaterThanOrEqual(90)
  expect(await seconds()).toBeLessThan(100)
  expect((await lines()).join()).not.toContain('auth0_logs_hold')
  state.trouble = trouble('hold', 'unauthorized', 5)
  expect((await lines()).join()).toContain('auth0_logs_hold{sink="segment",reason="unauthorized"} 1')
  expect((await lines()).join()).not.toContain('commit_failed')
  state.trouble = undefined
  expect((await lines()).join()).not.toMatch(/hold|trouble/)
})

test('events that Kafka is about to delete - are told', async () => {
  const { state, lines } = open()
  state.near = true
  expect(await lines()).toContain('auth0_logs_undelivered_near_retention{sink="segment"} 1')
})
