// What Kafka knows of groups and topics: committed offsets with their metadata, the ends of the log.
import { type KafkaClient, withAdmin } from './client.ts'

/** A partition's place in a group: `offset` is the next to process, -1 where nothing was ever committed. */
export type Committed = { partition: number; offset: number; metadata: string }
/** The part of a partition that Kafka holds: from `start` up to, not including, `end`. */
export type LogRange = { partition: number; start: number; end: number }

export async function committedOffsets(client: KafkaClient, group: string, topic: string): Promise<Committed[]> {
  const [found] = await withAdmin(client, (admin) => admin.fetchOffsets({ groupId: group, topics: [topic] }))
  return found.partitions.map(({ partition, offset, metadata }) => ({
    partition,
    offset: Number(offset),
    metadata: metadata ?? '',
  }))
}

export async function logRanges(client: KafkaClient, topic: string): Promise<LogRange[]> {
  const ranges = await withAdmin(client, (admin) => admin.fetchTopicOffsets(topic))
  return ranges.map(({ partition, low, high }) => ({ partition, start: Number(low), end: Number(high) }))
}

/** The first offset at or after the time in each partition; the log's end where there is none. */
export async function offsetsAt(client: KafkaClient, topic: string, timeMs: number): Promise<Map<number, number>> {
  const found = await withAdmin(client, (admin) => admin.fetchTopicOffsetsByTimestamp(topic, timeMs))
  return new Map(found.map(({ partition, offset }) => [partition, Number(offset)]))
}

/** Sets a group's offsets; their metadata is cleared. @throws when the group has members: stop them first */
export async function setOffsets(client: KafkaClient, group: string, topic: string, offsets: Map<number, number>): Promise<void> {
  const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }))
  await withAdmin(client, (admin) => admin.setOffsets({ groupId: group, topic, partitions }))
}
