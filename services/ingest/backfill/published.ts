// Which logs of the overlap were published already: ids of the last minute before the checkpoint.
import { createHash } from 'node:crypto'
import { logIdAt, timeOfLogId } from '../../events/log-id.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { offsetsAt } from '../../topics/groups.ts'
import { topicNames } from '../../topics/names.ts'
import { readRanges } from '../../topics/read.ts'
import type { Checkpoint } from './checkpoint.ts'

/** Each poll reads so far back again: Auth0 may store a log with a smaller id than one that it served. */
export const OVERLAP_MS = 30_000
const KEPT_MS = 2 * OVERLAP_MS
/** How far around the last commit the topic is read for what was published: a page may have been stored and not committed. */
const REFILL_MS = 60_000

export type Published = {
  /** Answers whether it is new. */
  add: (id: string) => boolean
  /** Answers whether a part without an id is new. */
  addPart: (bytes: Buffer) => boolean
  /** Forgets what no overlap before this id reaches. */
  prune: (checkpoint: string) => void
}

export function createPublished(): Published {
  const ids = new Set<string>()
  const parts = new Set<string>()
  const addTo = (set: Set<string>, entry: string) => set.size !== set.add(entry).size
  return {
    add: (id) => addTo(ids, id),
    addPart: (bytes) => addTo(parts, createHash('sha256').update(bytes).digest('hex')),
    prune(checkpoint) {
      const time = timeOfLogId(checkpoint)
      if (time === undefined) return
      const oldest = logIdAt(time - KEPT_MS)
      // In order of insertion, which is nearly that of ids: the first that is young enough ends it.
      for (const id of ids) {
        if (id >= oldest) break
        ids.delete(id)
      }
      if (parts.size > 1_000) parts.clear()
    },
  }
}

/** What was published around the last commit: stored and not committed, or within the overlap that is read again. */
export async function refill(client: KafkaClient, { checkpoint, at }: Checkpoint, published: Published): Promise<void> {
  if (at === '') return
  const topic = topicNames.events(client.settings.prefix)
  const committedAt = Date.parse(at)
  const [from, to] = await Promise.all([
    offsetsAt(client, topic, committedAt - OVERLAP_MS - REFILL_MS),
    offsetsAt(client, topic, committedAt + REFILL_MS),
  ])
  const ranges = [...from].map(([partition, offset]) => ({ partition, from: offset, to: to.get(partition) ?? offset }))
  const ids: string[] = []
  await readRanges(client, 'backfill-overlap', topic, ranges, ({ key, headers }) => {
    if (key !== null && headers.source !== 'job') ids.push(key)
  })
  for (const id of ids.toSorted()) published.add(id)
  published.prune(checkpoint)
  client.log.info({ ids: ids.length }, 'what was published around the last checkpoint is known')
}
