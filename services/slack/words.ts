// What Slack is told, in words: what happened, what it means for the logs, what to do. Pure.
import { duration } from '../platform/kafka-away.ts'
import { type Fact, type SlackMessage, slackMessage, withoutSecrets } from '../platform/slack-message.ts'
import type { ServiceRecord } from '../topics/control.ts'
import type { Report } from '../topics/records.ts'
import { adviceOf } from '../operations/advice.ts'
import { CALM_MS, errorClass } from '../operations/outages.ts'
import type { News } from './outages.ts'

/** What is known of the service beside its report. */
export type About = {
  kind: ServiceRecord['kind'] | undefined
  /** Address of the console; empty where none is set. */
  console: string
  /** Logs in Kafka that it has not delivered yet; undefined where Kafka did not say. */
  waiting: number | undefined
}

/**
 * @param successes all of one service: what came while Slack was busy is one message
 * @param console its address; empty where none is set
 */
export function successMessage(successes: readonly Report[], console = ''): SlackMessage {
  const [first] = successes
  const last = successes.at(-1) ?? first
  const sum = (name: 'processed' | 'delivered' | 'filtered' | 'dead_lettered' | 'expired') =>
    successes.reduce((total, report) => total + report[name], 0)
  const runs = successes.length === 1 ? '' : ` in ${successes.length} runs`
  const lost = sum('dead_lettered') + sum('expired') > 0
  const summary = `${last.service} delivered ${logs(sum('delivered'))}${runs}.`
  const facts = [
    ...times(first.started_at, last.ended_at),
    { title: 'Logs processed', value: number(sum('processed')) },
    { title: 'Next checkpoint', value: last.checkpoint },
    ...counts({ Filtered: sum('filtered'), 'Dead-lettered': sum('dead_lettered'), Expired: sum('expired') }),
    { title: 'What to do', value: lost ? deadLettersCommand(last.service) : '', long: true },
    consoleFact(console, lost ? 'dead-letters' : 'services', last.service),
  ]
  return slackMessage(last.service, 'Logs Export Success', summary, [{ good: true, facts }])
}

/** @param secrets never shown, wherever they stand */
export function newsMessage(
  news: Exclude<News, { kind: 'success' }>,
  about: About,
  secrets: readonly string[] = [],
): SlackMessage {
  const { report } = news
  const { service } = report
  const error = withoutSecrets(report.error, secrets)
  const run: Fact[] = [
    { title: 'Logs processed', value: number(report.processed) },
    { title: 'Next checkpoint', value: report.checkpoint },
  ]
  const waiting: Fact = { title: 'Logs waiting', value: about.waiting === undefined ? '' : number(about.waiting) }
  const message = (title: 'Logs Export Error' | 'Logs Export Recovered', summary: string, facts: Fact[]) => {
    const all = [...facts, consoleFact(about.console, 'services', service)]
    return slackMessage(service, title, summary, [{ good: title === 'Logs Export Recovered', facts: all }])
  }
  switch (news.kind) {
    case 'failed':
    case 'ongoing': {
      const summary = `${happened(news, about)}: ${sentence(error || 'no reason was given')} ${meaning(report, about)}`
      return message('Logs Export Error', summary, [
        ...times(iso(news.since), report.ended_at),
        ...run,
        { title: 'Error', value: error, long: true },
        ...(news.kind === 'ongoing' ? [{ title: 'Failed attempts', value: often(news) }] : []),
        waiting,
        { title: 'What to do', value: toDo(report, about), long: true },
      ])
    }
    case 'recovered': {
      const lasted = duration(news.until - news.since)
      const back =
        news.again === 0
          ? ''
          : ` The failure came back ${countedTimes(news.again)}; it has been stable for ${duration(CALM_MS)} now.`
      const kept = about.waiting
        ? `${logs(about.waiting)} that waited in Kafka ${about.waiting === 1 ? 'goes' : 'go'} out now`
        : 'all that waited in Kafka has gone out or goes out now'
      return message(
        'Logs Export Recovered',
        `${service} works again after ${lasted}. Nothing was lost: ${kind(about) === 'sink' ? kept : 'it continues at its checkpoint'}.${back}`,
        [
          ...times(iso(news.since), iso(news.until)),
          { title: 'Lasted', value: lasted },
          ...run,
          waiting,
          { title: 'Error', value: error === '' ? '' : `It was: ${error}`, long: true },
          { title: 'What to do', value: 'Nothing. To see it catch up: auth0-logs status', long: true },
        ],
      )
    }
    case 'expired': {
      const summary = `${logs(report.expired)} expired before ${service} delivered ${report.expired === 1 ? 'it' : 'them'}: Kafka's retention deleted them. For ${service} ${report.expired === 1 ? 'it is' : 'they are'} lost unless Auth0 still holds them.`
      return message('Logs Export Error', summary, [
        ...times(report.started_at, report.ended_at),
        ...run,
        { title: 'Expired', value: number(report.expired) },
        { title: 'Error', value: error, long: true },
        waiting,
        {
          title: 'What to do',
          value:
            'Fetch what Auth0 still holds: auth0-logs backfill --from <time>. Then give the sink more consumers, or raise LOG_RETENTION_DAYS.',
          long: true,
        },
      ])
    }
  }
}

