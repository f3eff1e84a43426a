// The life of the console: settings, Kafka, what it follows, the API and the page.
import { randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import express from 'express'
import { operations, perform } from '../operations/index.ts'
import { isSink, knownService, sinkRules } from '../operations/services.ts'
import { errorText, SettingsError } from '../platform/errors.ts'
import { createApp, type Express, healthRoutes, listen, listenFields } from '../platform/http.ts'
import { type Lifecycle, type Process, runProcess, sleep, within } from '../platform/lifecycle.ts'
import { createLogger, loggerFields, type Logger } from '../platform/logger.ts'
import { createMetrics } from '../platform/metrics.ts'
import { checkSettings, type Environment, givenName, type Settings, showFields } from '../platform/settings.ts'
import { version } from '../platform/version.ts'
import { connectKafka, type KafkaClient } from '../topics/client.ts'
import { ensureTopics } from '../topics/create.ts'
import { kafkaFields } from '../topics/fields.ts'
import { openProducer, type TopicProducer } from '../topics/produce.ts'
import { announce, untilKafka } from '../topics/service.ts'
import { publishAudit } from '../topics/reports.ts'
import { readAssets } from './assets.ts'
import { consoleFields } from './fields.ts'
import { answerFailure, guard } from './guard.ts'
import { type KafkaView, viewKafka } from './kafka-view.ts'
import { createAttempts, createLogin, createWho } from './login.ts'
import { ledgerGauges, consoleMetrics } from './metrics.ts'
import { createNewestTypes } from './newest-types.ts'
import { operationRoutes } from './operation-routes.ts'
import { Answer, kafkaAway, mount, openapi, type Route } from './route.ts'
import { runRoutes } from './run-routes.ts'
import { createSessions, logoutRecord, sessionRoutes, type Sessions } from './sessions.ts'
import { settingsRoutes } from './settings-routes.ts'
import { statusRoutes } from './status-routes.ts'
import { createStreams, streamRoutes, type Streams } from './streams.ts'
import type { Session } from './users.ts'

/** An operation's input, with room for a long list of types or redactions. */
const MOST_BODY = '32kb'
/** A logout is answered so soon, and put on record as soon as Kafka takes it. */
const LOGOUT_MS = 2_000
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
  const sessionMs = settings.sessionHours * HOUR_MS
  const key = settings.sessionKey || randomBytes(32).toString('base64url')
  const logoutsRead = () => view.reportsRead()
  const sessions = createSessions(key, settings.users, sessionMs, { logoutsRead })
  const streams = createStreams(({ session }) => !session || sessions.lasts(session))
  const onLogout = ({ id, end }: { id: string; end: number }) => {
    sessions.revoke(id, end)
    streams.sweep()
  }
  const view = viewKafka({ client, lifecycle, met: met.promise, sessionMs, onLogout })
  const { live, watch } = view
  const logOut = async (session: Session) => {
    onLogout(session)
    const told = tellLogout(client, producer, session, lifecycle.signal)
    await within(told, LOGOUT_MS, 'putting the logout on record').catch(() => {})
  }
  const api = apiRoutes({ settings, client, producer, lifecycle, view, sessions, streams, sessionMs, logOut })
  const metrics = createMetrics('console', version)
  metrics.gauge(consoleMetrics.livePages, function () {
    this.set(live.viewers())
  })
  metrics.gauge(consoleMetrics.streams, function () {
    this.set(streams.count())
  })
  ledgerGauges(metrics, watch.last)
  const app = createApp()
  app.set('trust proxy', settings.trustProxy ? 1 : false)
  const assets = readAssets()
  guard(app, assets.scriptHashes)
  const ready = () => {
    if (!view.isReady()) return 'Kafka has not answered yet'
    return watch.last()?.kafka.away ? 'Kafka does not answer' : undefined
  }
  healthRoutes(app, { live: () => undefined, ready }, metrics)
  assets.mount(app)
  api.mount(app, log)
  const { port, close } = await listen(app, { port: settings.port, host: settings.listenHost })
  lifecycle.onClose('http', close)
  lifecycle.onClose('streams', streams.close)
  log.info({ port }, 'listening')
  introduce(client, producer, env, lifecycle, met.resolve).catch(
    (error) => lifecycle.signal.aborted || lifecycle.fail(error as Error),
  )
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

/** Until Kafka takes it: before that, other consoles do not know that the session has ended. */
async function tellLogout(client: KafkaClient, producer: TopicProducer, session: Session, signal: AbortSignal): Promise<void> {
  const record = logoutRecord(session)
  while (!signal.aborted && session.end > Date.now()) {
    try {
      return await publishAudit(client, producer, record)
    } catch (error) {
      client.log.warn(
        { error: errorText(error), by: record.by },
        'a logout is not on record yet: other consoles do not know of it',
      )
      await sleep(AGAIN_MS, signal)
    }
  }
}

function apiRoutes(options: {
  settings: ConsoleSettings
  client: KafkaClient
  producer: TopicProducer
  lifecycle: Lifecycle
  view: KafkaView
  sessions: Sessions
  streams: Streams
  sessionMs: number
  logOut: (session: Session) => Promise<void>
}) {
  const { settings, client, producer, lifecycle, view, sessions, streams, sessionMs, logOut } = options
  const { index, audit, watch, live, control, reportsRead, joinUpdates } = view
  const login = createLogin(settings.users, createAttempts())
  const who = createWho(sessions, login)
  const records = () => {
    const known = control()
    if (!known) throw kafkaAway('the control topic has not been read from Kafka yet: try again in a moment', 2)
    return known
  }
  const routes: Route[] = [
    ...sessionRoutes(login, sessions, sessionMs, logOut),
    ...statusRoutes(watch, index, records),
    ...settingsRoutes(records, createNewestTypes(client)),
    ...runRoutes(client, index, audit, watch.history, reportsRead),
    ...streamRoutes({
      streams,
      live,
      joinUpdates,
      rulesOf: (sink) => sinkRules(knownService(records(), sink, isSink)),
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
      reachable: watch.reachable,
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
async function introduce(
  client: KafkaClient,
  producer: TopicProducer,
  env: Environment,
  { signal }: Lifecycle,
  met: () => void,
): Promise<void> {
  const orWait = <T>(ask: () => Promise<T>) => untilKafka(client.log, signal, 'the page says so and shows what it can', ask)
  await orWait(() => ensureTopics(client, ['events', 'reports', 'control']))
  met()
  await orWait(() => announce(client, producer, { service: 'console', kind: 'console', fields: showFields(fields, env) }))
}
