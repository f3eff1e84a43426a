// kafkajs' consumer with the settings of all our members, and its heartbeats while a batch is worked on or a join waits.
import type { Consumer } from 'kafkajs'
import { errorText } from '../platform/errors.ts'
import { within } from '../platform/lifecycle.ts'
import type { Logger } from '../platform/logger.ts'
import type { KafkaClient } from './client.ts'
import type { ConsumeOptions } from './consumer.ts'
import { assignerWithHooks, beat, type Group, type GroupHooks, isRejoin } from './kafkajs.ts'

/** What one fetch may bring: bounds the memory; kafkajs holds it all as objects. */
const MAX_FETCH_BYTES = 1024 * 1024
const MAX_FETCH_BYTES_A_PARTITION = 256 * 1024
const HEARTBEAT_MS = 1_000
/** How long a join waits for what is under way. */
const BRING_HOME_MS = 15_000
/** How long a join may take the members of a group; one that brings its deliveries home needs some of it. */
const REBALANCE_MS = 60_000
const LEAVE_MS = 4_000
/** How old kafkajs' knowledge of partitions may be: those that are added are read after it. */
const METADATA_AGE_MS = 20_000

/** @param restarts asked after a failure: whether kafkajs starts the consumer again (consumer/index.js:274), also after a close */
export function kafkaConsumer(
  { kafka, settings }: KafkaClient,
  { group, sessionMs }: ConsumeOptions,
  hooks: GroupHooks,
  restarts: () => boolean,
): Consumer {
  return kafka.consumer({
    groupId: group,
    partitionAssigners: [assignerWithHooks(hooks)],
    sessionTimeout: sessionMs ?? settings.sessionTimeout * 1000,
    rebalanceTimeout: REBALANCE_MS,
    heartbeatInterval: HEARTBEAT_MS,
    metadataMaxAge: METADATA_AGE_MS,
    maxWaitTimeInMs: 500,
    maxBytes: MAX_FETCH_BYTES,
    maxBytesPerPartition: MAX_FETCH_BYTES_A_PARTITION,
    allowAutoTopicCreation: false,
    rackId: settings.rack,
    retry: { initialRetryTime: 200, maxRetryTime: 5_000, retries: 1_000_000, restartOnFailure: async () => restarts() },
  })
}

/**
 * Heartbeats while a batch is worked on, until the answer is called. Where the group rebalances, nothing more is taken (`over`), and the
 * join that follows brings home what was. The answer throws what a heartbeat answered: kafkajs goes by it.
 */
export function keepAlive(heartbeat: () => Promise<void>, over: AbortController): () => Promise<void> {
  let failure: unknown
  const beatOnce = () =>
    heartbeat().catch((error: unknown) => {
      failure = error
      if (isRejoin(error)) over.abort()
    })
  const timer = setInterval(() => void beatOnce(), HEARTBEAT_MS)
  return async () => {
    clearInterval(timer)
    await beatOnce()
    if (failure !== undefined) throw failure
  }
}

/** Waits for what is under way before a join, bounded; meanwhile the member tells the group that it lives. */
export async function bringHome(joining: Group, work: () => Promise<void>, log: Logger): Promise<void> {
  const alive = setInterval(() => void beat(joining), HEARTBEAT_MS)
  try {
    await within(work(), BRING_HOME_MS, 'bringing deliveries home')
  } catch (error) {
    const facts = { error: errorText(error), group: joining.groupId }
    log.warn(facts, 'deliveries under way were given up for a rebalance; some may be repeated')
  } finally {
    clearInterval(alive)
  }
}

/** Leaves the group. Where Kafka does not answer, it puts the member out by the session's timeout: all that waits is the next member. */
export async function leave(consumer: Consumer, group: string, log: Logger): Promise<void> {
  try {
    await within(consumer.disconnect(), LEAVE_MS, `leaving group ${group}`)
  } catch (error) {
    log.warn({ error: errorText(error), group }, 'the group was not left; Kafka puts this member out after KAFKA_SESSION_TIMEOUT')
  }
}
