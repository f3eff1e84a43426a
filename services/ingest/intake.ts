// What the webhook took in and what it refused, told in the reports topic: from there console, CLI and the daily report know whether Auth0
// still sends.
import { errorText } from '../platform/errors.ts'
import type { Lifecycle } from '../platform/lifecycle.ts'
import type { Logger } from '../platform/logger.ts'
import type { KafkaClient } from '../topics/client.ts'
import type { TopicProducer } from '../topics/produce.ts'
import { newReport, type Report } from '../topics/records.ts'
import { publishReport } from '../topics/reports.ts'
import type { KafkaState } from './kafka-state.ts'

/** A window in which nothing came and nothing was refused is reported this often, milliseconds. */
const IDLE_REPORT_MS = 5 * 60_000
/** The last report of a closing service may take so long. */
const LAST_REPORT_MS = 1_000

export type Intake = {
  /** Webhook events that Kafka acknowledged. */
  received: (events: number) => void
  /** Parts that went to the dead letters. */
  quarantined: (parts: number) => void
  /** A body was not taken, for this reason. */
  refused: (reason: string) => void
  /** Ends a window by the clock. Never throws; counts that could not be reported are in the next report. */
  window: () => Promise<void>
  /** The last window, where something came or was refused in it. */
  end: () => Promise<void>
}

export function createIntake(options: {
  instance: string
  publish: (report: Report) => Promise<void>
  log: Logger
  now?: () => Date
}): Intake {
  const { instance, publish, log, now = () => new Date() } = options
  let counts = { processed: 0, dead_lettered: 0 }
  let refused: Record<string, number> = {}
  let startedAt = now()
  let windows = 0
  let lastReportAt = 0
  const isQuiet = () => counts.processed + counts.dead_lettered === 0 && Object.keys(refused).length === 0

  async function tell(): Promise<void> {
    const at = now()
    const told = { counts, refused, startedAt }
    const report = newReport({
      service: 'ingest',
      instance,
      run: `${instance}-${startedAt.getTime()}-${windows++}`,
      status: isQuiet() ? 'idle' : 'success',
      started_at: startedAt.toISOString(),
      ended_at: at.toISOString(),
      ...counts,
      refused,
    })
    counts = { processed: 0, dead_lettered: 0 }
    refused = {}
    startedAt = at
    try {
      await publish(report)
      lastReportAt = at.getTime()
    } catch (error) {
      log.debug({ error: errorText(error) }, 'what came in could not be reported; it is in the next report')
      counts.processed += told.counts.processed
      counts.dead_lettered += told.counts.dead_lettered
      for (const [reason, bodies] of Object.entries(told.refused)) refused[reason] = (refused[reason] ?? 0) + bodies
      startedAt = told.startedAt
    }
  }

  return {
    received: (events) => void (counts.processed += events),
    quarantined: (parts) => void (counts.dead_lettered += parts),
    refused: (reason) => void (refused[reason] = (refused[reason] ?? 0) + 1),
    async window() {
      if (!isQuiet() || now().getTime() - lastReportAt >= IDLE_REPORT_MS) return tell()
      startedAt = now()
    },
    async end() {
      if (!isQuiet()) await tell()
    },
  }
}

/** Tells what came in, a window at a time, until the service closes; not while Kafka is away. */
export function reportIntake(options: {
  client: KafkaClient
  producer: TopicProducer
  instance: string
  kafka: KafkaState
  runWindow: number
  lifecycle: Pick<Lifecycle, 'onClose'>
}): Intake {
  const { client, producer, instance, kafka, runWindow, lifecycle } = options
  const publish = (report: Report) => publishReport(client, producer, report)
  const intake = createIntake({ instance, publish, log: client.log })
  const windows = setInterval(() => kafka.problem() ?? void intake.window(), runWindow * 1000)
  lifecycle.onClose(
    'reports of the webhook',
    () => {
      clearInterval(windows)
      return kafka.problem() === undefined ? intake.end() : undefined
    },
    LAST_REPORT_MS,
  )
  return intake
}
