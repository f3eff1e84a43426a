// The metrics of the console, a row each. Those of the sinks come from Kafka alone, as an auditor reads it: they are there when no process
// of a sink runs, and absent while Kafka does not answer.
import { gauge, type Metrics } from '../platform/metrics.ts'
import type { ConsoleStatus } from './status-watch.ts'

export const consoleMetrics = {
  livePages: gauge('console_live_pages', 'Pages that follow events as they arrive'),
  streams: gauge('console_streams', 'Open server-sent event streams'),
  groupMembers: gauge('group_members', 'Members of the consumer group of a sink', ['sink']),
  groupLag: gauge('group_lag_records', 'Records that wait for a sink, by its committed offsets', ['sink']),
  groupOldest: gauge('group_oldest_undelivered_seconds', 'Age of the oldest event after the committed offsets', ['sink']),
  groupRunning: gauge('group_running', '1 where the desired state of a sink is running, 0 where it is paused or stopped', [
    'sink',
  ]),
  unbalanced: gauge(
    'ledger_unbalanced_partitions',
    'Partitions whose ledger does not balance: end − base is not delivered + filtered + duplicates + dead-lettered + expired + lag',
    ['sink'],
  ),
}

/** @param last what is known of the services. While Kafka does not answer the sinks have no samples, rather than old ones. */
export function ledgerGauges(metrics: Metrics, last: () => ConsoleStatus | undefined, now: () => number = Date.now): void {
  type Service = ConsoleStatus['services'][number]
  const sinks = () => {
    const status = last()
    return !status || status.kafka.error !== '' ? [] : status.services.filter(({ account }) => account !== null)
  }
  const each = (row: (typeof consoleMetrics)['groupLag'], value: (service: Service) => number) =>
    metrics.gauge(row, function () {
      this.reset()
      for (const service of sinks()) this.set({ sink: service.name }, value(service))
    })
  each(consoleMetrics.groupMembers, ({ members }) => members.length)
  each(consoleMetrics.groupLag, ({ lag }) => lag ?? 0)
  each(consoleMetrics.groupOldest, ({ oldestUndelivered }) => ageOf(oldestUndelivered, now()))
  each(consoleMetrics.groupRunning, ({ state }) => (state === 'running' ? 1 : 0))
  each(consoleMetrics.unbalanced, ({ partitions }) => partitions.filter(({ balances }) => !balances).length)
}

/** Seconds; 0 where nothing waits. Foreign records may carry any time: one in the future is no age. */
const ageOf = (iso: string, now: number) => (iso === '' ? 0 : Math.max(0, now - Date.parse(iso)) / 1000)
