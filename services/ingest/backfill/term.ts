// One worker among all ingest instances: the member of the backfill's group that owns the control partition. Each join is a new term.
import { errorText } from '../../platform/errors.ts'
import type { Logger } from '../../platform/logger.ts'
import { sleep } from '../../platform/lifecycle.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { consume } from '../../topics/consume.ts'
import { committedOffsets, logRanges } from '../../topics/groups.ts'
import { groupNames, topicNames } from '../../topics/names.ts'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts'

/** The least that brokers allow by default: a worker that vanished is replaced within 10 s. */
const SESSION_MS = 6_000
const COMMIT_AGAIN_MS = 500
/** A member that was put out joins again by itself; where it does not, a restart mends it. */
const REJOIN_MS = 30_000

/** The term has ended: another worker goes on. Nothing that this one does now may be committed. */
export class TermEnded extends Error {
  override name = 'TermEnded'
}

export type Term = {
  number: number
  /** As the last term left it; undefined where nothing was ever committed. */
  found: Checkpoint | undefined
  signal: AbortSignal
  /** Resolves when Kafka has it. @throws TermEnded when Kafka refuses, for a later term has begun */
  commit: (checkpoint: Omit<Checkpoint, 'term' | 'at'>) => Promise<void>
}

/**
 * Joins the group. `work` is called with each term that this instance wins; it ends when the signal is aborted.
 * @param lost told when the group can be followed no longer
 */
export async function joinBackfill(
  client: KafkaClient,
  log: Logger,
  work: (term: Term) => Promise<void>,
  lost: (error: Error) => void,
): Promise<{ close: () => Promise<void> }> {
  const topic = topicNames.control(client.settings.prefix)
  const group = groupNames.backfill(client.settings.prefix)
  let current: Promise<void> = Promise.resolve()

  async function begin(place: Checkpoint | undefined, offset: number, ended: AbortSignal): Promise<void> {
    const over = new AbortController()
    const end = () => over.abort(new TermEnded('a later term has begun'))
    ended.addEventListener('abort', end, { once: true })
    const number = (place?.term ?? 0) + 1
    const commit: Term['commit'] = async (checkpoint) => {
      const metadata = encodeCheckpoint({ ...checkpoint, term: number, at: new Date().toISOString() })
      for (;;) {
        over.signal.throwIfAborted()
        try {
          if (await consumer.commit([{ partition: 0, offset, metadata }])) return
        } catch (error) {
          log.warn({ term: number, error: errorText(error) }, 'the checkpoint was not committed')
          if (isPutOut(error)) {
            end()
            const rejoined = () => ended.aborted || lost(new Error('put out of the group, and no join has followed'))
            setTimeout(rejoined, REJOIN_MS).unref()
            throw over.signal.reason
          }
        }
        await sleep(COMMIT_AGAIN_MS, over.signal)
      }
    }
    log.info({ term: number, checkpoint: place?.checkpoint }, 'this instance is the backfill worker')
    try {
      await work({ number, found: place, signal: over.signal, commit })
    } catch (error) {
      if (!over.signal.aborted) return lost(error as Error)
    } finally {
      ended.removeEventListener('abort', end)
    }
    log.info({ term: number }, 'the term has ended')
  }

  const consumer = await consume(client, {
    group,
    topic,
    sessionMs: SESSION_MS,
    handlers: {
      async assigned({ partitions, signal }) {
        if (!partitions.includes(0)) return new Map()
        const [[range], committed] = await Promise.all([logRanges(client, topic), committedOffsets(client, group, topic)])
        const metadata = committed.find(({ partition }) => partition === 0)?.metadata ?? ''
        const found = decodeCheckpoint(metadata)
        // The work of this instance's own last term has seen its signal; it ends before the next begins.
        current = current.then(() => (signal.aborted ? undefined : begin(found, range.end, signal)))
        // One record is always there to fetch, the ingest's own: with the first fetch commits become possible.
        return new Map([[0, Math.max(range.start, range.end - 1)]])
      },
      records: async (_, messages) => messages.length,
      rebalancing: async () => {},
      crashed: lost,
    },
  })
  return {
    async close() {
      await consumer.close()
      await current
    },
  }
}

/** Answers of the group's coordinator to a member that it has put out: a join follows, and with it a new term, here or elsewhere. */
const isPutOut = (error: unknown) =>
  ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'].includes((error as { type?: string }).type ?? '')
