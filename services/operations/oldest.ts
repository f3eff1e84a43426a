// The oldest undelivered event of each partition: one record read at each committed offset, beside the group.
import type { KafkaClient } from '../topics/client.ts'
import { readRanges } from '../topics/read.ts'

/** An event that waits: its log_id, and when it was received (milliseconds since the epoch). */
export type Waiting = { id: string; receivedAt: number }

/** Looking is worth so long unless somebody waits for it; what has not been found by then stays unknown. */
const LIMIT_MS = 1_500

/** @param places next offsets, of partitions with a lag; what could not be read in time is left out */
export async function oldestWaiting(
  client: KafkaClient,
  topic: string,
  places: readonly { partition: number; offset: number }[],
  limitMs = LIMIT_MS,
): Promise<Map<number, Waiting>> {
  const found = new Map<number, Waiting>()
  const ranges = places.map(({ partition, offset }) => ({ partition, from: offset, to: offset + 1 }))
  const take = ({ partition, key, timestamp }: { partition: number; key: string | null; timestamp: number }) => {
    found.set(partition, { id: key ?? '', receivedAt: timestamp })
  }
  await readRanges(client, 'oldest', topic, ranges, take, AbortSignal.timeout(limitMs)).catch((error) =>
    client.log.debug({ error }, 'the oldest waiting events could not be read'),
  )
  return found
}
