// Reading a topic as a member of a consumer group: kafkajs, its offsets and its rebalances. The caller decides what is taken and committed.
import type { Batch, Consumer, EachBatchPayload } from 'kafkajs'
import { errorText } from '../platform/errors.ts'
import { sleep } from '../platform/lifecycle.ts'
import type { KafkaClient } from './client.ts'
import type { CommitOffset, ConsumeOptions, GroupConsumer, Handlers } from './consumer.ts'
import { Current } from './current.ts'
import { bringHome, kafkaConsumer, keepAlive, leave } from './kafka-consumer.ts'
import { commitOnce, type FetchedBatch, type Group } from './kafkajs.ts'

export type * from './consumer.ts'

/** Fetches of a consumer that keeps up begin this far apart: a lone record is here at once, a stream in fewer, fuller fetches. */
const FETCH_PACE_MS = 10
const ASK_AGAIN_MS = 1_000
/** A failing question for the places is logged at the first and at each such attempt. */
const LOGGED_EACH = 30

/** Joins the group; resolves when the consumer runs, which is before the first assignment. */
export async function consume(client: KafkaClient, options: ConsumeOptions): Promise<GroupConsumer> {
  const member = new GroupMember(client, options)
  try {
    await member.run()
    return member
  } catch (error) {
    await member.close().catch(() => {}) // the first error tells more
    throw error
  }
}

class GroupMember implements GroupConsumer {
  readonly #client: KafkaClient
  readonly #group: string
  readonly #topic: string
  readonly #handlers: Handlers
  readonly #consumer: Consumer
  #kafkaGroup: Group | undefined
  #current: Current | undefined
  #pauseAsked = false
  /** A batch is resolved only where neither an assignment nor a seek came in between. */
  #epoch = 0
  #lastSign = performance.now()
  #fetchBegan = 0
  #closing = false

