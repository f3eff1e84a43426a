// The daily report: when it is due, and the totals of every service since the last one.
import { type Fact, type SlackMessage, slackMessage, withoutSecrets } from '../platform/slack-message.ts'
import type { KafkaClient } from '../topics/client.ts'
import { topicNames } from '../topics/names.ts'
import { readRanges } from '../topics/read.ts'
import type { Report } from '../topics/records.ts'
import type { Certificate } from '../topics/proof-records.ts'
import { parseProof } from '../topics/proofs.ts'
import { parse } from '../topics/reports.ts'
import { consoleFact, deadLettersCommand, logs, number } from './words.ts'

/** Slack shows at most 20 of a message without folding them. */
const MAX_PARTS = 20
/** Instances that were there at the end: their checkpoints count. */
const LATEST_MS = 10 * 60_000

/** The local date, `2026-01-31`, and hour. */
export function localTime(now: Date, zone: string): { date: string; hour: number } {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    hourCycle: 'h23',
  })
  const part = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]))
  return { date: `${part.year}-${part.month}-${part.day}`, hour: Number(part.hour) }
}

/** The local date for which a report is due: the hour has come and none was sent for this date or a later one. */
export function dueDate(now: Date, zone: string, hour: number, lastDate: string | undefined): string | undefined {
  const local = localTime(now, zone)
  return local.hour >= hour && (lastDate === undefined || local.date > lastDate) ? local.date : undefined
}

const COUNTS = ['processed', 'delivered', 'filtered', 'duplicates', 'dead_lettered', 'expired', 'missing', 'recovered'] as const
type Counts = Record<(typeof COUNTS)[number], number>

/** One service over many runs. */
export type Total = Counts & {
  service: string
  startedAt: string
  endedAt: string
  /** Outages and alarms: runs of failed reports count once. */
  errors: number
  lastError: string
  checkpoint: string
}

type Instance = { checkpoint: string; at: number; failed: boolean }

/** Adds reports up: each holds what was done since the one before it. */
export function createTotals() {
  const totals = new Map<string, Total>()
  const instances = new Map<string, Map<string, Instance>>()

  function take(report: Report): void {
    const { service, instance } = report
    const total = totals.get(service) ?? {
      ...noCounts(),
      service,
      startedAt: report.started_at,
      endedAt: report.ended_at,
      errors: 0,
      lastError: '',
      checkpoint: '',
    }
    totals.set(service, total)
    if (report.started_at < total.startedAt) total.startedAt = report.started_at
    if (report.ended_at > total.endedAt) total.endedAt = report.ended_at
    const mine = instances.get(service) ?? new Map<string, Instance>()
    instances.set(service, mine)
    const last = mine.get(instance)
    for (const name of COUNTS) total[name] += report[name] ?? 0
    const failed = report.status === 'failed' || report.status === 'held'
    if (failed) {
      if (!last?.failed) total.errors++
      total.lastError = report.error
    }
    mine.set(instance, { checkpoint: report.checkpoint, at: Date.parse(report.ended_at), failed })
  }

  return {
    take,
    /** By service. Call once, when all is taken. */
    sum(): Total[] {
      for (const [service, total] of totals) {
        const all = [...instances.get(service)!.values()]
        const newest = Math.max(...all.map(({ at }) => at))
        const places = all.filter(({ at, checkpoint }) => checkpoint !== '' && newest - at <= LATEST_MS)
        total.checkpoint = places.map(({ checkpoint }) => checkpoint).toSorted()[0] ?? ''
      }
      return [...totals.values()].toSorted((a, b) => a.service.localeCompare(b.service))
    },
  }
}

const noCounts = () => Object.fromEntries(COUNTS.map((name) => [name, 0])) as Counts

/** What the reports topic holds between two offsets: totals, and the newest proof of each day. @param own the service whose reports do not count */
export async function readTotals(
  client: KafkaClient,
  range: { from: number; to: number },
  own: string,
): Promise<{ totals: Total[]; proofs: ProofTold[] }> {
  const totals = createTotals()
  const proofs = new Map<string, ProofTold>()
  const topic = topicNames.reports(client.settings.prefix)
  await readRanges(client, 'slack-daily', topic, [{ partition: 0, ...range }], (record) => {
    const proof = parseProof(record)
    if (proof?.proof === 'certificate') proofs.set(proof.certificate.day, proof.certificate)
    const told = parse(record)
    if (told?.kind === 'report' && told.report.service !== own) totals.take(told.report)
  })
  return { totals: totals.sum(), proofs: [...proofs.values()].toSorted((a, b) => a.day.localeCompare(b.day)) }
}

