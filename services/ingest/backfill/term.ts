// One worker among all ingest instances: the member of the backfill's group that owns the control partition. Each beginning is a new term;
// a term that ends by an error is followed by the next one, and whatever happens to the group, this instance joins it again.
import { errorText } from '../../platform/errors.ts'
import { aborted, sleep, within } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/logger.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { consume, type GroupConsumer } from '../../topics/consume.ts'
import { committedOffsets, logRanges } from '../../topics/groups.ts'
import { groupNames, topicNames } from '../../topics/names.ts'
import { againAndAgain } from '../../topics/service.ts'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts'

/** The least that brokers allow by default: a worker that vanished is replaced within 10 s. */
const SESSION_MS = 6_000
const COMMIT_AGAIN_MS = 500
/** For so long a commit may stay without an answer before the term ends: Kafka is away, or this member can commit nothing. */
const COMMIT_MS = 60_000
/** A member that was put out joins again by itself; where it does not, it is closed and joins anew. */
const REJOIN_MS = 30_000
/** The work of a term that has ended has this long to notice. */
const STOP_MS = 30_000

/** The term has ended: another worker goes on. Nothing that this one does now may be committed. */
export class TermEnded extends Error {
  override name = 'TermEnded'
}

export type Term = {
  number: number
  /** As the last term left it; undefined where nothing was ever committed. */
  found: Checkpoint | undefined
  /** Aborted when another worker goes on. */
  signal: AbortSignal
  /** Resolves when Kafka has it. @throws TermEnded when Kafka refuses, for a later term has begun */
  commit: (checkpoint: Checkpoint) => Promise<void>
}

export type Membership = {
  client: KafkaClient
  log: Logger
  /** Called with each term that this instance wins, until its signal is aborted. */
  work: (term: Term) => Promise<void>
  /** Told of each end by error, in words for the operator. */
  failed: (error: unknown, againMs: number) => void
}

/** Belongs to the group until the signal is aborted; never rejects. */
export async function belong(membership: Membership, signal: AbortSignal): Promise<void> {
  const { client, log, failed } = membership
  const configuredMs = client.settings.sessionTimeout * 1000
  let sessionMs = SESSION_MS
  /** A cluster whose least session is longer takes KAFKA_SESSION_TIMEOUT, which sinks need there anyway. */
  async function join(): Promise<void> {
    try {
      await member(membership, sessionMs, signal)
    } catch (error) {
      if (!/session timeout/i.test(errorText(error)) || sessionMs >= configuredMs) throw error
      log.info(
        { session_ms: configuredMs },
        'the cluster takes no session as short as that of the backfill: KAFKA_SESSION_TIMEOUT is used',
      )
      sessionMs = configuredMs
      await join()
    }
  }
  await againAndAgain(join, failed, signal)
}

/** One membership, from the join to its end. @throws when it has ended by itself */
async function member({ client, log, work, failed }: Membership, sessionMs: number, closing: AbortSignal): Promise<void> {
  const topic = topicNames.control(client.settings.prefix)
  const lost = Promise.withResolvers<never>()
  lost.promise.catch(() => {}) // a crash before anybody waits for it
  const joined = Promise.withResolvers<GroupConsumer>()
  let current: Promise<void> = Promise.resolve()
  /** Terms of one instance never overlap: the next begins when the work of the last has stopped. */
  const afterTheLast = async (next: () => Promise<void>) => {
    await within(current, STOP_MS, 'the end of the last term').catch((error: unknown) => log.error(errorText(error)))
    return next()
  }
  const consumer = await consume(client, {
    group: groupNames.backfill(client.settings.prefix),
    topic,
    sessionMs,
    handlers: {
      async assigned({ partitions, signal }) {
        if (!partitions.includes(0)) return new Map()
        const [range] = await logRanges(client, topic)
        const assignment = AbortSignal.any([signal, closing])
        const term = async () => {
          const consumer = await joined.promise
          await runTerm({ client, log, work, consumer, offset: range.end, assignment, lost: lost.reject })
        }
        current = afterTheLast(() => againAndAgain(term, failed, assignment))
        // One record is always there to fetch, the ingest's own: with the first fetch commits become possible.
        return new Map([[0, Math.max(range.start, range.end - 1)]])
      },
      records: async (_, messages) => messages.length,
      rebalancing: async () => {},
      crashed: lost.reject,
    },
  })
  joined.resolve(consumer)
  try {
    await Promise.race([lost.promise, aborted(closing)])
  } finally {
    await consumer.close().catch((error: unknown) => log.warn(errorText(error))) // aborts the assignment
    await afterTheLast(async () => {})
  }
}

type TermOptions = Pick<Membership, 'client' | 'log' | 'work'> & {
  consumer: GroupConsumer
  /** Of the control topic's end: what is committed with the checkpoint. */
  offset: number
  assignment: AbortSignal
  /** Told when this member is put out of the group and does not come back. */
  lost: (error: Error) => void
}

async function runTerm({ client, log, work, consumer, offset, assignment, lost }: TermOptions): Promise<void> {
  const { prefix } = client.settings
  const committed = await committedOffsets(client, groupNames.backfill(prefix), topicNames.control(prefix))
  const metadata = committed.find(({ partition }) => partition === 0)?.metadata ?? ''
  const found = decodeCheckpoint(metadata)
  if (!found && metadata !== '')
    log.error(
      { metadata: metadata.slice(0, 200) },
      'the committed checkpoint is not readable: the backfill begins as if it were new',
    )
  const number = (found?.term ?? 0) + 1
  const over = new AbortController()
  const signal = AbortSignal.any([assignment, over.signal])

  async function commit(checkpoint: Checkpoint): Promise<void> {
    const metadata = encodeCheckpoint({ ...checkpoint, term: number, at: new Date().toISOString() })
    let problem = 'no record of the control topic has been fetched'
    for (const began = performance.now(); performance.now() - began < COMMIT_MS; ) {
      signal.throwIfAborted()
      try {
        if (await consumer.commit([{ partition: 0, offset, metadata }])) return
      } catch (error) {
        problem = errorText(error)
        log.warn({ term: number, error: problem }, 'the checkpoint was not committed')
        if (isPutOut(error)) {
          over.abort(new TermEnded('a later term has begun'))
          const rejoined = () => assignment.aborted || lost(new Error('put out of the group, and no join has followed'))
          setTimeout(rejoined, REJOIN_MS).unref()
        }
      }
      await sleep(COMMIT_AGAIN_MS, signal)
    }
    throw new Error(`the checkpoint could not be committed for ${COMMIT_MS / 1000} s: ${problem}`)
  }

  log.info({ term: number, checkpoint: found?.checkpoint }, 'this instance is the backfill worker')
  try {
    await work({ number, found, signal, commit })
    signal.throwIfAborted()
    throw new Error('the work of the term has ended without a reason')
  } catch (error) {
    // Replaced, not failed: Kafka hands the next term out.
    if (over.signal.aborted) await aborted(assignment).catch(() => {})
    else if (!assignment.aborted) throw error
  } finally {
    log.info({ term: number }, 'the term has ended')
  }
}

/** Answers of the group's coordinator to a member that it has put out: a join follows, and with it a new term, here or elsewhere. */
const isPutOut = (error: unknown) =>
  ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'].includes((error as { type?: string }).type ?? '')
