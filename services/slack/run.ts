// The life of the Slack service: settings, Kafka, the reports, the daily report, health.
import { SettingsError } from '../platform/errors.ts'
import { createApp, healthRoutes, listen } from '../platform/http.ts'
import { AWAY_MS, tellKafkaAway } from '../platform/kafka-away.ts'
import { type Lifecycle, type Process, runProcess } from '../platform/lifecycle.ts'
import { createLogger } from '../platform/logger.ts'
import { createMetrics, type Metrics } from '../platform/metrics.ts'
import { type Environment, showFields } from '../platform/settings.ts'
import { openSlack, type SlackPoster } from '../platform/slack.ts'
import { version } from '../platform/version.ts'
import { connectKafka } from '../topics/client.ts'
import { consume } from '../topics/consume.ts'
import { followControl } from '../topics/control.ts'
import { ensureTopics } from '../topics/create.ts'
import { logRanges } from '../topics/groups.ts'
import { groupNames, topicNames } from '../topics/names.ts'
import { openProducer } from '../topics/produce.ts'
import { announce, type KafkaWatch, repeat, untilKafka, watchKafka } from '../topics/service.ts'
import { slackMetrics } from './metrics.ts'
import { aboutService } from './services.ts'
import { fields, followSettings, printCheck, readSlackSettings } from './settings.ts'
import { tellDaily } from './tell-daily.ts'
import { createTeller, type Teller } from './teller.ts'
import { newsMessage, successMessage } from './words.ts'

const NAME = 'slack'
const TICK_MS = 1_000
/** Kafka answers, but this consumer has not been heard of for so long: it hangs, and a restart helps. */
const SILENT_MS = 60_000

const WAITS = 'nothing is lost; reports wait in Kafka and are posted to Slack when it answers'

/** Runs the service to its end. With `--check` in the arguments: prints one JSON line of what its settings are worth, and ends. */
export async function runSlack(proc: Process): Promise<void> {
  if (proc.argv.includes('--check')) return printCheck(proc)
  await runProcess(proc, async (env, lifecycle) => {
    await startSlack(env, lifecycle)
  })
}

/** `awayMs`: how long Kafka is away before it is said. */
export type Clock = { now?: () => number; awayMs?: number }

/** Resolves when the service runs, which is before its first assignment. @throws SettingsError; without Kafka it goes on trying. */
export async function startSlack(env: Environment, lifecycle: Lifecycle, clock: Clock = {}): Promise<{ port: number }> {
  const { now = Date.now, awayMs = AWAY_MS } = clock
  const { settings, problems } = readSlackSettings(env)
  if (problems.length > 0) throw new SettingsError(problems)
  const log = createLogger(NAME, settings.loggerLevel)
  const metrics = createMetrics(NAME, version)
  const client = connectKafka(settings, log, 'auth0-logs-slack')
  const group = groupNames.sink(settings.prefix, NAME, settings.sandbox)
  const topic = topicNames.reports(settings.prefix)
  const slack = openSlack({ url: settings.webhook, log, signal: lifecycle.signal, watch: counters(metrics) })

  let kafka: KafkaWatch | undefined
  const kafkaProblem = () => (kafka ? kafka.problem() : 'Kafka has not answered yet')
  let teller: Teller | undefined
  const app = createApp()
  healthRoutes(
    app,
    {
      live: () =>
        kafkaProblem() === undefined && teller && teller.silentForMs() > SILENT_MS
          ? 'Kafka answers but this consumer hangs'
          : undefined,
      ready: () => {
        if (lifecycle.signal.aborted) return 'the service is closing'
        return kafkaProblem() ?? (teller?.joined() ? undefined : 'not a member of the group yet')
      },
    },
    metrics,
  )
  const { port, close } = await listen(app, { port: settings.port, host: settings.listenHost })
  lifecycle.onClose('http', close)
  log.info({ port }, 'listening')
  const away = { service: NAME, problem: kafkaProblem, slack, signal: lifecycle.signal, afterMs: awayMs }
  void tellKafkaAway(away).catch(lifecycle.fail)

  const producer = openProducer(client, 'auth0-logs-slack')
  lifecycle.onClose('producer', producer.close)
  try {
    await tell()
  } catch (error) {
    if (!lifecycle.signal.aborted) throw error
  }
  return { port }

  /** Meets Kafka, and tells Slack of the reports until the service closes. @throws the signal's reason where it closes before that */
  async function tell(): Promise<void> {
    const { signal } = lifecycle
    const orWait = <T>(ask: () => Promise<T>) => untilKafka(log, signal, WAITS, ask)
    await orWait(() => ensureTopics(client, ['reports', 'control']))
    kafka = watchKafka(log, signal, async () => void (await logRanges(client, topic)), {
      away: WAITS,
      back: 'posting to Slack continues from the last commit',
    })
    const control = await orWait(() => followControl(client, NAME, () => {}, lifecycle.fail))
    lifecycle.onClose('control', control.close)
    const secrets = [settings.webhook]
    const live = followSettings(env, control.records, log)
    const console = settings.consoleUrl
    const ownTeller = createTeller({
      client,
      group,
      topic,
      slack,
      write: async (news) =>
        newsMessage(news, await aboutService(client, control.records, news.report.service, console), secrets),
      writeSuccess: (reports) => successMessage(reports, console),
      tellsSuccess: live.tellsSuccess,
      own: NAME,
      crashed: lifecycle.fail,
      now,
    })
    teller = ownTeller
    gauges(metrics, ownTeller, slack)
    const record = { service: NAME, kind: 'slack', group, sandbox: settings.sandbox, fields: showFields(fields, env) } as const
    await orWait(() => announce(client, producer, record))
    const consumer = await orWait(() => consume(client, { group, topic, handlers: ownTeller.handlers }))
    ownTeller.attach(consumer)
    lifecycle.onClose('consumer', ownTeller.close, 9_500)
    log.info({ group, topic, sandbox: settings.sandbox }, settings.sandbox ? 'started; posts to the sandbox' : 'started')

    const daily = { client, producer, teller: ownTeller, slack, live, records: control.records, now, secrets, console }
    repeat(signal, TICK_MS, log, async () => {
      await ownTeller.commit()
      await tellDaily(daily)
    })
  }
}

function counters(metrics: Metrics) {
  const posted = metrics.counter(slackMetrics.posted)
  const refused = metrics.counter(slackMetrics.refused)
  return { posted: () => posted.inc(), refused: (reason: string) => refused.inc({ reason }) }
}

function gauges(metrics: Metrics, teller: Teller, slack: SlackPoster): void {
  metrics.gauge(slackMetrics.lag, function () {
    this.set({ sink: NAME }, teller.lag())
  })
  metrics.gauge(slackMetrics.refusedSeconds, function () {
    const since = slack.trouble()?.since
    this.set(since === undefined ? 0 : (Date.now() - since) / 1_000)
  })
}
