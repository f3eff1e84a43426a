// The connection to Kafka: kafkajs for consumers, groups and admin. Its traps (facts in the README's "Kafka clients") are met here.
import { createRequire } from 'node:module'
import { type Admin, Kafka, type LogEntry, logLevel } from 'kafkajs'
import type { Logger } from '../platform/logger.ts'
import type { KafkaSettings } from './fields.ts'

/** Everything in topics/ works on this. */
export type KafkaClient = { kafka: Kafka; settings: KafkaSettings; log: Logger }

export function connectKafka(settings: KafkaSettings, log: Logger, clientId = 'auth0-logs'): KafkaClient {
  const { saslMechanism, saslUsername: username, saslPassword: password } = settings
  const kafka = new Kafka({
    clientId,
    brokers: settings.brokers,
    ssl: tlsOptions(settings) ?? false,
    ...(saslMechanism ? { sasl: { mechanism: saslMechanism, username, password } as never } : {}),
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 200, maxRetryTime: 5_000, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => logEntry(log, entry),
  })
  return { kafka, settings, log }
}

export function tlsOptions(settings: KafkaSettings) {
  if (!settings.ssl && !settings.ca && !settings.cert) return undefined
  return { ca: settings.ca ? [settings.ca] : undefined, cert: settings.cert, key: settings.key }
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

/** What kafkajs says is for debugging: it mends most errors itself, repeats each many times, and the rest reaches us and is told once. */
function logEntry(log: Logger, { log: { message, error, groupId, broker } }: LogEntry): void {
  log.debug({ kafkajs: true, error, groupId, broker }, message)
}

type RequestQueue = {
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  pending: unknown[]
  checkPendingRequests(): void
}

/**
 * kafkajs 2.2.4 (issue 1751): an idle request queue calls setTimeout with a negative time, which Node 24 warns of and treats as
 * 1 ms, so it wakes about 870 times a second for ever. Here the queue sleeps unless something is pending.
 */
export function stillIdleQueues(): void {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as { prototype: object }
  Object.assign(prototype, {
    scheduleCheckPendingRequests(this: RequestQueue) {
      if (this.throttleCheckTimeoutId || this.pending.length === 0) return
      const throttledFor = this.throttledUntil - Date.now()
      this.throttleCheckTimeoutId = setTimeout(
        () => {
          this.throttleCheckTimeoutId = null
          this.checkPendingRequests()
        },
        throttledFor > 0 ? throttledFor : 10,
      )
    },
  })
}

stillIdleQueues()
