// The connection to Kafka: kafkajs for consumers, groups and admin.
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import { type Admin, Kafka, type LogEntry, logLevel } from 'kafkajs'
import { followTlsFiles } from '../platform/files.ts'
import type { Logger } from '../platform/logger.ts'
import type { KafkaSettings } from './fields.ts'
import { seedBroker, socketFactory } from './kafkajs.ts'
import { saslOptions } from './sasl.ts'

/** Everything in topics/ works on this. */
export type KafkaClient = { kafka: Kafka; settings: KafkaSettings; log: Logger }

/**
 * The client that everything in topics/ works on. Nothing is connected yet: each consumer, admin and producer connects by itself.
 * kafkajs tries a request again up to five times within seconds where its error may pass; what it gives up is thrown by the call that
 * asked. @param clientId as brokers show it in their logs and quotas
 */
export function connectKafka(settings: KafkaSettings, log: Logger, clientId = 'auth0-logs'): KafkaClient {
  const sasl = saslOptions(settings)?.kafkajs
  const kafka = new Kafka({
    clientId,
    brokers: settings.brokers.map(seedBroker),
    socketFactory,
    ssl: tlsOptions(settings, log) ?? false,
    ...(sasl ? { sasl } : {}),
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 200, maxRetryTime: 5_000, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => logEntry(log, entry),
  })
  return { kafka, settings, log }
}

/** How @platformatic/kafka, the other client, reaches the same brokers. */
export function otherClientOptions({ settings, log }: KafkaClient, clientId: string) {
  const tls = tlsOptions(settings, log)
  const sasl = saslOptions(settings)?.platformatic
  return {
    clientId,
    bootstrapBrokers: settings.brokers,
    autocreateTopics: false,
    connectTimeout: 3_000,
    requestTimeout: 15_000,
    retries: 3,
    retryDelay: 200,
    // It asks for no name by itself, and what routes by the name (Confluent Cloud, OpenShift) would not let it in.
    ...(tls ? { tls, tlsServerName: !settings.brokers.some(isAddress) } : {}),
    ...(sasl ? { sasl } : {}),
  }
}

const isAddress = (broker: string) => isIP(broker.replace(/:\d+$/, '').replace(/^\[(.+)\]$/, '$1')) !== 0

/** Both clients spread it for each connection that they open: renewed files count from the next one on. */
function tlsOptions({ ssl, ca, cert, key }: KafkaSettings, log: Logger) {
  if (!ssl && !ca && !cert) return undefined
  const files = followTlsFiles({ ca, cert, key }, log)
  return {
    get secureContext() {
      return createSecureContext(files())
    },
  }
}

/** Runs `work` with a connected admin and closes it. */
export async function withAdmin<T>({ kafka }: KafkaClient, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

/** What kafkajs says is for debugging: it retries most errors itself and repeats each many times; the rest reaches us and is told once. */
function logEntry(log: Logger, { log: { message, error, groupId, broker } }: LogEntry): void {
  log.debug({ kafkajs: true, error, groupId, broker }, message)
}
