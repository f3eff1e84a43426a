// One pass of `poll`: every log after the checkpoint into the topic, the checkpoint after the acknowledgement.
import type { Split } from '../../events/split.ts'
import { overlapBefore } from './checkpoint.ts'
import { OVERLAP_MS, type Published } from './published.ts'
import type { LogReader } from './read.ts'

export type Pass = {
  reader: LogReader
  take: () => number
  /** Resolves when Kafka has acknowledged all of it; tries for as long as that takes, unless the signal is aborted, which throws. */
  publish: (split: Split) => Promise<void>
  /** Moves the checkpoint; `isLast`: nothing newer was there. */
  moved: (checkpoint: string, isLast: boolean) => Promise<void>
  signal: AbortSignal
}

/**
 * @param checkpoint the last log acknowledged. Answers the new one
 * @param floor nothing at or before it is read: START_FROM
 */
export async function pollPass(checkpoint: string, floor: string, published: Published, pass: Pass): Promise<string> {
  const { reader, take, publish, moved, signal } = pass
  const overlap = overlapBefore(checkpoint, OVERLAP_MS)
  for await (const { events, unusable, last, isLast } of reader.pages(overlap > floor ? overlap : floor, take, signal)) {
    const fresh = events.filter(({ id }) => published.add(id.toString()))
    const parts = unusable.filter(({ bytes }) => published.addPart(bytes))
    if (fresh.length + parts.length > 0) await publish({ events: fresh, unusable: parts })
    if (last > checkpoint) checkpoint = last
    published.prune(checkpoint)
    await moved(checkpoint, isLast)
  }
  return checkpoint
}
