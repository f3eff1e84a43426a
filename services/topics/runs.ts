// The runs of a service, as the reports topic tells them: a window of a continuous one, a tick of a scheduled one. A failure is reported at
// its first attempt and at its end; an empty window every five minutes.
import { cutUtf8, NO_COUNTS, RECORD_VERSION, type Report, type ReportStatus } from './records.ts'

/** A vendor may answer anything; a report is small. */
const MAX_ERROR_BYTES = 1_024
/** An empty run of a continuous service is reported this often, milliseconds. */
const IDLE_REPORT_MS = 5 * 60_000

type Count = keyof typeof NO_COUNTS | Further
/** Counts that only some services have. */
type Further = 'deliveries' | 'delivery_ms' | 'missing' | 'recovered'

export type Runs = ReturnType<typeof createRuns>

/**
 * @param publish must not throw: a report that cannot be written is logged, the work goes on
 * @param place offsets by partition, the checkpoint and what waits, as they stand now
 * @param nextRun ISO 8601 of the next tick, empty for a continuous service
 * @param counted further counts that this service's reports carry
 */
export function createRuns(options: {
  service: string
  instance: string
  publish: (report: Report) => Promise<void>
  place: () => Pick<Report, 'offsets' | 'checkpoint' | 'lag' | 'next_try'>
  nextRun?: () => string
  counted?: readonly Further[]
  now?: () => Date
}) {
  const { service, instance, publish, place, nextRun = () => '', counted = [], now = () => new Date() } = options
  const noCounts = () => ({
    ...NO_COUNTS,
    ...Object.fromEntries(counted.map((name) => [name, 0])),
  })
  let counts: Partial<Record<Count, number>> & ReturnType<typeof noCounts> = noCounts()
  let ids = { first_log_id: '', last_log_id: '' }
  let startedAt = now()
  let windows = 0
  let tick: Date | undefined
  let error = ''
  let trouble: 'failed' | 'held' | undefined
  let lastReportAt = 0

  const ended = () => counts.delivered + counts.filtered + counts.duplicates + counts.dead_lettered

  /** Tells of the run under way. Counts are those since its last report: who wants the run's adds them up. `goesOn`: it is not over. */
  async function tell(status: ReportStatus, goesOn = false, text = error): Promise<void> {
    const at = now()
    const report: Report = {
      v: RECORD_VERSION,
      service,
      instance,
      run: tick ? `${service}-${tick.toISOString()}` : `${instance}-${startedAt.getTime()}-${windows}`,
      status,
      started_at: startedAt.toISOString(),
      ended_at: at.toISOString(),
      processed: ended(),
      ...counts,
      ...ids,
      ...place(),
      error: cutUtf8(text, MAX_ERROR_BYTES),
      next_run: nextRun(),
    }
    lastReportAt = at.getTime()
    counts = noCounts()
    if (!goesOn) begin(at)
    await publish(report)
  }

  function begin(at: Date): void {
    ids = { first_log_id: '', last_log_id: '' }
    startedAt = at
    windows++
  }

  return {
    count(name: Count, by = 1): void {
      counts[name] = (counts[name] ?? 0) + by
    },
    seen(id: string): void {
      if (id === '') return
      if (ids.first_log_id === '' || id < ids.first_log_id) ids.first_log_id = id
      if (id > ids.last_log_id) ids.last_log_id = id
    },
    /** Something stands still: told at once, in the vendor's words. */
    troubled(kind: 'failed' | 'held', text: string): Promise<void> {
      trouble = kind
      error = text
      return tell(kind, tick !== undefined)
    },
    async recovered(): Promise<void> {
      if (!trouble) return
      const past = error
      trouble = undefined
      error = ''
      await tell('recovered', tick !== undefined, past)
    },
    /** Told once, without changing how the service does: expiry, a gap, an alarm. */
    async alarm(text: string): Promise<void> {
      await tell('failed', true, text)
    },
    /** Ends a window by the clock; a scheduled service's runs are its ticks. */
    async window(): Promise<void> {
      if (trouble) return tell(trouble, tick !== undefined)
      if (tick) return
      if (ended() + counts.expired + counts.retries > 0) return tell('success')
      if (now().getTime() - lastReportAt >= IDLE_REPORT_MS) return tell('idle')
      startedAt = now()
    },
    /** A tick begins. All instances of a service give its run one name. */
    async beginTick(due: Date): Promise<void> {
      counts = noCounts()
      begin(now())
      tick = due
      await tell('running', true)
    },
    async endTick(): Promise<void> {
      await tell(trouble ?? 'success')
      tick = undefined
    },
    /** The last run, at the service's end. */
    async end(): Promise<void> {
      if (tick || ended() > 0) await tell(trouble ?? 'success')
    },
  }
}
