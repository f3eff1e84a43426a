// When Kafka has been away for two minutes: posted to Slack directly, because no report gets through; and again when it is back.
import { sleep } from './lifecycle.ts'
import type { SlackPoster } from './slack.ts'
import { type Fact, type SlackMessage, slackMessage } from './slack-message.ts'

export const AWAY_MS = 120_000
const LOOK_MS = 1_000
const POST_MS = 15_000

export type AwayOptions = {
  /** Who says it, e.g. `ingest`. */
  service: string
  /** Why Kafka does not take or give records now; undefined while it does. */
  problem: () => string | undefined
  slack: SlackPoster
  signal: AbortSignal
  /** Milliseconds without an answer before it is said. */
  afterMs?: number
}

/** Looks every second, until the signal is aborted; one message when Kafka has been away, one when it is back. */
export async function tellKafkaAway({ service, problem, slack, signal, afterMs = AWAY_MS }: AwayOptions): Promise<void> {
  let since: Date | undefined
  let told: SlackMessage | undefined
  for (; !signal.aborted; await sleep(LOOK_MS, signal)) {
    const why = problem()
    if (why !== undefined) {
      since ??= new Date()
      if (told || Date.now() - since.getTime() < afterMs) continue
      const message = away(service, since, why)
      if (await slack.post(message, POST_MS)) told = message
    } else if (since) {
      if (told && !(await slack.post(back(service, since, new Date()), POST_MS))) continue
      since = undefined
      told = undefined
    }
  }
}

function away(service: string, since: Date, why: string): SlackMessage {
  const summary = `Kafka has not answered since ${since.toISOString()}: webhooks are answered 503, Auth0 keeps the logs; nothing is lost.`
  return slackMessage('', 'Logs Export Error', summary, [
    {
      good: false,
      facts: [
        { title: 'Start time', value: since.toISOString() },
        { title: 'Seen by', value: service },
        { title: 'Error', value: why, long: true },
        { title: 'What it means', value: MEANS, long: true },
        { title: 'What to do', value: TO_DO, long: true },
      ],
    },
  ])
}

const MEANS =
  'Auth0 resends refused webhooks; the sinks continue at their last commit when Kafka is back. Auth0 pauses a stream that is refused for days: reconcile or auth0-logs backfill then fetches what is missing.'
const TO_DO =
  'Check the brokers (are they up, is a disk full?) and KAFKA_BROKERS; where the services run: auth0-logs validate. Nothing needs a restart.'

function back(service: string, since: Date, now: Date): SlackMessage {
  const lasted = duration(now.getTime() - since.getTime())
  const summary = `Kafka answers again after ${lasted}: webhooks are accepted and the sinks go on at their last commit. Nothing was lost.`
  const facts: Fact[] = [
    { title: 'Start time', value: since.toISOString() },
    { title: 'End time', value: now.toISOString() },
    { title: 'Lasted', value: lasted },
    { title: 'Seen by', value: service },
    { title: 'What to do', value: 'Nothing; auth0-logs status shows the sinks catching up.', long: true },
  ]
  return slackMessage('', 'Logs Export Recovered', summary, [{ good: true, facts }])
}

/** `3 s`, `12 min`, `2 h 5 min`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  if (seconds < 100) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 100) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}
