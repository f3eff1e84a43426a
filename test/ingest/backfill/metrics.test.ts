// What a scrape tells of the backfill, by the instance that reads and by the others.
import { expect, test } from 'vitest'
import { backfillMetrics } from '../../../services/ingest/backfill/metrics.ts'
import { createMetrics } from '../../../services/platform/metrics.ts'

test('checkpoint near the retention - is told by who reads, and no more by one whose turn has ended', async () => {
  const metrics = createMetrics('ingest', '0')
  let age: number | undefined = 400_000
  const backfill = backfillMetrics(metrics, () => age)
  backfill.setNearRetention(true)
  const text = () => metrics.registry.metrics()
  expect(await text()).toContain('auth0_logs_checkpoint_near_retention 1')
  expect(await text()).toContain('auth0_logs_checkpoint_age_seconds 400000')
  age = undefined
  expect(await text()).toContain('auth0_logs_checkpoint_near_retention 0')
})
