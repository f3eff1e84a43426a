// Reading a topic as a member of a consumer group: kafkajs, its offsets and its rebalances. The caller decides what is taken and committed.
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs'
import { errorText } from '../platform/errors.ts'
import { sleep, within } from '../platform/lifecycle.ts'
import type { KafkaClient } from './client.ts'

export type { KafkaMessage } from 'kafkajs'

/** One assignment, from a join to the next. `signal` is aborted when it is about to end: stop taking, bring home what is under way. */
export type Term = { partitions: number[]; signal: AbortSignal }

export type Handlers = {
  /**
   * A new term. Nothing is fetched until it resolves, and it is asked again where it throws; answers the first offset to read of each
   * partition. Partitions without one are not read.
   */
  assigned: (term: Term) => Promise<Map<number, number>>
  /**
   * Records of one partition in order of offset. Answers how many were taken; the rest comes again. Must not wait longer than a
   * delivery may take; heartbeats go on meanwhile.
   */
  records: (partition: number, records: KafkaMessage[], highWatermark: number) => Promise<number>
  /** The group rebalances: the last moment in which commits of this term are accepted. */
  rebalancing: () => Promise<void>
  /** The consumer has ended by itself and will not come back. */
  crashed: (error: Error) => void
}

export type CommitOffset = { partition: number; offset: number; metadata: string }

export type GroupConsumer = {
  /** Fetches nothing any more; the member stays in its group. What was fetched already may still be offered. */
  pause: () => void
  resume: () => void
  paused: () => boolean
  /** Fetches nothing more of this partition in this term. */
  leaveOut: (partition: number) => void
  /** Reads each partition from this offset on; what was fetched already is dropped. */
  seek: (offsets: Map<number, number>) => void
  /**
   * Commits next offsets (last processed + 1) with their metadata, in one attempt. Answers false before anything was fetched in this term.
   * @throws when Kafka refuses, as it does when the term has ended
   */
  commit: (offsets: CommitOffset[]) => Promise<boolean>
  /** Milliseconds since the last sign of life of the connection to the group: a fetch, heartbeat or join. */
  silentForMs: () => number
  /** Leaves the group. */
  close: () => Promise<void>
}

export type ConsumeOptions = {
  group: string
  topic: string
  handlers: Handlers
  /** After this long without a heartbeat the member is put out; KAFKA_SESSION_TIMEOUT unless given. */
  sessionMs?: number
}

/** What one fetch may bring: bounds the memory; kafkajs holds it all as objects. */
const MAX_FETCH_BYTES = 1024 * 1024
const MAX_FETCH_BYTES_A_PARTITION = 256 * 1024
/** Fetches of a consumer that keeps up begin this far apart: a lone record is here at once, a stream in fewer, fuller fetches. */
const FETCH_PACE_MS = 10
const HEARTBEAT_MS = 1_000
const ASK_AGAIN_MS = 1_000
/** Of a close: a member that cannot say goodbye is put out by the session's timeout. */
const LEAVE_MS = 4_000

