// The life of the ingest service: settings, Kafka, the webhook, the backfill, health.
import { hostname } from 'node:os'
import type { Server as TlsServer } from 'node:https'
import { createRedactor, redactBytes, type Rule } from '../events/redact.ts'
import { SettingsError } from '../platform/errors.ts'
import { tellKafkaAway } from '../platform/kafka-away.ts'
import { openSlack } from '../platform/slack.ts'
import { followTlsFiles } from '../platform/files.ts'
import { createApp, type Express, healthRoutes, listen, listenFields } from '../platform/http.ts'
import type { Lifecycle } from '../platform/lifecycle.ts'
import { createLogger, loggerFields } from '../platform/logger.ts'
import { createMetrics, type Metrics } from '../platform/metrics.ts'
import { checkSettings, type Environment, showFields } from '../platform/settings.ts'
import { openTraces, traceFields } from '../platform/traces.ts'
import { version } from '../platform/version.ts'
import { connectKafka, type KafkaClient, withAdmin } from '../topics/client.ts'
import { readControl, type ServiceRecord } from '../topics/control.ts'
import { ensureTopics } from '../topics/create.ts'
import { kafkaFields } from '../topics/fields.ts'
import { topicNames } from '../topics/names.ts'
import { KafkaAway, openProducer, type TopicProducer } from '../topics/produce.ts'
import { announce } from '../topics/service.ts'
import { createAuthoriser } from './authorise.ts'
import { backfillFields, backfillProblems } from './backfill/fields.ts'
import { startBackfill } from './backfill/start.ts'
import { ingestFields } from './fields.ts'
import { createGather } from './gather.ts'
import { type Intake, reportIntake } from './intake.ts'
import { followKafka, type KafkaState } from './kafka-state.ts'
import { receive, type Receiver, refuse } from './receive.ts'
import { letterRecords } from './letters.ts'
import { ingestMetrics, REFUSALS } from './metrics.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { createRoom, type Room } from './room.ts'
import { ingestSpans } from './spans.ts'
import type { Store } from './store.ts'
import { openTenantWatch } from './tenant-alarm.ts'
import { serveRenewed, tlsPaths } from './tls.ts'

/** A sender has this long for its headers and body. */
const REQUEST_MS = 60_000
/** A kept connection may be idle for longer than balancers let it be (60 s): they close it, not we while they send. */
const IDLE_MS = 75_000
/** A closing service answers what it has accepted within this time; with 3 s for the producer it ends within 10. */
const DRAIN_MS = 6_500

/** Starts the service; without Kafka it starts too, answers 503 and goes on trying. @throws SettingsError */
export async function startIngest(env: Environment, lifecycle: Lifecycle): Promise<{ port: number }> {
  const own = { ...kafkaFields, ...loggerFields, ...listenFields, ...traceFields, ...ingestFields(env) }
  const { settings, problems, notes } = checkSettings({ ...own, ...backfillFields(env) }, env)
  problems.push(...backfillProblems(settings))
  const tlsFiles = tlsPaths(settings, problems)
  if (problems.length > 0) throw new SettingsError(problems)
  const log = createLogger('ingest', settings.loggerLevel)
  for (const note of notes) log.warn(note)
  const { signal } = lifecycle
  const instance = `${hostname()}-${process.pid}`
  const metrics = createMetrics('ingest', version)
  const traces = await openTraces(settings, { service: 'ingest', instance, log, lifecycle })

  const client = connectKafka(settings, log, 'auth0-logs-ingest')
  const producer = openProducer(client, 'auth0-logs-ingest')
  lifecycle.onClose('producer', producer.close)
  let polling = false
  const tenant = rememberedTenant(client)
  const introduce = async () => {
    const known = settings.domain === '' ? await tenant.read() : undefined
    const record = {
      service: 'ingest',
      kind: 'ingest',
      fields: showFields(own, env),
      ...(known ? { tenant: known } : {}),
    } as const
    await announce(client, producer, record)
  }
  /** An acknowledged write: that Kafka only answers would not tell that it takes records, for its clock may be another. */
  async function probe(): Promise<void> {
    await ensureTopics(client, ['events', { deadLetters: 'ingest' }, 'reports', 'control'])
    await introduce()
    if (polling || settings.backfill === 'off') return
    polling = true
    const options = { env, client, producer, store: receiver, redacted: settings.redact, instance, metrics, log, lifecycle }
    startBackfill(options)
  }
  const topic = topicNames.events(settings.prefix)
  const look = () => withAdmin(client, (admin) => admin.fetchTopicMetadata({ topics: [topic] }))
  const kafka = followKafka({ probe, look, log, signal })
  const slack = settings.webhook ? openSlack({ url: settings.webhook, log, signal }) : undefined
  if (slack) void tellKafkaAway({ service: 'ingest', problem: kafka.problem, slack, signal })

  const room = createRoom(settings.highWater)
  lifecycle.onClose('room', room.close)
  const foreign = metrics.counter(ingestMetrics.foreignTenant)
  const tenants = openTenantWatch({
    domain: settings.domain,
    tenant: tenant.read,
    remember(first) {
      tenant.set(first)
      return introduce()
    },
    client,
    producer,
    instance,
    counted: (events) => foreign.inc(events),
    log,
    signal,
  })
  const intake = reportIntake({ client, producer, instance, kafka, runWindow: settings.runWindow, lifecycle })
  const receiver: Receiver = {
    ...countedBy(metrics, room, intake),
    ...storing({ client, producer, topic, ackMs: settings.ackTimeout * 1000, kafka }),
    authorised: createAuthoriser(settings.tokens),
    unavailable: kafka.problem,
    room,
    redact: redaction(settings),
    tenantSeen: tenants.seen,
    maxBytes: settings.maxBytes,
    maxEventBytes: settings.maxEventBytes,
    spans: ingestSpans(traces, topic),
    log,
  }

  const files = tlsFiles && followTlsFiles(tlsFiles, log)
  const tls = files?.()
  const app = routes(receiver, kafka, metrics, signal)
  const listening = await listen(app, { port: settings.port, host: settings.listenHost, tls, drainMs: DRAIN_MS })
  listening.server.requestTimeout = REQUEST_MS
  listening.server.headersTimeout = REQUEST_MS / 4
  listening.server.keepAliveTimeout = IDLE_MS
  lifecycle.onClose('http', listening.close, DRAIN_MS + 1_000)
  if (files && tls) void serveRenewed({ server: listening.server as TlsServer, served: tls, files, log, signal })
  log.info({ port: listening.port, https: tls !== undefined }, 'listening')
  if (settings.replicationFactor === 1 && !settings.brokers.every((broker) => /^(localhost|127\.|\[::1\])/.test(broker))) {
    log.warn('KAFKA_REPLICATION_FACTOR is 1: a lost broker disk loses logs; 3 is usual')
  }
  return { port: listening.port }
}

