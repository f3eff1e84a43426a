// What a sink tells of its work: counters for /metrics, a report a run, a report at once when trouble begins and when it ends.
import type { Metrics } from '../../platform/metrics.ts'
import { RECORD_VERSION, type Report, type ReportStatus } from '../../topics/records.ts'
import type { Trouble, Watch } from './flow.ts'

/** An empty run is reported this often, milliseconds. */
const IDLE_REPORT_MS = 5 * 60_000

type Counts = Pick<
  Report,
  'delivered' | 'filtered' | 'duplicates' | 'dead_lettered' | 'expired' | 'retries' | 'bytes' | 'first_log_id' | 'last_log_id'
>

const noCounts = (): Counts => ({
  delivered: 0,
  filtered: 0,
  duplicates: 0,
  dead_lettered: 0,
  expired: 0,
  retries: 0,
  bytes: 0,
  first_log_id: '',
  last_log_id: '',
})

export type Reporter = ReturnType<typeof createReporter>

/**
 * @param publish must not throw: a report that cannot be written is logged, delivery goes on
 * @param place offsets by partition and the checkpoint, as they stand now
 */
export function createReporter(options: {
  service: string
  instance: string
  metrics: Metrics
  publish: (report: Report) => Promise<void>
  place: () => Pick<Report, 'offsets' | 'checkpoint'>
  now?: () => Date
}) {
  const { service, instance, metrics, publish, place, now = () => new Date() } = options
  const sink = { sink: service }
  const delivered = metrics.counter('delivered_total', 'Events delivered', ['sink'])
  const filtered = metrics.counter('filtered_total', 'Events that a filter left out', ['sink', 'rule'])
  const duplicates = metrics.counter('duplicates_total', 'Repeated records', ['sink'])
  const deadLettered = metrics.counter('dead_lettered_total', 'Events put aside', ['sink', 'reason'])
  const expired = metrics.counter('expired_total', 'Events that retention removed before delivery', ['sink'])
  const retries = metrics.counter('retries_total', 'Delivery attempts that failed', ['sink', 'reason'])
  const durations = metrics.histogram(
    'delivery_duration_seconds',
    'Time of one delivery',
    [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    ['sink'],
  )
  const batchEvents = metrics.histogram(
    'batch_events',
    'Events in one delivery',
    [1, 10, 100, 500, 1000, 2500, 5000, 10_000],
    ['sink'],
  )
  const batchBytes = metrics.histogram('batch_bytes', 'Bytes in one delivery', [1e3, 1e4, 1e5, 5e5, 1e6], ['sink'])
  for (const counter of [delivered, duplicates, expired]) counter.inc(sink, 0)

  let counts = noCounts()
  let startedAt = now()
  let run = 0
  let error = ''
  let trouble: Trouble | undefined
  let lastReportAt = 0

  function seen(id: string): void {
    if (id === '') return
    if (counts.first_log_id === '' || id < counts.first_log_id) counts.first_log_id = id
    if (id > counts.last_log_id) counts.last_log_id = id
  }

  const watch: Watch = {
    ended({ id }, ending, reason) {
      counts[ending]++
      seen(id)
      if (ending === 'filtered') filtered.inc({ ...sink, rule: reason })
      else if (ending === 'duplicates') duplicates.inc(sink)
      else if (ending === 'dead_lettered') deadLettered.inc({ ...sink, reason })
    },
    expired(count) {
      counts.expired += count
      expired.inc(sink, count)
    },
    delivered({ events, bytes, durationMs }) {
      counts.bytes += bytes
      delivered.inc(sink, events)
      durations.observe(sink, durationMs / 1000)
      batchEvents.observe(sink, events)
      batchBytes.observe(sink, bytes)
    },
    retried(reason) {
      counts.retries++
      retries.inc({ ...sink, reason })
    },
    troubled(begun) {
      trouble = begun
      error = `${begun.reason}: ${begun.message}`
      void close(begun.kind === 'hold' ? 'held' : 'failed')
    },
    recovered(past) {
      trouble = undefined
      error = `${past.reason}: ${past.message}`
      void close('recovered')
      error = ''
    },
  }

  /** Ends the run under way with a report and begins the next. */
  async function close(status: ReportStatus): Promise<void> {
    const endedAt = now()
    const done = counts
    const processed = done.delivered + done.filtered + done.duplicates + done.dead_lettered
    const report: Report = {
      v: RECORD_VERSION,
      service,
      instance,
      run: `${instance}-${startedAt.getTime()}-${++run}`,
      status,
      started_at: startedAt.toISOString(),
      ended_at: endedAt.toISOString(),
      processed,
      ...done,
      ...place(),
      error,
      next_run: '',
    }
    counts = noCounts()
    startedAt = endedAt
    lastReportAt = endedAt.getTime()
    await publish(report)
  }

  return {
    watch,
    /** Ends the run by the clock. An empty one only counts every five minutes. */
    async tick(): Promise<void> {
      const worked =
        counts.delivered + counts.filtered + counts.duplicates + counts.dead_lettered + counts.expired + counts.retries > 0
      if (trouble) return close(trouble.kind === 'hold' ? 'held' : 'failed')
      if (worked) return close('success')
      if (now().getTime() - lastReportAt >= IDLE_REPORT_MS) return close('idle')
      startedAt = now()
    },
    /** The last run, at the service's end. */
    async end(): Promise<void> {
      if (counts.delivered + counts.filtered + counts.duplicates + counts.dead_lettered > 0)
        await close(trouble ? 'failed' : 'success')
    },
  }
}
