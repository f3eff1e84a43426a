// The life of the console: settings, Kafka, what it follows, the API and the page.
import { randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import express from 'express'
import { operations, perform } from '../operations/index.ts'
import { errorText, SettingsError } from '../platform/errors.ts'
import { createApp, type Express, healthRoutes, listen, listenFields } from '../platform/http.ts'
import { type Lifecycle, type Process, runProcess, sleep } from '../platform/lifecycle.ts'
import { createLogger, loggerFields, type Logger } from '../platform/logger.ts'
import { createMetrics } from '../platform/metrics.ts'
import { checkSettings, type Environment, givenName, type Settings, showFields } from '../platform/settings.ts'
import { version } from '../platform/version.ts'
import { connectKafka, type KafkaClient } from '../topics/client.ts'
import { publishControl } from '../topics/control.ts'
import { ensureTopics } from '../topics/create.ts'
import { kafkaFields } from '../topics/fields.ts'
import { openProducer, type TopicProducer } from '../topics/produce.ts'
import { publishAudit } from '../topics/reports.ts'
import { createLogin, createWho } from './asker.ts'
import { readAssets } from './assets.ts'
import { createAttempts } from './attempts.ts'
import { consoleFields } from './fields.ts'
import { answerFailure, guard } from './guard.ts'
import { type Held, holdOfKafka } from './held.ts'
import { openapi } from './openapi.ts'
import { operationRoutes } from './operation-routes.ts'
import { Answer, mount, type Route } from './route.ts'
import { runRoutes } from './run-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { createSessions } from './sessions.ts'
import { statusRoutes } from './status-routes.ts'
import { streamRoutes } from './stream-routes.ts'

const MOST_BODY = '256kb'
const AGAIN_MS = 1_000
const HOUR_MS = 3_600_000
/** As the sinks: what passes through lives for milliseconds, and V8 would let its garbage grow by 200 MB before it looks. */
const HEAP_FLAGS = ['--semi-space-growth-factor=1', '--heap-growing-percent=100']

const fields = { ...kafkaFields, ...loggerFields, ...listenFields, ...consoleFields }
type ConsoleSettings = Settings<typeof fields>

/** Runs the console to its end. With `--check` in the arguments: prints one JSON line of what its settings are worth, and ends. */
export async function runConsole(proc: Process): Promise<void> {
  if (proc.argv.includes('--check')) return check(proc)
  HEAP_FLAGS.forEach((flag) => setFlagsFromString(flag))
  await runProcess(proc, async (env, lifecycle) => {
    await startConsole(env, lifecycle)
  })
}

function check(proc: Process): void {
  const { problems } = checkSettings(fields, proc.env)
  const given = Object.values(consoleFields).flatMap((field) => givenName(field, proc.env) ?? [])
  proc.stdout.write(`${JSON.stringify({ service: 'console', given, problems, sandbox: {} })}\n`)
}

/** Resolves when it listens; without Kafka it listens too, says so on the page and goes on trying. @throws SettingsError */
export async function startConsole(env: Environment, lifecycle: Lifecycle): Promise<{ port: number }> {
  const { settings, problems } = checkSettings(fields, env)
  if (problems.length > 0) throw new SettingsError(problems)
  const log = createLogger('console', settings.loggerLevel)
  const client = connectKafka(settings, log, 'auth0-logs-console')
  const producer = openProducer(client, 'auth0-logs-console')
  lifecycle.onClose('producer', producer.close)
  tellOfSettings(settings, log)

  const met = Promise.withResolvers<void>()
  const held = holdOfKafka(client, lifecycle, met.promise)
  const { streams, live, watch } = held
  const api = apiRoutes(settings, client, producer, lifecycle, held)
  const metrics = createMetrics('console', version)
  metrics.gauge('console_live_pages', 'Pages that follow events as they arrive', [], function () {
    this.set(live.viewers())
  })
  metrics.gauge('console_streams', 'Open server-sent event streams', [], function () {
    this.set(streams.count())
  })
  const app = createApp()
  app.set('trust proxy', settings.trustProxy ? 1 : false)
  const assets = readAssets()
  guard(app, assets.scriptHashes)
  const ready = () => {
    if (!held.isReady()) return 'Kafka has not been met yet'
    return watch.last()?.kafka.away ? 'Kafka does not answer' : undefined
  }
  healthRoutes(app, { live: () => undefined, ready }, metrics)
  assets.mount(app)
  api.mount(app, log)
  const { port, close } = await listen(app, { port: settings.port, host: settings.listenHost })
  lifecycle.onClose('http', close)
  lifecycle.onClose('streams', streams.close)
  log.info({ port }, 'listening')
  void announce(client, producer, env, lifecycle, met.resolve)
  return { port }
}

function tellOfSettings(settings: ConsoleSettings, log: Logger): void {
  if (settings.users.length === 0)
    log.warn('CONSOLE_USERS is not set: every login is refused. Make an entry with `auth0-logs hash-password`')
  if (settings.sessionKey === '')
    log.info(
      'CONSOLE_SESSION_KEY is not set: one was made, so a restart logs everybody out, and a second console knows no session of this one',
    )
}

function apiRoutes(settings: ConsoleSettings, client: KafkaClient, producer: TopicProducer, lifecycle: Lifecycle, held: Held) {
  const { index, audit, watch, streams, live, control, reportsRead, joinUpdates } = held
  const lifetimeMs = settings.sessionHours * HOUR_MS
  const sessions = createSessions(settings.sessionKey || randomBytes(32).toString('base64url'), settings.users, lifetimeMs)
  const login = createLogin(settings.users, createAttempts())
  const who = createWho(sessions, login)
  const routes: Route[] = [
    ...sessionRoutes(login, sessions, lifetimeMs),
    ...statusRoutes(watch, index, control),
    ...runRoutes(client, index, audit, reportsRead),
    ...streamRoutes({
      streams,
      live,
      joinUpdates,
      recordUnmasked: ({ user }) => {
        const at = new Date().toISOString()
        const record = { at, by: user.name, role: user.role, operation: 'live', input: { unmasked: true }, outcome: 'ok' }
        return publishAudit(client, producer, { ...record, before: null, after: null })
      },
    }),
    ...operationRoutes({
      operations,
      perform,
      base: { client, producer, log: client.log },
      closing: lifecycle.signal,
      done: watch.hurry,
    }),
  ]
  routes.push({
    method: 'get',
    path: '/api/openapi.json',
    summary: 'This description',
    access: 'viewer',
    answers: { type: 'object', required: ['openapi', 'paths'] },
    handle: (_, response) => response.json(openapi(routes)),
  })
  return {
    mount(app: Express, log: Logger) {
      const failed = answerFailure(log)
      app.use('/api', express.json({ limit: MOST_BODY, strict: false }))
      mount(app, routes, who, failed)
      const notFound = (path: string) => new Answer(404, 'not_found', `there is no ${path} here`)
      app.use('/api', (request, response) => {
        // Who is not logged in does not learn what there is.
        who(request).then(
          () => failed(notFound(request.originalUrl.split('?')[0]), response),
          (error) => failed(error, response),
        )
      })
      app.use((request: express.Request, response: express.Response) => failed(notFound(request.path), response))
      app.use((error: unknown, _: express.Request, response: express.Response, _next: express.NextFunction) =>
        failed(error, response),
      )
    },
  }
}

/** Makes the topics that it reads and says in the control topic what it is, as soon as Kafka answers. */
async function announce(
  client: KafkaClient,
  producer: TopicProducer,
  env: Environment,
  { signal }: Lifecycle,
  met: () => void,
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      await ensureTopics(client, ['events', 'reports', 'control'])
      met()
      await publishControl(client, producer, 'service/console', {
        service: 'console',
        kind: 'console',
        version,
        group: '',
        started_at: new Date().toISOString(),
        state: 'running',
        sandbox: false,
        start_from: '',
        fields: showFields(fields, env),
      })
      return
    } catch (error) {
      if (attempt % 30 === 3)
        client.log.warn({ error: errorText(error) }, 'Kafka does not answer; the page says so and shows what it can')
      await sleep(AGAIN_MS, signal)
    }
  }
}