/** The tenant that this deployment is for, as the ingest's own record in the control topic says it; read once. */
function rememberedTenant(client: KafkaClient) {
  let tenant: string | undefined
  let isKnown = false
  return {
    async read(): Promise<string | undefined> {
      if (!isKnown) {
        const record = (await readControl(client, 'ingest')).get('service/ingest') as ServiceRecord | undefined
        tenant ??= record?.tenant
        isKnown = true
      }
      return tenant
    },
    set(first: string): void {
      tenant = first
    },
  }
}

function routes(receiver: Receiver, kafka: KafkaState, metrics: Metrics, signal: AbortSignal): Express {
  const app = createApp()
  // `/logs/` and `/LOGS` are other paths.
  app.enable('strict routing')
  app.enable('case sensitive routing')
  app.post('/logs', (request, response) => void receive(request, response, receiver))
  app.all('/logs', (request, response) => refuse(request, response, 405, 'method_not_allowed', 'send logs with POST'))
  const notReady = () => (kafka.met() ? undefined : (kafka.problem() ?? 'Kafka has not answered yet'))
  healthRoutes(app, { live: () => undefined, ready: () => (signal.aborted ? 'the service is closing' : notReady()) }, metrics)
  app.use((request, response) => refuse(request, response, 404, 'not_found', 'logs go to POST /logs'))
  return app
}

/** How records get to Kafka, each outcome told to `kafka`. */
function storing(options: {
  client: KafkaClient
  producer: TopicProducer
  topic: string
  ackMs: number
  kafka: KafkaState
}): Pick<Store, 'store' | 'quarantine'> {
  const { client, producer, topic, ackMs, kafka } = options
  const orLost = async <T>(work: Promise<T>): Promise<T> => {
    try {
      const result = await work
      kafka.acknowledged()
      return result
    } catch (error) {
      if (error instanceof KafkaAway) kafka.lost(error)
      throw error
    }
  }
  const deadLetters = topicNames.deadLetters(client.settings.prefix, 'ingest')
  const alone = oneAtATime()
  const gather = createGather((records) => producer.send(topic, records, ackMs))
  return {
    store: (records) => orLost(gather.add(records)),
    quarantine: (aside) =>
      alone(async () => {
        // While this send waited for its turn Kafka may have gone away: it would only time out too.
        const problem = kafka.problem()
        if (problem !== undefined) throw new KafkaAway(problem)
        return orLost(producer.send(deadLetters, letterRecords(aside, new Date()), ackMs))
      }),
  }
}

function countedBy(metrics: Metrics, room: Room, intake: Intake): Pick<Receiver, 'counted' | 'refused'> {
  const received = metrics.counter(ingestMetrics.received)
  const quarantined = metrics.counter(ingestMetrics.quarantined)
  const refused = metrics.counter(ingestMetrics.refused)
  received.inc({ source: 'webhook' }, 0)
  // A series that begins at 1 shows no increase.
  for (const reason of REFUSALS) refused.inc({ reason }, 0)
  metrics.gauge(ingestMetrics.inFlightBytes, function () {
    this.set(room.received)
  })
  return {
    counted: {
      received(events, source) {
        received.inc({ source }, events)
        if (source === 'webhook') intake.received(events)
      },
      quarantined(reason, parts) {
        quarantined.inc({ reason }, parts)
        intake.quarantined(parts)
      },
    },
    refused(reason) {
      refused.inc({ reason })
      intake.refused(reason)
    },
  }
}

function redaction({ redact, redactKey }: { redact: readonly Rule[]; redactKey: string }): Store['redact'] {
  if (redact.length === 0) return undefined
  const redactor = createRedactor(redact, redactKey)
  return (value) => redactBytes(value, redactor)
}
