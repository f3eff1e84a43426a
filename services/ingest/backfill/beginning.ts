// Where a term begins, and what is said when Auth0 no longer holds what comes next.
import { logIdAt } from '../../events/log-id.ts'
import { sleep } from '../../platform/lifecycle.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { offsetsAt } from '../../topics/groups.ts'
import { topicNames } from '../../topics/names.ts'
import { readRanges } from '../../topics/read.ts'
import { readReports } from '../../topics/reports.ts'
import type { Auth0Problem } from './auth0.ts'
import type { Backfill } from './contract.ts'
import { askFrom, type Checkpoint, seenMs } from './checkpoint.ts'
import type { LogReader } from './read.ts'
import type { Term } from './term.ts'

const DAY_MS = 86_400_000
/** This share of the retention may pass before a checkpoint is an alarm. */
const ALARM_SHARE = 0.8
/** A topic that begins with so many records of other sources has its first webhook record later. */
const MOST_LOOKED_AT = 200_000
/** How far back the newest report of the backfill is looked for. */
const REPORTS_READ = 50_000
const AFTER_GAP_MS = 1_000

/** Where this term begins: the last one's checkpoint, else the newest report's, else START_FROM, else the oldest log of the tenant. */
export async function beginning(backfill: Backfill, { found, number }: Term, reader: LogReader): Promise<Checkpoint> {
  const { settings, client, log, auth0 } = backfill
  const { startFrom } = settings()
  const none: Checkpoint = { checkpoint: '', startFrom: '', term: number, seenUntil: '', tick: '', at: '' }
  const place = found ?? none
  if (startFrom !== '' && found && startFrom !== found.startFrom) {
    log.info({ start_from: startFrom, instead_of: found.checkpoint }, 'START_FROM is new: the backfill begins there')
    return startingAt(backfill, { ...place, checkpoint: askFrom(startFrom), startFrom, seenUntil: '' })
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
  if (startFrom !== '') return startingAt(backfill, { ...place, checkpoint: askFrom(startFrom), startFrom })
  if (settings().backfill === 'reconcile') return { ...place, checkpoint: logIdAt(await firstWebhook(client)) }
  const signal = AbortSignal.timeout(3_600_000)
  const oldest = await reader.patiently(() => auth0.oldest(signal), signal)
  return {
    ...place,
    checkpoint: oldest === undefined ? logIdAt(Date.now() - settings().auth0RetentionDays * DAY_MS) : askFrom(oldest),
  }
}

/** Asked for from there on: what Auth0 no longer holds of it is said, for it answers as if nothing were missing. */
async function startingAt(backfill: Backfill, place: Checkpoint): Promise<Checkpoint> {
  await tellGap(backfill, place)
  return place
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

/** Auth0 does not take the checkpoint as `from`: it has expired there. */
export async function goOnAtTheOldest(backfill: Backfill, place: Checkpoint, error: Auth0Problem): Promise<Checkpoint> {
  const { settings, runs, log } = backfill
  const checkpoint = logIdAt(Date.now() - settings().auth0RetentionDays * DAY_MS + 60_000)
  const text = `Auth0 does not take the checkpoint ${place.checkpoint} (${error.message}): the backfill goes on at the oldest log that is held, what lies between is lost to it`
  log.error({ checkpoint: place.checkpoint }, text)
  await runs.alarm(text)
  await sleep(AFTER_GAP_MS)
  return checkpoint > place.checkpoint ? { ...place, checkpoint } : place
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

/** When the first webhook record that the topic holds was received; now, where there is none. */
export async function firstWebhook(client: KafkaClient): Promise<number> {
  const topic = topicNames.events(client.settings.prefix)
  let first = Date.now()
  const begin = await offsetsAt(client, topic, 0)
  const seen = new Set<number>()
  let looked = 0
  const ranges = [...begin].map(([partition, from]) => ({ partition, from, to: Number.MAX_SAFE_INTEGER }))
  await readRanges(client, 'reconcile-start', topic, ranges, ({ partition, headers, timestamp }) => {
    if (++looked > MOST_LOOKED_AT) return 'stop'
    if (headers.source !== 'webhook' || seen.has(partition)) return
    seen.add(partition)
    first = Math.min(first, timestamp)
    return seen.size === begin.size ? 'stop' : undefined
  })
  return first
}
