// A sink set back to a place that lies before all that the topic holds: the backfill is asked for what is missing.
import { createHash } from 'node:crypto'
import { CLOCKS_MS, timeOfLogId } from '../events/log-id.ts'
import type { KafkaClient } from './client.ts'
import { type ControlRecords, type JobRecord, publishControl } from './control.ts'
import { logRanges } from './groups.ts'
import { jobKey, newJob } from './jobs.ts'
import { topicNames } from './names.ts'
import type { TopicProducer } from './produce.ts'
import { readRanges } from './read.ts'

const JOBS = 'job/backfill/'

const isTime = (place: string) => place.includes('-')
/** When Auth0 stored the log of a log_id, or an ISO time as it is; milliseconds, 0 where an id does not tell. */
const storedMs = (place: string): number => (isTime(place) ? Date.parse(place) : (timeOfLogId(place) ?? 0))

/** From when on records may hold the logs of a START_FROM, milliseconds. */
export const receivedFrom = (startFrom: string): number => storedMs(startFrom) - (isTime(startFrom) ? 0 : CLOCKS_MS)

/**
 * Has the backfill publish what Auth0 stored from START_FROM on and the topic does not hold; once, however many sinks are set back there.
 * Answers in words what is done about it, undefined where the topic reaches back that far. `isAsked`: there is a backfill to do it.
 */
export async function askForOlder(
  client: KafkaClient,
  producer: TopicProducer,
  { startFrom, by, records }: { startFrom: string; by: string; records: ControlRecords },
): Promise<{ told: string; isAsked: boolean } | undefined> {
  const oldest = await oldestReceipt(client)
  if (receivedFrom(startFrom) >= oldest) return undefined
  const to = new Date(oldest).toISOString()
  const older = `START_FROM is older than the topic, which holds nothing that was received before ${to}`
  if (!records.has('service/backfill'))
    return { told: `${older}: set BACKFILL of the ingest, then START_FROM again, so that it can be fetched`, isAsked: false }
  const before = [...records].find(([key, value]) => key.startsWith(JOBS) && fetches(value as JobRecord, startFrom, oldest))
  if (before) return { told: `${older}: backfill job ${before[0].slice(JOBS.length)} fetches that already`, isAsked: true }
  const id = `start-${createHash('sha256').update(startFrom).digest('hex').slice(0, 12)}`
  const job = newJob({ id, service: 'backfill', kind: 'backfill', from: startFrom, to, by })
  await publishControl(client, producer, jobKey(job), job)
  return { told: `${older}: backfill job ${id} fetches that`, isAsked: true }
}

/** Whether a job has published all of it, or is about to, and the topic still holds what it published. */
function fetches({ state, from, to, at }: JobRecord, startFrom: string, oldest: number): boolean {
  const isAlive = state === 'wanted' || state === 'running' || state === 'done'
  const reachesBack = from === startFrom || (storedMs(from) > 0 && storedMs(from) <= storedMs(startFrom))
  return isAlive && reachesBack && storedMs(to === '' ? at : to) >= oldest && storedMs(at) >= oldest
}

/** When the oldest record that the topic holds was received; now, where it holds none. */
async function oldestReceipt(client: KafkaClient): Promise<number> {
  const topic = topicNames.events(client.settings.prefix)
  let oldest = Date.now()
  const firsts = (await logRanges(client, topic))
    .filter(({ start, end }) => start < end)
    .map(({ partition, start }) => ({ partition, from: start, to: start + 1 }))
  await readRanges(client, 'start-from', topic, firsts, ({ timestamp }) => void (oldest = Math.min(oldest, timestamp)))
  return oldest
}
