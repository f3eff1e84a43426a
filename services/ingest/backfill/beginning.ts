// Where a term begins, and what is said when Auth0 no longer holds what comes next.
import type { Auth0Problem } from '../../auth0/problem.ts'
import { logIdAt, timeOfLogId } from '../../events/log-id.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { offsetsAt } from '../../topics/groups.ts'
import { topicNames } from '../../topics/names.ts'
import { readRanges } from '../../topics/read.ts'
import { readReports } from '../../topics/reports.ts'
import { askFrom, type Checkpoint, NO_CHECKPOINT, seenMs } from './checkpoint.ts'
import type { Backfill } from './contract.ts'
import type { LogReader } from './read.ts'
import type { Term } from './term.ts'

const DAY_MS = 86_400_000
/** This share of the retention may pass before a checkpoint is an alarm. */
const ALARM_SHARE = 0.8
/** How far back the newest report of the backfill is looked for. */
const REPORTS_READ = 50_000

/** Where this term begins: the last one's checkpoint, else the newest report's, else START_FROM, else the oldest log of the tenant. */
export async function beginning(backfill: Backfill, { found, number, signal }: Term, reader: LogReader): Promise<Checkpoint> {
  const { settings, client, log } = backfill
  const { startFrom } = settings()
  const place = found ?? { ...NO_CHECKPOINT, term: number }
  if (startFrom !== '' && found && startFrom !== found.startFrom) {
    log.info({ start_from: startFrom, instead_of: found.checkpoint }, 'START_FROM is new: the backfill starts there')
    return startingAt(backfill, place, startFrom)
  }
  if (place.checkpoint !== '') {
    await tellGap(backfill, place)
    return place
  }
  const told = (await readReports(client, 'backfill', REPORTS_READ)).findLast(
    (one) => one.kind === 'report' && one.report.service === 'backfill' && one.report.checkpoint !== '',
  )
  if (told?.kind === 'report') {
    log.warn({ checkpoint: told.report.checkpoint }, "the group's checkpoint is gone; the newest report's is used")
    return { ...place, checkpoint: told.report.checkpoint, startFrom }
  }
  if (startFrom !== '') return startingAt(backfill, place, startFrom)
  if (settings().backfill === 'reconcile') return { ...place, checkpoint: logIdAt(await firstWebhook(client, signal)) }
  return { ...place, checkpoint: await oldestHeld(backfill, reader, signal) }
}

/** The id before the oldest log that the tenant holds; before its retention where it holds none. */
async function oldestHeld({ auth0, settings }: Backfill, reader: LogReader, signal: AbortSignal): Promise<string> {
  const oldest = await reader.patiently(() => auth0.oldest(signal), signal)
  return oldest === undefined ? logIdAt(Date.now() - settings().auth0RetentionDays * DAY_MS) : askFrom(oldest)
}

/**
 * All from START_FROM on is published, whatever was published before: nothing that the topic holds until now counts. What Auth0 no
 * longer holds of it is said, for it answers as if nothing were missing.
 */
async function startingAt(backfill: Backfill, place: Checkpoint, startFrom: string): Promise<Checkpoint> {
  const publishedFrom = new Date().toISOString()
  const begin = { ...place, checkpoint: askFrom(startFrom), startFrom, seenUntil: '', at: '', publishedFrom }
  await tellGap(backfill, begin)
  return begin
}

/** A checkpoint older than the tenant keeps logs: what lies between is gone, and nobody may learn of it by chance. */
async function tellGap({ settings, runs, log }: Backfill, place: Checkpoint): Promise<void> {
  const seen = seenMs(place)
  const held = Date.now() - settings().auth0RetentionDays * DAY_MS
  if (seen === 0 || seen >= held) return
  const text = `logs stored between ${new Date(seen).toISOString()} and ${new Date(held).toISOString()} may be lost to the backfill: Auth0 keeps ${settings().auth0RetentionDays} days (AUTH0_LOG_RETENTION_DAYS)`
  log.error({ checkpoint: place.checkpoint }, text)
  await runs.alarm(text)
}

/**
 * Auth0 does not take the checkpoint as `from`: it has expired there.
 * @throws the problem where the oldest log held is not newer than the checkpoint: then it was refused for another reason
 */
export async function goOnAtTheOldest(
  backfill: Backfill,
  reader: LogReader,
  { checkpoint }: Checkpoint,
  problem: Auth0Problem,
  signal: AbortSignal,
): Promise<string> {
  const { runs, log } = backfill
  const oldest = await oldestHeld(backfill, reader, signal)
  const isNewer = (timeOfLogId(oldest) ?? 0) > (timeOfLogId(checkpoint) ?? -1) || timeOfLogId(checkpoint) === undefined
  if (!isNewer || oldest === checkpoint) throw problem
  const text = `Auth0 does not take the checkpoint ${checkpoint} (${problem.message}): the backfill goes on at the oldest log that is held, what lies between is lost to it`
  log.error({ checkpoint, go_on_at: oldest }, text)
  await runs.alarm(text)
  return oldest
}

/** Said once when it begins: while a first backfill catches up from the oldest log this is as it should be. */
export function alarmNearRetention({ settings, runs, metrics, log }: Backfill, place: Checkpoint): void {
  const seen = seenMs(place)
  const limitMs = settings().auth0RetentionDays * DAY_MS * ALARM_SHARE
  const isNear = seen > 0 && Date.now() - seen > limitMs
  if (isNear && !metrics.nearRetention()) {
    const text = `the checkpoint is ${((Date.now() - seen) / DAY_MS).toFixed(1)} days old, Auth0 keeps ${settings().auth0RetentionDays}: if the backfill does not catch up, logs are lost to it`
    log.warn({ checkpoint: place.checkpoint }, text)
    void runs.alarm(text)
  }
  metrics.setNearRetention(isNear)
}

/** When the first webhook record that the topic holds was received, epoch milliseconds; now, where there is none. */
export async function firstWebhook(client: KafkaClient, signal: AbortSignal): Promise<number> {
  const topic = topicNames.events(client.settings.prefix)
  let first = Date.now()
  const begin = await offsetsAt(client, topic, 0)
  const open = new Set(begin.keys())
  const ranges = [...begin].map(([partition, from]) => ({ partition, from, to: Number.MAX_SAFE_INTEGER }))
  const look = ({ partition, headers, timestamp }: { partition: number; headers: Record<string, string>; timestamp: number }) => {
    if (headers.source === 'webhook') first = Math.min(first, timestamp)
    // Records of a partition are in order of receipt: none behind this one is earlier.
    if (timestamp >= first) open.delete(partition)
    return open.size === 0 ? ('stop' as const) : undefined
  }
  await readRanges(client, 'reconcile-start', topic, ranges, look, signal)
  return first
}