  constructor(client: KafkaClient, options: ConsumeOptions) {
    const { group, topic, handlers } = options
    this.#client = client
    this.#group = group
    this.#topic = topic
    this.#handlers = handlers
    const hooks = {
      beforeJoin: (joining: Group) => this.#beforeJoin(joining),
      outOfRange: ({ partition }: { partition: number }) => {
        client.log.warn({ group, partition }, 'the partition ends before the position of this member: asking again')
        this.startOver()
      },
      withoutRecords: ({ partition, from, next }: { partition: number; from: number; next: number }) => {
        if (this.#current?.ready && this.#follows(this.#current, partition, from)) this.#passed(this.#current, partition, next)
      },
    }
    this.#consumer = kafkaConsumer(client, options, hooks, () => !this.#closing)
    this.#listen()
  }

  async run(): Promise<void> {
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topic: this.#topic, fromBeginning: true })
    const eachBatch = (payload: EachBatchPayload) => this.#eachBatch(payload)
    await this.#consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: 1, eachBatch })
  }

  #listen(): void {
    const consumer = this.#consumer
    const topic = this.#topic
    consumer.on('consumer.fetch_start', () => void (this.#fetchBegan = performance.now()))
    consumer.on('consumer.heartbeat', () => void (this.#lastSign = performance.now()))
    consumer.on('consumer.crash', ({ payload }) => {
      if (!payload.restart && !this.#closing) this.#handlers.crashed(payload.error)
    })
    consumer.on('consumer.group_join', ({ payload }) => {
      this.#lastSign = performance.now()
      this.#assign(payload.memberAssignment[topic] ?? [])
    })
  }

  // ---- Assignments ----

  async #beforeJoin(joining: Group): Promise<void> {
    this.#kafkaGroup = joining
    const current = this.#current
    if (!current || current.broughtHome || this.#closing) return
    current.broughtHome = true
    current.over.abort()
    await bringHome(joining, this.#handlers.rebalancing, this.#client.log)
  }

  readonly startOver = (): void => {
    if (this.#current) this.#assign(this.#current.partitions)
  }

  /** Begins an assignment: no partition is read until the caller knows where it begins. */
  #assign(partitions: number[]): void {
    if (this.#closing) return // what comes late must not reach a caller that has another member by then
    this.#current?.over.abort()
    this.#epoch++
    const current = new Current(partitions, this.#kafkaGroup?.offsetManager ?? null)
    this.#current = current
    if (partitions.length > 0) this.#consumer.pause([{ topic: this.#topic }]) // kafkajs would begin at the commit at once
    void this.#begin(current)
  }

  /** Asks until the caller knows, however long Kafka keeps it from finding out. */
  async #begin(assignment: Current): Promise<void> {
    const { partitions, signal } = assignment
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        const offsets = await this.#handlers.assigned({ partitions, signal })
        if (signal.aborted) return
        this.#seekAll(assignment, offsets)
        assignment.leftOut = partitions.filter((partition) => !offsets.has(partition))
        assignment.ready = true
        this.#epoch++
        if (!this.#pauseAsked && partitions.length > 0) this.#resumeAll(assignment)
        return
      } catch (error) {
        const facts = { error: errorText(error), group: this.#group, attempt }
        if (attempt % LOGGED_EACH === 1)
          this.#client.log.warn(facts, 'where the assigned partitions begin is not known yet: nothing is read until then')
        await sleep(ASK_AGAIN_MS, signal)
      }
    }
  }

  #seekAll({ next }: Current, offsets: ReadonlyMap<number, number>): void {
    for (const [partition, offset] of offsets) next.set(partition, offset)
    for (const [partition, offset] of offsets) this.#consumer.seek({ topic: this.#topic, partition, offset: String(offset) })
  }

  /** kafkajs throws while it has no group, as when it starts itself again; the join that follows asks for all this anew. */
  #ifReady(work: (assignment: Current) => void): void {
    if (!this.#current?.ready || this.#closing) return
    try {
      work(this.#current)
    } catch (error) {
      this.#client.log.debug({ error: errorText(error), group: this.#group }, 'no group at the moment')
    }
  }

  /** subscriptionState.js:53: kafkajs resumes a topic as a whole. */
  #resumeAll({ leftOut }: Current): void {
    this.#consumer.resume([{ topic: this.#topic }])
    if (leftOut.length > 0) this.#consumer.pause([{ topic: this.#topic, partitions: leftOut }])
  }

  // ---- Records ----

  /**
   * Whether what was fetched from this offset on leaves nothing out. kafkajs fetches from each broker by itself, and after a leader moved
   * it takes the former one's answer, even where a seek went back before it (consumerGroup.js:515).
   */
  #follows(assignment: Current, partition: number, from: number): boolean {
    const next = assignment.next.get(partition)
    if (next === undefined || assignment.signal.aborted) return false
    if (from <= next) return true
    this.#client.log.debug(
      { group: this.#group, partition, from, next },
      'a fetch from further on is dropped; read again from next',
    )
    this.#ifReady(() => this.#seekAll(assignment, new Map([[partition, next]])))
    return false
  }

  #passed(assignment: Current, partition: number, offset: number): void {
    assignment.reached(partition, offset)
    this.#handlers.passed?.(partition, offset)
  }

  async #eachBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    // kafkajs fetches again as soon as all that one fetch brought is taken: waiting here spaces its fetches out.
    const early = this.#fetchBegan + FETCH_PACE_MS - performance.now()
    if (early > 0 && batch.offsetLag() === '0') await sleep(early)
    const assignment = this.#current
    // Stale: fetched before a seek. kafkajs offers the other partitions of a fetch even after the group rebalances (worker.js:26).
    if (!assignment?.ready || assignment.signal.aborted || this.#pauseAsked || isStale() || !isRunning()) return
    const began = this.#epoch
    const { messages, partition, fetchedOffset } = batch as Batch & FetchedBatch
    if (!this.#follows(assignment, partition, Number(fetchedOffset))) return
    const stop = keepAlive(heartbeat, assignment.over)
    try {
      const taken = await this.#handlers.records(partition, messages, Number(batch.highWatermark))
      if (this.#epoch === began) {
        // kafkajs resolves by the last offset processed; the next fetch begins one after it.
        if (taken > 0) resolveOffset(messages[taken - 1].offset)
        if (taken === messages.length) this.#passed(assignment, partition, Number(batch.lastOffset()) + 1)
        else if (taken > 0) assignment.reached(partition, Number(messages[taken - 1].offset) + 1)
      }
    } finally {
      await stop()
    }
  }

  // ---- For the caller: functions of their own, to be handed on ----

  readonly pause = (): void => {
    this.#pauseAsked = true
    this.#ifReady(() => this.#consumer.pause([{ topic: this.#topic }]))
  }

  readonly resume = (): void => {
    this.#pauseAsked = false
    this.#ifReady((assignment) => this.#resumeAll(assignment))
  }

  readonly paused = (): boolean => this.#pauseAsked
  readonly leaveOut = (partition: number): void => {
    if (!this.#current || this.#current.leftOut.includes(partition)) return
    this.#current.leftOut.push(partition)
    // subscriptionState.js:44: pausing one partition of a topic that is paused as a whole un-pauses the rest.
    if (!this.#pauseAsked) this.#ifReady(() => this.#consumer.pause([{ topic: this.#topic, partitions: [partition] }]))
  }

  readonly seek = (offsets: ReadonlyMap<number, number>): void => {
    this.#epoch++
    if (this.#current) this.#current.leftOut = this.#current.leftOut.filter((partition) => !offsets.has(partition))
    this.#ifReady((assignment) => {
      this.#seekAll(assignment, offsets)
      if (!this.#pauseAsked) this.#resumeAll(assignment)
    })
  }

  readonly commit = async (offsets: CommitOffset[]): Promise<boolean> => {
    const generation = this.#current?.generation
    if (!this.#kafkaGroup || !generation) return false
    const partitions = offsets.map(({ partition, offset, metadata }) => ({ partition, offset: String(offset), metadata }))
    await commitOnce(this.#kafkaGroup, generation, [{ topic: this.#topic, partitions }])
    return true
  }

  readonly silentForMs = (): number => performance.now() - this.#lastSign

  readonly close = async (): Promise<void> => {
    this.#closing = true // kafkajs throws where a consumer that has ended is paused or resumed
    this.#current?.over.abort()
    await leave(this.#consumer, this.#group, this.#client.log)
  }
}
