// The ids that the topic holds, for reconcile: one forward scan beside the webhook, in memory only as far as the checkpoint has not passed.
import { CLOCKS_MS, timeOfLogId } from '../../events/log-id.ts'
import { sleep, within } from '../../platform/lifecycle.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { logRanges, offsetsAt } from '../../topics/groups.ts'
import { topicNames } from '../../topics/names.ts'
import { followTopic } from '../../topics/read.ts'

const CATCH_UP_MS = 120_000
const LOOK_MS = 20
/** So many ids in memory at most, except for those that are needed now: about 110 bytes each. */
const MOST_IDS = 500_000
const MINUTE_MS = 60_000

export type TopicIds = {
  /**
   * Waits until everything that the topic holds now is known; where that is too much for the memory, at least what was received up to
   * this time. @throws when that takes too long
   */
  until: (receivedMs: number) => Promise<void>
  has: (id: string) => boolean
  /** Forgets ids stored before this time. */
  forget: (storedMs: number) => void
  close: () => Promise<void>
}

/** Scans from the records received at `fromMs` on. */
export async function followTopicIds(client: KafkaClient, fromMs: number, lost: (error: Error) => void): Promise<TopicIds> {
  const topic = topicNames.events(client.settings.prefix)
  /** By the minute in which Auth0 stored them; ids that tell no time are under 0 and stay. */
  const minutes = new Map<number, Set<string>>()
  const begin = await offsetsAt(client, topic, fromMs - CLOCKS_MS)
  const next = new Map(begin)
  const readTo = new Map<number, number>()
  let held = 0
  let neededMs = fromMs
  let closed = false
  const minuteOf = (id: string) => Math.floor((timeOfLogId(id) ?? 0) / MINUTE_MS)

  const reading = await followTopic(
    client,
    'reconcile',
    topic,
    begin,
    async ({ key, partition, offset, timestamp }) => {
      while (held > MOST_IDS && timestamp > neededMs && !closed) await sleep(LOOK_MS)
      next.set(partition, offset + 1)
      readTo.set(partition, timestamp)
      if (key === null) return
      const minute = minuteOf(key)
      const ids = minutes.get(minute) ?? new Set()
      minutes.set(minute, ids)
      held -= ids.size
      held += ids.add(key).size
    },
    lost,
  )

  async function caughtUp(receivedMs: number): Promise<void> {
    neededMs = Math.max(neededMs, receivedMs)
    const ranges = await logRanges(client, topic)
    const isKnown = (partition: number, end: number) =>
      (next.get(partition) ?? 0) >= end || (held > MOST_IDS && (readTo.get(partition) ?? 0) > receivedMs)
    const isRead = () => ranges.every(({ partition, end }) => isKnown(partition, end))
    while (!isRead() && !closed) await sleep(LOOK_MS)
  }
  return {
    until: (receivedMs) => within(caughtUp(receivedMs), CATCH_UP_MS, 'reading what the stream delivered'),
    has: (id) => minutes.get(minuteOf(id))?.has(id) ?? false,
    forget(storedMs) {
      const oldest = Math.floor(storedMs / MINUTE_MS)
      for (const [minute, ids] of minutes) {
        if (minute === 0 || minute >= oldest) continue
        held -= ids.size
        minutes.delete(minute)
      }
    },
    async close() {
      closed = true
      await reading.close()
    },
  }
}
