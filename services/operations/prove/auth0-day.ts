// What Auth0 lists of an hour, held against the topic. Who asks Auth0 (the backfill, which has the credentials) hands its list in.
import type { Auth0Asked, Counts } from '../../topics/proof-records.ts'
import type { LetterFacts } from '../fate.ts'
import type { Day } from './days.ts'
import { idHash, IdsHash, LogsOfDay } from './logs-of-day.ts'

/** Auth0 does not take the beginning of an hour: as a rule because it no longer holds it. */
export class NotTaken extends Error {
  override name = 'NotTaken'
}

/** Auth0's own list of logs. Patient: it waits for the tenant's rate limit, and throws only where another attempt would end the same way. */
export type Auth0List = {
  asked: Auth0Asked
  /** Logs stored from one moment to before another, in pages, in order of log_id. @throws NotTaken */
  pages: (fromMs: number, toMs: number, signal: AbortSignal) => AsyncIterable<readonly { id: string; type: string }[]>
  /** When the oldest log that the tenant holds was stored; undefined where it holds none. */
  oldest: (signal: AbortSignal) => Promise<number | undefined>
  /** Whether the stream's filter lets logs of this type through. */
  delivers: (type: string) => boolean
}

export type Auth0Hour = {
  logs: number
  hash: string
  calls: number
  /** By type: left out by the stream's filter. */
  excluded: Counts
  missing: number
  missingIds: { id: string; why: string }[]
  /** Whether a log of before the hour is still held, so that everything of the hour is; else the plan's days alone say so. */
  isSeen: boolean
}

const MOST_IDS = 50_000
const MISSING = 'never received: Auth0 lists it, and the topic does not hold it; the backfill fetches it'
const CHANGED =
  "the stream's filter leaves this type out now, but delivered some that day: it was changed; the backfill fetches it"

/** What the topic has of the hour: its logs, the types that the stream delivered that day, and what the ingest put aside, by log_id. */
export type TopicSide = {
  logs: LogsOfDay
  webhookTypes: ReadonlySet<string>
  quarantined: ReadonlyMap<string, readonly LetterFacts[]>
}

/** Undefined where Auth0 no longer holds all of the hour. `logs` learns which of its logs are listed. */
export async function readAuth0Hour(
  list: Auth0List,
  { from, to }: Pick<Day, 'from' | 'to'>,
  { logs, webhookTypes, quarantined }: TopicSide,
  signal: AbortSignal,
  told: (logs: number) => void,
): Promise<Auth0Hour | undefined> {
  const isSeen = async () => {
    const oldest = await list.oldest(signal)
    return oldest !== undefined && oldest < from
  }
  const isKept = from > Date.now() - list.asked.retention_days * DAY_MS
  if (!isKept && !(await isSeen())) return undefined
  const ids = new IdsHash()
  const excluded = new Map<string, number>()
  const missingIds: Auth0Hour['missingIds'] = []
  let calls = 0
  let missing = 0
  /** Those of Auth0's that the topic does not hold. */
  const absent = new LogsOfDay(0)
  try {
    for await (const page of list.pages(from, to, signal)) {
      calls++
      for (const { id, type } of page) {
        const hashed = idHash(id)
        const row = logs.find(hashed)
        if (row >= 0 ? logs.isListed(row) : absent.find(hashed) >= 0) continue // a page repeats it
        ids.add(hashed)
        if (row >= 0) logs.list(row)
        else absent.add(hashed, 0, NOWHERE)
        if (row >= 0) continue
        if (!list.delivers(type) && !webhookTypes.has(type)) excluded.set(type, (excluded.get(type) ?? 0) + 1)
        else if (missing++ < MOST_IDS)
          missingIds.push({ id, why: putAside(quarantined.get(id)) ?? (list.delivers(type) ? MISSING : CHANGED) })
      }
      told(ids.size)
    }
  } catch (error) {
    if (!(error instanceof NotTaken) || (await isSeen())) throw error
    return undefined
  }
  // Asked after the reading: what is held now was held then.
  const seen = await isSeen()
  if (!seen && !isKept) return undefined
  const counted = { logs: ids.size, hash: ids.digest(), calls: calls + 1, excluded: Object.fromEntries(excluded) }
  return { ...counted, missing, missingIds, isSeen: seen }
}

const putAside = (letters: readonly LetterFacts[] | undefined) =>
  letters && `the ingest put it aside (${letters[0].reason}): dead letter ${letters[0].offset} of ingest`

const DAY_MS = 86_400_000
const NOWHERE = { partition: 0, offset: 0, receivedAt: 0 }
