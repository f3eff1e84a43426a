// The life of the ingest service: settings, Kafka, the webhook, the backfill, health.
import { hostname } from 'node:os'
import { createRedactor, redactBytes } from '../events/redact.ts'
import { SettingsError } from '../platform/errors.ts'
import { tellKafkaAway } from '../platform/kafka-away.ts'
import { openSlack } from '../platform/slack.ts'
import { createApp, healthRoutes, listen, listenFields } from '../platform/http.ts'
import type { Lifecycle } from '../platform/lifecycle.ts'
import { createLogger, loggerFields } from '../platform/logger.ts'
import { createMetrics } from '../platform/metrics.ts'
import { checkSettings, type Environment, showFields } from '../platform/settings.ts'
import { version } from '../platform/version.ts'
import { connectKafka } from '../topics/client.ts'
import { publishControl } from '../topics/control.ts'
import { ensureTopics } from '../topics/create.ts'
import { sendDeadLetters } from '../topics/dead-letters.ts'
import { kafkaFields } from '../topics/fields.ts'
import { topicNames } from '../topics/names.ts'
import { openProducer } from '../topics/produce.ts'
import { createAuthoriser } from './authorise.ts'
import { backfillFields } from './backfill/fields.ts'
import { backfillProblems, startBackfill } from './backfill/start.ts'
import { ingestFields } from './fields.ts'
import { createGather } from './gather.ts'
import { followKafka } from './kafka-state.ts'
import { receive, type Receiver, refuse } from './receive.ts'
import { tlsPair } from './tls.ts'

/** A sender has this long for its headers and body. */
const REQUEST_MS = 60_000
/** A kept connection may be idle for longer than balancers let it be (60 s): they close it, not we while they send. */
const IDLE_MS = 75_000
/** A closing service answers what it has accepted within this time; with 3 s for the producer it ends within 10. */
const DRAIN_MS = 6_500

/** Starts the service; without Kafka it starts too, answers 503 and goes on trying. @throws SettingsError */
export async function startIngest(env: Environment, lifecycle: Lifecycle): Promise<{ port: number }> {
  const own = { ...kafkaFields, ...loggerFields, ...listenFields, ...ingestFields(env) }
  const { settings, problems } = checkSettings({ ...own, ...backfillFields(env) }, env)
  problems.push(...backfillProblems(settings))
  const tls = tlsPair(settings, problems)
  if (problems.length > 0) throw new SettingsError(problems)
  const log = createLogger('ingest', settings.loggerLevel)
  const instance = `${hostname()}-${process.pid}`
  const metrics = createMetrics('ingest', version)
  const received = metrics.counter('received_total', 'Events acknowledged by Kafka', ['source'])
  const quarantined = metrics.counter('quarantined_total', 'Parts of bodies that are no events', ['reason'])
  received.inc({ source: 'webhook' }, 0)

  const client = connectKafka(settings, log, 'auth0-logs-ingest')
  const producer = openProducer(client, 'auth0-logs-ingest')
  lifecycle.onClose('producer', producer.close)
  const topic = topicNames.events(settings.prefix)
  const ackMs = settings.ackTimeout * 1000
  let described = false
  const kafka = followKafka(
    async () => {
      await ensureTopics(client, [
        'events',
        { deadLetters: 'ingest' },
        'control',
        ...(settings.backfill === 'off' ? [] : ['reports' as const]),
      ])
      if (described) return
      await publishControl(client, producer, 'service/ingest', {
        service: 'ingest',
        kind: 'ingest',
        version,
        group: '',
        started_at: new Date().toISOString(),
        state: 'running',
        sandbox: false,
        start_from: '',
        fields: showFields(own, env),
      })
      described = true
      if (settings.backfill !== 'off') void poll().catch(lifecycle.fail)
    },
    log,
    lifecycle.signal,
  )
  const slack = settings.webhook ? openSlack({ url: settings.webhook, log, signal: lifecycle.signal }) : undefined
  if (slack) void tellKafkaAway({ service: 'ingest', problem: kafka.problem, slack, signal: lifecycle.signal })
  const orLost = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      kafka.lost(error)
      throw error
    }
  }
  const gather = createGather((records) => producer.send(topic, records, ackMs))
  const inFlight = { bytes: 0 }
  metrics.gauge('ingest_in_flight_bytes', 'Bytes received and not yet answered', [], function () {
    this.set(inFlight.bytes)
  })
  const redactor = settings.redact.length > 0 ? createRedactor(settings.redact, settings.redactKey) : undefined
  const receiver: Receiver = {
    authorised: createAuthoriser(settings.tokens),
    unavailable: () =>
      kafka.problem() ??
      (inFlight.bytes > settings.highWater ? 'too many bytes wait for Kafka (INGEST_HIGH_WATER_BYTES)' : undefined),
    store: (records) => orLost(gather.add(records)),
    quarantine: (letters) => orLost(sendDeadLetters(client, producer, 'ingest', letters, ackMs)),
    inFlight,
    redact: redactor ? (value) => redactBytes(value, redactor) : undefined,
    maxBytes: settings.maxBytes,
    maxEventBytes: settings.maxEventBytes,
    log,
    counted: {
      received: (events, source) => received.inc({ source }, events),
      quarantined: (reason) => quarantined.inc({ reason }),
    },
  }

  const poll = () =>
    startBackfill({ env, client, producer, store: receiver, redacted: settings.redact, instance, metrics, log, lifecycle })

  const app = createApp()
  app.post('/logs', (request, response) => void receive(request, response, receiver))
  app.all('/logs', (request, response) => refuse(request, response, 405, 'method_not_allowed', 'send logs with POST'))
  healthRoutes(
    app,
    {
      live: () => undefined,
      ready: () => (lifecycle.signal.aborted ? 'the service is closing' : kafka.met() ? undefined : 'Kafka has not been met yet'),
    },
    metrics,
  )
  app.use((request, response) => refuse(request, response, 404, 'not_found', 'logs go to POST /logs'))
  const listening = await listen(app, { port: settings.port, host: settings.listenHost, tls, drainMs: DRAIN_MS })
  listening.server.requestTimeout = REQUEST_MS
  listening.server.headersTimeout = REQUEST_MS / 4
  listening.server.keepAliveTimeout = IDLE_MS
  lifecycle.onClose('http', listening.close, DRAIN_MS + 1_000)
  log.info({ port: listening.port, https: tls !== undefined }, 'listening')
  if (settings.replicationFactor === 1 && !settings.brokers.every((broker) => /^(localhost|127\.|\[::1\])/.test(broker))) {
    log.warn('KAFKA_REPLICATION_FACTOR is 1: a lost broker disk loses logs; 3 is usual')
  }
  return { port: listening.port }
}
