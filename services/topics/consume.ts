// Reading a topic as a member of a consumer group: kafkajs, its offsets and its rebalances. The caller decides what is taken and committed.
import type { Consumer, EachBatchPayload, KafkaMessage as KafkajsMessage } from 'kafkajs'
import { errorText } from '../platform/errors.ts'
import { sleep, within } from '../platform/lifecycle.ts'
import type { KafkaClient } from './client.ts'
import { assignerWithHooks, beat, commitOnce, type Generation, type Group, isRejoin } from './kafkajs.ts'

/** As kafkajs hands it over, with what its types leave out: the leader under which the record was written. */
export type KafkaMessage = KafkajsMessage & { batchContext?: { partitionLeaderEpoch: number } }

/**
 * One assignment of partitions: from a join, or from `startOver`, to the next. `signal` is aborted when it is about to end: stop taking,
 * bring home what is under way.
 */
export type Assignment = { partitions: number[]; signal: AbortSignal }

export type Handlers = {
  /**
   * A new assignment. Nothing is fetched until it resolves, and it is asked again where it throws; answers the first offset to read of
   * each partition. Partitions without one are not read.
   */
  assigned: (assignment: Assignment) => Promise<Map<number, number>>
  /**
   * Records of one partition in order of offset. Answers how many were taken; the rest comes again. Must not wait longer than a
   * delivery may take; heartbeats go on meanwhile.
   */
  records: (partition: number, records: KafkaMessage[], highWatermark: number) => Promise<number>
  /** Offsets below `next` that were not handed over hold no record: markers of transactions, records taken out by compaction. */
  passed?: (partition: number, next: number) => void
  /** The group is joined anew: the last moment in which commits of this assignment are accepted. The join waits for it, bounded. */
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
  /** Fetches nothing more of this partition in this assignment. */
  leaveOut: (partition: number) => void
  /** Reads each partition from this offset on; what was fetched already is dropped. */
  seek: (offsets: Map<number, number>) => void
  /** Begins a new assignment of the same partitions, without the group: where they begin is asked for again. */
  startOver: () => void
  /**
   * Commits next offsets (last processed + 1) with their metadata, in one attempt, for the current assignment. Answers false while
   * there is none. @throws when Kafka refuses, as it does when the assignment is another's by now
   */
  commit: (offsets: CommitOffset[]) => Promise<boolean>
  /** Milliseconds since the last sign of life of the connection to the group: a heartbeat or a join. */
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
/** How long a join may take the members of a group; one that brings its deliveries home needs some of it. */
const REBALANCE_MS = 60_000
/** How long a join waits for what is under way. */
const BRING_HOME_MS = 15_000
/** How old kafkajs' knowledge of partitions may be: those that are added are read after it. */
const METADATA_AGE_MS = 20_000
const ASK_AGAIN_MS = 1_000
/** A failing question for the places is logged at the first and at each such attempt. */
const LOGGED_EACH = 30
/** Of a close: a member that cannot say goodbye is put out by the session's timeout. */
const LEAVE_MS = 4_000

/** The assignment as it is followed here. */
type Current = Assignment & {
  over: AbortController
  /** Where its partitions begin is known, and they are read. */
  ready: boolean
  leftOut: number[]
  generation: Generation | null
  /** What was under way when it ended has been brought home, or given up. */
  broughtHome: boolean
}

/** Joins the group; resolves when the consumer runs, which is before the first assignment. */
export async function consume({ kafka, settings, log }: KafkaClient, options: ConsumeOptions): Promise<GroupConsumer> {
  const { group, topic, handlers } = options
  const sessionTimeout = options.sessionMs ?? settings.sessionTimeout * 1000
  const consumer: Consumer = kafka.consumer({
    groupId: group,
    partitionAssigners: [assignerWithHooks({ beforeJoin, outOfRange })],
    sessionTimeout,
    rebalanceTimeout: REBALANCE_MS,
    heartbeatInterval: HEARTBEAT_MS,
    metadataMaxAge: METADATA_AGE_MS,
    maxWaitTimeInMs: 500,
    maxBytes: MAX_FETCH_BYTES,
    maxBytesPerPartition: MAX_FETCH_BYTES_A_PARTITION,
    allowAutoTopicCreation: false,
    rackId: settings.rack,
    retry: { initialRetryTime: 200, maxRetryTime: 5_000, retries: 1_000_000, restartOnFailure: async () => true },
  })
  let kafkaGroup: Group | undefined
  let current: Current | undefined
  let wishedPaused = false
  /** A batch is resolved only where neither the assignment nor a seek came in between. */
  let epoch = 0
  let lastSign = performance.now()
  let fetchBegan = 0
  let closing = false

  consumer.on('consumer.fetch_start', () => {
    fetchBegan = performance.now()
  })
  consumer.on('consumer.heartbeat', () => {
    lastSign = performance.now()
  })
  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart && !closing) handlers.crashed(payload.error)
  })
  consumer.on('consumer.group_join', ({ payload }) => {
    lastSign = performance.now()
    assign(payload.memberAssignment[topic] ?? [])
  })
  // A batch of which nothing is left but markers and gaps comes to no handler; kafkajs steps over it (runner.js:381).
  consumer.on('consumer.start_batch_process', ({ payload: { partition, batchSize, lastOffset } }) => {
    if (batchSize > 0 || !current?.ready || kafkaGroup?.hasSeekOffset({ topic, partition })) return
    handlers.passed?.(partition, Number(lastOffset) + 1)
  })

  // ---- assignments ----

  async function beforeJoin(joining: Group): Promise<void> {
    kafkaGroup = joining
    if (!current || current.broughtHome) return
    current.broughtHome = true
    current.over.abort()
    const alive = setInterval(() => void beat(joining), HEARTBEAT_MS)
    try {
      await within(handlers.rebalancing(), BRING_HOME_MS, 'bringing deliveries home')
    } catch (error) {
      log.warn({ error: errorText(error), group }, 'deliveries under way were given up for a rebalance; some may be repeated')
    } finally {
      clearInterval(alive)
    }
  }

  function outOfRange({ partition }: { partition: number }): void {
    log.warn({ group, topic, partition }, 'the log does not reach where this member reads; its places are asked for again')
    startOver()
  }

  function startOver(): void {
    if (current && !closing) assign(current.partitions)
  }

  /** Begins an assignment: no partition is read until the caller knows where it begins. */
  function assign(partitions: number[]): void {
    current?.over.abort()
    epoch++
    const over = new AbortController()
    const generation = kafkaGroup?.offsetManager ?? null
    current = { partitions, signal: over.signal, over, ready: false, leftOut: [], generation, broughtHome: false }
    if (partitions.length > 0) consumer.pause([{ topic }]) // kafkajs would begin at the commit at once
    void begin(current)
  }

  /** Asks until the caller knows, however long Kafka keeps it from finding out. */
  async function begin(assignment: Current): Promise<void> {
    const { partitions, signal } = assignment
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        const offsets = await handlers.assigned({ partitions, signal })
        if (signal.aborted) return
        for (const [partition, offset] of offsets) consumer.seek({ topic, partition, offset: String(offset) })
        assignment.leftOut = partitions.filter((partition) => !offsets.has(partition))
        assignment.ready = true
        epoch++
        if (!wishedPaused && partitions.length > 0) resumeAll(assignment)
        return
      } catch (error) {
        const facts = { error: errorText(error), group, attempt }
        if (attempt % LOGGED_EACH === 1)
          log.warn(facts, 'it is not known yet where the assigned partitions begin; nothing is read until it is')
        await sleep(ASK_AGAIN_MS, signal)
      }
    }
  }

  /** kafkajs throws while it has no group, as when it starts itself again; the join that follows finds all this out anew. */
  function ifReady(work: (assignment: Current) => void): void {
    if (!current?.ready || closing) return
    try {
      work(current)
    } catch (error) {
      log.debug({ error: errorText(error), group }, 'no group at the moment')
    }
  }

  /** subscriptionState.js:53: kafkajs resumes a topic as a whole. */
  function resumeAll({ leftOut }: Current): void {
    consumer.resume([{ topic }])
    if (leftOut.length > 0) consumer.pause([{ topic, partitions: leftOut }])
  }

  // ---- records ----

  async function eachBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    // kafkajs fetches again as soon as all that one fetch brought is taken: waiting here spaces its fetches out.
    const early = fetchBegan + FETCH_PACE_MS - performance.now()
    if (early > 0 && batch.offsetLag() === '0') await sleep(early)
    const assignment = current
    // Stale: fetched before a seek. One fetch brings several partitions, and kafkajs offers the others' records all the same, also
    // after a heartbeat has said that the group rebalances (worker.js:26).
    if (!assignment?.ready || assignment.signal.aborted || wishedPaused || isStale() || !isRunning()) return
    const began = epoch
    const { messages, partition } = batch
    const heart = keepAlive(heartbeat, assignment)
    try {
      const taken = await handlers.records(partition, messages, Number(batch.highWatermark))
      if (epoch === began) {
        // kafkajs resolves by the last offset processed; the next fetch begins one after it.
        if (taken > 0) resolveOffset(messages[taken - 1].offset)
        if (taken === messages.length) handlers.passed?.(partition, Number(batch.lastOffset()) + 1)
      }
    } finally {
      await heart.stop()
    }
  }

  /** Heartbeats while a batch is worked on. Where the group rebalances, nothing more is taken; the join brings home what was. */
  function keepAlive(heartbeat: () => Promise<void>, { over }: Current) {
    let failure: unknown
    const beatOnce = () =>
      heartbeat().catch((error: unknown) => {
        failure = error
        if (isRejoin(error)) over.abort()
      })
    const timer = setInterval(() => void beatOnce(), HEARTBEAT_MS)
    return {
      async stop() {
        clearInterval(timer)
        await beatOnce()
        if (failure !== undefined) throw failure
      },
    }
  }

  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: 1, eachBatch })

  return {
    pause() {
      wishedPaused = true
      ifReady(() => consumer.pause([{ topic }]))
    },
    resume() {
      wishedPaused = false
      ifReady(resumeAll)
    },
    paused: () => wishedPaused,
    leaveOut(partition) {
      if (!current || current.leftOut.includes(partition)) return
      current.leftOut.push(partition)
      // subscriptionState.js:44: pausing one partition of a topic that is paused as a whole un-pauses the rest.
      if (!wishedPaused) ifReady(() => consumer.pause([{ topic, partitions: [partition] }]))
    },
    seek(offsets) {
      epoch++
      if (current) current.leftOut = current.leftOut.filter((partition) => !offsets.has(partition))
      if (!wishedPaused) ifReady(resumeAll)
      for (const [partition, offset] of offsets) ifReady(() => consumer.seek({ topic, partition, offset: String(offset) }))
    },
    startOver,
    async commit(offsets) {
      if (!kafkaGroup || !current?.generation) return false
      const partitions = offsets.map(({ partition, offset, metadata }) => ({ partition, offset: String(offset), metadata }))
      await commitOnce(kafkaGroup, current.generation, [{ topic, partitions }])
      return true
    },
    silentForMs: () => performance.now() - lastSign,
    async close() {
      closing = true // kafkajs throws where a consumer that has ended is paused or resumed
      current?.over.abort()
      await within(consumer.disconnect(), LEAVE_MS, `leaving group ${group}`)
    },
  }
}
