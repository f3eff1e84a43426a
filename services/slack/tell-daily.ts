// Sending the daily report: when it is due, the totals are read from the reports topic and what was sent is remembered.
import { hostname } from 'node:os'
import type { SlackPoster } from '../platform/slack.ts'
import type { KafkaClient } from '../topics/client.ts'
import type { ControlRecords } from '../topics/control.ts'
import { logRanges, offsetsAt } from '../topics/groups.ts'
import { topicNames } from '../topics/names.ts'
import type { TopicProducer } from '../topics/produce.ts'
import { newReport, type Report } from '../topics/records.ts'
import { publishReport } from '../topics/reports.ts'
import { silentSinks } from './services.ts'
import { dailyMessage, dueDate, readTotals } from './daily.ts'
import type { LiveSettings } from './settings.ts'
import type { Teller } from './teller.ts'

const DAY_MS = 86_400_000
/** A longer wait for Slack: the report is made when there is a chance to send it. */
const SOON_MS = 1_000

const NAME = 'slack'

/** Sends the daily report where it is due. What fails is tried again by the next call. */
export async function tellDaily(options: {
  client: KafkaClient
  producer: TopicProducer
  teller: Teller
  slack: SlackPoster
  live: LiveSettings
  records: ControlRecords
  now: () => number
  /** Never shown, wherever they stand. */
  secrets: readonly string[]
  /** Address of the console; empty where none is set. */
  console: string
}): Promise<void> {
  const { client, producer, teller, slack, live, records, now, secrets, console } = options
  const told = teller.daily()
  const { timeZone, dailyReportTime } = live.settings()
  const at = now()
  const date = told && dueDate(new Date(at), timeZone, dailyReportTime, told.last?.date)
  if (!told || !date || slack.waitMs() > SOON_MS) return
  const topic = topicNames.reports(client.settings.prefix)
  const [{ start, end }] = await logRanges(client, topic)
  const from = told.last?.offset ?? (await offsetsAt(client, topic, at - DAY_MS)).get(0) ?? start
  const range = { from: Math.min(Math.max(from, start), end), to: end }
  const { totals, proofs } = await readTotals(client, range, NAME)
  const silent = silentSinks(records, new Set(totals.map(({ service }) => service)))
  const sent = await teller.tellDaily(dailyMessage(date, totals, silent, secrets, console, proofs), { date, at, offset: end })
  // A commit needs something fetched: in a topic without any report, ours is the first.
  if (sent && teller.isEmpty()) await publishReport(client, producer, ownReport(at))
}

/** That a daily report was sent, told as the runs of other services are. */
function ownReport(now: number): Report {
  const at = new Date(now).toISOString()
  const instance = `${hostname()}-${process.pid}`
  return newReport({ service: NAME, instance, run: `${instance}-${now}-daily`, status: 'success', started_at: at, ended_at: at })
}
