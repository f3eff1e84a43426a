// The checkpoint of a term, in memory and committed: it moves after the acknowledgement, never before.
import { alarmNearRetention } from './beginning.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Backfill } from './contract.ts'
import type { Term } from './term.ts'

/** A quiet tenant's checkpoint is committed again so often: the group does not expire, and a restart knows what was seen. */
const REFRESH_MS = 60_000

/** What a pass tells of how far it is. */
export type Advance = {
  checkpoint: string
  /** Nothing newer was there when Auth0 was asked, which was then. */
  isLast: boolean
  asked: Date
  tick: Date | undefined
  /** As in Checkpoint; left out where nothing is read again. */
  publishedFrom?: Date
}

export type Keeper = Awaited<ReturnType<typeof keepCheckpoint>>

/** The checkpoint in memory and, behind it, in Kafka: commits go on while the next page is stored. @param failed told of a commit's error */
export async function keepCheckpoint(backfill: Backfill, { commit }: Term, begin: Checkpoint, failed: (error: unknown) => void) {
  let current = begin
  let committed: Checkpoint | undefined
  let committing: Promise<void> | undefined
  let refreshAt = performance.now() + REFRESH_MS

  /**
   * One commit at a time, always of the newest checkpoint. After a kill, pages published but not committed are recognised by their ids
   * in the topic (poll.ts) and not published twice.
   */
  function commitSoon(): Promise<void> {
    const one = async () => {
      const next = current
      await commit(next)
      committed = next
      backfill.onCheckpoint(next)
    }
    return (committing ??= one().finally(() => {
      committing = undefined
    }))
  }
  await commitSoon()
  return {
    now: () => current,
    /** Goes on elsewhere; committed with the next page. */
    moveTo(checkpoint: string): void {
      current = { ...current, checkpoint }
    },
    /** The page up to there is acknowledged. Resolves when the caller may go on; after the last page when it is committed. */
    async advance({ checkpoint, isLast, asked, tick, publishedFrom }: Advance): Promise<void> {
      const before = current
      const seen = isLast ? asked.toISOString() : ''
      current = {
        ...before,
        checkpoint,
        seenUntil: seen > before.seenUntil ? seen : before.seenUntil,
        tick: isLast && tick ? tick.toISOString() : before.tick,
        publishedFrom: publishedFrom?.toISOString() ?? '',
      }
      alarmNearRetention(backfill, current)
      if (isLast) await committing
      const isNew = checkpoint !== committed?.checkpoint || current.tick !== committed.tick
      if (!isNew && performance.now() < refreshAt) return backfill.onCheckpoint(current)
      refreshAt = performance.now() + REFRESH_MS
      const committedNow = commitSoon()
      if (isLast) await committedNow
      else committedNow.catch(failed)
    },
  }
}