function happened(news: Extract<News, { kind: 'failed' | 'ongoing' }>, about: About): string {
  const { service, status, ended_at } = news.report
  const isSink = kind(about) === 'sink'
  if (news.kind === 'ongoing') {
    const since = news.since < Date.parse(ended_at) ? `, since ${iso(news.since)}` : ''
    const still = `${service} still cannot deliver`
    if (!isSink) return news.another ? `${service} reports` : `${service} still reports (${often(news)}${since})`
    if (!news.another) return `${still} (${often(news)}${since})`
    return status === 'held'
      ? `${still} and is now on hold${since}: it needs attention`
      : `${still}, now for another reason${since}`
  }
  const again = news.again > 0 ? ' again' : ''
  if (status === 'held') return `${service} is on hold${again} and needs attention`
  // Of others than sinks some are alarms that stop nothing.
  return isSink ? `${service} could not deliver${again}` : `${service} reports${again}`
}

function meaning({ status }: Report, about: About): string {
  if (kind(about) !== 'sink') return 'The logs stay at Auth0 and are read as soon as this works again.'
  const waits = about.waiting ? `${logs(about.waiting)} wait${about.waiting === 1 ? 's' : ''} in Kafka` : 'all logs wait in Kafka'
  return status === 'held'
    ? `Nothing is lost: ${waits}. Delivery resumes automatically once the cause is fixed.`
    : `Nothing is lost: ${waits}. Delivery is retried automatically.`
}

function toDo({ service, status, error }: Report, about: About): string {
  const runs = `auth0-logs runs ${service} --failed`
  if (kind(about) !== 'sink') return `Details: ${runs}; auth0-logs status`
  if (errorClass(error) === 'rejections') return `${adviceOf(error)} ${deadLettersCommand(service)}`
  return `${adviceOf(error)} ${status === 'held' ? 'Check the settings: auth0-logs validate' : `If it lasts: ${runs}`}`
}

/** What the ingest set aside is no event that a sink could take: it can only be looked at. */
export const deadLettersCommand = (service: string) =>
  service === 'ingest'
    ? 'See why: auth0-logs dead-letters list ingest'
    : `See why: auth0-logs dead-letters list ${service}; send them again: auth0-logs dead-letters redrive ${service}`

/** With one full stop at its end, whether the vendor gave one or not. */
const sentence = (text: string) => `${text.trimEnd().replace(/[.!…]$/, '')}.`

/** A plain address: Slack makes a link of it. */
export function consoleFact(console: string, page: 'services' | 'dead-letters', service: string): Fact {
  const address = console === '' ? '' : `${console.replace(/\/$/, '')}/#/${page}/${encodeURIComponent(service)}`
  return { title: 'Console', value: address, long: true }
}

/** A service that never announced itself is taken for a sink: only they come and go. */
const kind = ({ kind: known }: About) => known ?? 'sink'
const often = ({ count, spanMs }: { count: number; spanMs: number }) => `×${number(count)} in ${duration(spanMs)}`
const countedTimes = (count: number) => (count === 1 ? 'once' : `${number(count)} times`)
const times = (start: string, end: string): Fact[] => [
  { title: 'Start time', value: start },
  { title: 'End time', value: end },
]
export const counts = (named: Record<string, number>): Fact[] =>
  Object.entries(named)
    .filter(([, count]) => count > 0)
    .map(([title, count]) => ({ title, value: number(count) }))
const iso = (at: number) => new Date(at).toISOString()
export const number = (count: number) => count.toLocaleString('en-US')
export const logs = (count: number) => `${number(count)} log${count === 1 ? '' : 's'}`