/** Joins the group; resolves when the consumer runs, which is before the first assignment. */
export async function consume({ kafka, settings, log }: KafkaClient, options: ConsumeOptions): Promise<GroupConsumer> {
  const { group, topic, handlers } = options
  const sessionTimeout = options.sessionMs ?? settings.sessionTimeout * 1000
  const consumer: Consumer = kafka.consumer({
    groupId: group,
    sessionTimeout,
    rebalanceTimeout: 60_000,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: 500,
    maxBytes: MAX_FETCH_BYTES,
    maxBytesPerPartition: MAX_FETCH_BYTES_A_PARTITION,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 200, maxRetryTime: 5_000, retries: 1_000_000, restartOnFailure: async () => true },
  })
  let ready = false
  let wishedPaused = false
  let leftOut: number[] = []
  let term = new AbortController()
  let epoch = 0
  let lastSign = Date.now()
  let fetchBegan = 0
  let closing = false
  /**
   * The commit of kafkajs that makes one attempt. consumer.commitOffsets tries again by itself, even after a rebalance, and Kafka
   * accepts from any current member a commit for a partition that is another's by then: offsets would move backwards.
   */
  let commitOnce: EachBatchPayload['commitOffsetsIfNecessary'] | undefined

  const sign = () => {
    lastSign = Date.now()
  }
  consumer.on('consumer.fetch_start', () => {
    fetchBegan = performance.now()
  })
  consumer.on('consumer.fetch', sign)
  consumer.on('consumer.heartbeat', sign)
  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart && !closing) handlers.crashed(payload.error)
  })
  consumer.on('consumer.group_join', ({ payload }) => {
    sign()
    term.abort()
    const current = new AbortController()
    term = current
    epoch++
    ready = false
    leftOut = []
    const partitions = payload.memberAssignment[topic] ?? []
    if (partitions.length > 0) consumer.pause([{ topic }]) // kafkajs would begin at the commit at once
    void begin(partitions, current)
  })

  /** The partitions stay paused until the caller knows where they begin, however long Kafka keeps it from finding out. */
  async function begin(partitions: number[], current: AbortController): Promise<void> {
    while (!current.signal.aborted) {
      try {
        const offsets = await handlers.assigned({ partitions, signal: current.signal })
        if (current.signal.aborted) return
        for (const [partition, offset] of offsets) consumer.seek({ topic, partition, offset: String(offset) })
        leftOut = partitions.filter((partition) => !offsets.has(partition))
        ready = true
        epoch++
        if (!wishedPaused && partitions.length > 0) resumeAll()
        return
      } catch (error) {
        log.warn(
          { error: errorText(error), group },
          'the places of the assigned partitions are not known yet; nothing is read until they are',
        )
        await sleep(ASK_AGAIN_MS, current.signal)
      }
    }
  }

  /** kafkajs throws while it has no group, as when it starts itself again; the join that follows finds all this out anew. */
  function ifJoined(work: () => void): void {
    if (!ready) return
    try {
      work()
    } catch (error) {
      log.debug({ error: errorText(error), group }, 'no group at the moment')
    }
  }

  /** kafkajs resumes a topic as a whole. */
  function resumeAll(): void {
    consumer.resume([{ topic }])
    if (leftOut.length > 0) consumer.pause([{ topic, partitions: leftOut }])
  }

  async function eachBatch({
    batch,
    resolveOffset,
    heartbeat,
    isRunning,
    isStale,
    commitOffsetsIfNecessary,
  }: EachBatchPayload): Promise<void> {
    // kafkajs fetches again as soon as all that one fetch brought is taken: waiting here spaces its fetches out.
    const early = fetchBegan + FETCH_PACE_MS - performance.now()
    if (early > 0 && batch.offsetLag() === '0') await sleep(early)
    commitOnce = commitOffsetsIfNecessary
    // Stale: fetched before a seek. One fetch brings several partitions, and kafkajs offers the others' records all the same.
    if (!ready || wishedPaused || isStale() || !isRunning()) return
    const current = epoch
    let failure: unknown
    const beat = () =>
      heartbeat().catch((error: unknown) => {
        failure = error
        term.abort()
      })
    const timer = setInterval(() => void beat(), HEARTBEAT_MS)
    try {
      const { messages, partition } = batch
      const taken = await handlers.records(partition, messages, Number(batch.highWatermark))
      // kafkajs resolves by the last offset processed; the next fetch begins one after it.
      if (taken > 0 && epoch === current) resolveOffset(messages[taken - 1].offset)
    } finally {
      clearInterval(timer)
    }
    await beat()
    if (failure === undefined) return
    if (isRebalance(failure))
      await within(handlers.rebalancing(), sessionTimeout, 'bringing deliveries home').catch((e) => log.warn(errorText(e)))
    throw failure
  }

  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: 1, eachBatch })

  return {
    pause() {
      wishedPaused = true
      ifJoined(() => consumer.pause([{ topic }]))
    },
    resume() {
      wishedPaused = false
      ifJoined(resumeAll)
    },
    paused: () => wishedPaused,
    leaveOut(partition) {
      if (leftOut.includes(partition)) return
      leftOut.push(partition)
      // While all are paused, kafkajs would take the pause of one for the end of the others'.
      if (!wishedPaused) ifJoined(() => consumer.pause([{ topic, partitions: [partition] }]))
    },
    seek(offsets) {
      epoch++
      leftOut = leftOut.filter((partition) => !offsets.has(partition))
      if (!wishedPaused) ifJoined(resumeAll)
      for (const [partition, offset] of offsets) ifJoined(() => consumer.seek({ topic, partition, offset: String(offset) }))
    },
    async commit(offsets) {
      const partitions = offsets.map(({ partition, offset, metadata }) => ({ partition, offset: String(offset), metadata }))
      if (!commitOnce) return false
      await commitOnce({ topics: [{ topic, partitions }] })
      return true
    },
    silentForMs: () => Date.now() - lastSign,
    async close() {
      closing = true
      ready = false // kafkajs throws where a consumer that has ended is paused or resumed
      term.abort()
      await within(consumer.disconnect(), LEAVE_MS, `leaving group ${group}`)
    },
  }
}

const isRebalance = (error: unknown) =>
  ['REBALANCE_IN_PROGRESS', 'NOT_COORDINATOR_FOR_GROUP', 'ILLEGAL_GENERATION'].includes((error as { type?: string }).type ?? '')
