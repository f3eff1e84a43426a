// The inside of kafkajs 2.2.4 that its own types do not show, as far as kafkajs.ts repairs and uses it.

export type TopicPartition = { topic: string; partition: number }
export type Commit = { topic: string; partitions: { partition: number; offset: string; metadata: string }[] }

/** A broker that coordinates groups, as far as it is used here. */
type Coordinator = {
  heartbeat: (of: { groupId: string; memberId: string | null; groupGenerationId: number }) => Promise<void>
}
/** What belongs to one generation of a member: its commits carry the generation, so Kafka refuses those of an older one. */
export type Generation = {
  generationId: number
  coordinator: Coordinator
  commitOffsets: (offsets: { topics: Commit[] }) => Promise<void>
}

/** kafkajs' ConsumerGroup (consumer/consumerGroup.js), as far as it is used here. */
export type Group = {
  groupId: string
  memberId: string | null
  generationId: number
  coordinator: Coordinator | null
  offsetManager: Generation | null
  cluster: {
    findGroupCoordinator: (of: { groupId: string }) => Promise<Coordinator>
    refreshMetadata: () => Promise<void>
  }
}

/** What a consumer wants to be told, beside kafkajs' own events. */
export type GroupHooks = {
  /** Before every join, wherever it comes from; the join waits. Commits of the current generation are still accepted, if any are. */
  beforeJoin: (group: Group) => Promise<void>
  /** The offset asked for is not in the log: below its start, or past its end. Nothing of this partition comes until it is sought. */
  outOfRange: (of: TopicPartition) => void
  /** Nothing that was fetched from `from` up to `next` is a record: markers of transactions, or compaction took them out. */
  withoutRecords: (of: TopicPartition & { from: number; next: number }) => void
}

/** What one fetch brought of one partition (consumer/batch.js). */
export type FetchedBatch = TopicPartition & {
  /** The offset that was asked for. */
  fetchedOffset: string
  /** It brought something, and no record. */
  isEmptyDueToFiltering: () => boolean
  lastOffset: () => string
}

/** With what is repaired. */
export type ConsumerGroup = Group & {
  /** Wall clock, milliseconds. */
  lastRequest: number
  preferredReadReplicasPerTopicPartition: Record<string, Record<number, unknown> | undefined>
  joinAndSync: () => Promise<void>
  heartbeat: (options: { interval: number }) => Promise<void>
  fetch: (nodeId: number) => Promise<FetchedBatch[]>
  recoverFromFetch: (error: Error) => Promise<void>
  recoverFromOffsetOutOfRange: (error: Error & TopicPartition) => Promise<void>
  pause: (of: { topic: string; partitions: number[] }[]) => void
}

/** protocol/decoder.js, as far as it is used here. */
type Decoder = { offset: number; readBytes: () => Buffer | null }
/** Makes records of what a fetch brought of one partition. */
export type DecodeMessages = (decoder: Decoder) => Promise<unknown[]>
