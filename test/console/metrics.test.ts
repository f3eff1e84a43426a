// What the console tells of the sinks from Kafka alone.
import { expect, test } from 'vitest'
import { ledgerGauges } from '../../services/console/metrics.ts'
import type { ConsoleStatus } from '../../services/console/status-watch.ts'
import { createMetrics } from '../../services/platform/metrics.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

type Part = { balances: boolean }
function service(
  name: string,
  more: { lag?: number; oldest?: string; state?: string; members?: number; partitions?: Part[] } = {},
) {
  const { lag = 0, oldest = '', state = 'running', members = 1, partitions = [{ balances: true }] } = more
  return { name, account: {}, lag, oldestUndelivered: oldest, state, members: Array.from({ length: members }), partitions }
}

function open(services: object[], error = '') {
  const metrics = createMetrics('console', '0')
  let status: ConsoleStatus | undefined = { services, kafka: { error } } as unknown as ConsoleStatus
  ledgerGauges(
    metrics,
    () => status,
    () => NOW,
  )
  const lines = async () =>
    (await metrics.registry.metrics()).split('\n').filter((line) => /^auth0_logs_(group|ledger)_/.test(line))
  return {
    lines,
    now: (next: object[], problem = '') => (status = { services: next, kafka: { error: problem } } as unknown as ConsoleStatus),
  }
}

test('sinks - members, lag, the age of the oldest event, desired state and what does not add up', async () => {
  const { lines } = open([
    service('segment', {
      lag: 7,
      oldest: '2026-03-01T11:58:30.000Z',
      members: 2,
      partitions: [{ balances: true }, { balances: false }],
    }),
    service('papertrail', { state: 'paused', members: 0 }),
    { ...service('backfill'), account: null },
  ])
  expect((await lines()).toSorted()).toEqual([
    'auth0_logs_group_lag_records{sink="papertrail"} 0',
    'auth0_logs_group_lag_records{sink="segment"} 7',
    'auth0_logs_group_members{sink="papertrail"} 0',
    'auth0_logs_group_members{sink="segment"} 2',
    'auth0_logs_group_oldest_undelivered_seconds{sink="papertrail"} 0',
    'auth0_logs_group_oldest_undelivered_seconds{sink="segment"} 90',
    'auth0_logs_group_running{sink="papertrail"} 0',
    'auth0_logs_group_running{sink="segment"} 1',
    'auth0_logs_ledger_unbalanced_partitions{sink="papertrail"} 0',
    'auth0_logs_ledger_unbalanced_partitions{sink="segment"} 1',
  ])
})

test('a time in the future - is no age', async () => {
  const { lines } = open([service('segment', { lag: 1, oldest: '2026-03-01T13:00:00.000Z' })])
  expect(await lines()).toContain('auth0_logs_group_oldest_undelivered_seconds{sink="segment"} 0')
})

test('Kafka away - nothing is told that may have changed since', async () => {
  const { lines, now } = open([service('segment', { lag: 7 })])
  expect(await lines()).not.toEqual([])
  now([service('segment', { lag: 7 })], 'Kafka does not answer')
  expect(await lines()).toEqual([])
})
