// What a member of a consumer group is told and may do. Nothing of kafkajs but the shape of its messages; consume.ts does it.
import type { KafkaMessage as KafkajsMessage } from 'kafkajs'

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
  /** Leaves the group; where Kafka does not answer, the session's timeout ends the membership. */
  close: () => Promise<void>
}

export type ConsumeOptions = {
  group: string
  topic: string
  handlers: Handlers
  /** After this long without a heartbeat the member is put out; KAFKA_SESSION_TIMEOUT unless given. */
  sessionMs?: number
}