/** What a day's certificate says first. */
export type ProofTold = Pick<Certificate, 'day' | 'verdict' | 'reasons'>

const VERDICTS = { complete: 'complete', incomplete: 'INCOMPLETE', not_decidable: 'not decidable' } as const

/** A sentence a day, and what to do where it is not complete. */
function proofWords({ day, verdict, reasons }: ProofTold): string {
  const why = reasons.map(({ words }) => words).join('; ')
  const more = verdict === 'complete' ? '' : ` (${why}). auth0-logs proofs ${day} has it by hour`
  return `Proof of ${day}: ${VERDICTS[verdict]}${more}.`
}

/**
 * @param silent services that ought to work and have told nothing
 * @param secrets never shown, wherever they stand
 * @param console its address; empty where none is set
 * @param proofs of days that were proved since the last report
 */
export function dailyMessage(
  date: string,
  totals: readonly Total[],
  silent: readonly string[],
  secrets: readonly string[] = [],
  console = '',
  proofs: readonly ProofTold[] = [],
): SlackMessage {
  const title = 'Logs Export Daily Report'
  const sinks = totals.filter(({ service }) => !['ingest', 'backfill', 'console'].includes(service))
  const lines = sinks.map(({ service, delivered }) => `${service} ${logs(delivered)}`)
  const bad = totals.filter(isBad).map(({ service }) => service)
  const summary = [
    `Daily report of ${date}. Delivered: ${lines.join(', ') || 'nothing'}.`,
    ...proofs.map(proofWords),
    bad.length > 0 ? `Needs attention: ${bad.join(', ')}.` : '',
    silent.length > 0 ? `No report from ${silent.join(', ')}: is it running? See auth0-logs status.` : '',
    totals.length === 0 && silent.length === 0
      ? 'No service has reported anything yet; auth0-logs status shows whether they are running.'
      : '',
  ]
  const parts = totals.slice(0, MAX_PARTS).map((total) => ({ good: !isBad(total), facts: factsOf(total, secrets, console) }))
  const nobody = { good: false, facts: [{ title: 'Logs processed', value: '0' }] }
  const name = sinks.length === 1 ? sinks[0].service : ''
  return slackMessage(name, title, summary.filter((line) => line !== '').join(' '), parts.length > 0 ? parts : [nobody])
}

const isBad = ({ errors, dead_lettered, expired }: Total) => errors + dead_lettered + expired > 0

function factsOf(total: Total, secrets: readonly string[], console: string): Fact[] {
  const { service, errors, lastError } = total
  const missing = total.missing > 0 ? `${number(total.missing)} found missing, ${number(total.recovered)} recovered` : ''
  const last = errors > 0 ? `${number(errors)}; the last: ${withoutSecrets(lastError, secrets)}` : '0'
  const command = total.dead_lettered > 0 ? deadLettersCommand(service) : `See them: auth0-logs runs ${service} --failed`
  return [
    { title: 'Service', value: service },
    { title: 'Start time', value: total.startedAt },
    { title: 'End time', value: total.endedAt },
    { title: 'Logs processed', value: number(total.processed) },
    { title: 'Delivered', value: number(total.delivered) },
    { title: 'Filtered', value: number(total.filtered) },
    { title: 'Duplicates', value: total.duplicates > 0 ? number(total.duplicates) : '' },
    { title: 'Dead-lettered', value: number(total.dead_lettered) },
    { title: 'Expired', value: number(total.expired) },
    { title: 'Reconciled', value: missing },
    { title: 'Next checkpoint', value: total.checkpoint },
    { title: 'Errors', value: last, long: errors > 0 },
    { title: 'What to do', value: isBad(total) ? command : '', long: true },
    ...(isBad(total) ? [consoleFact(console, total.dead_lettered > 0 ? 'dead-letters' : 'services', service)] : []),
  ]
}
