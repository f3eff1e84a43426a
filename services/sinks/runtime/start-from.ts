// START_FROM of a sink: once per value the group is set back to a log_id or a time before its members join. What is older than the topic
// is asked of the backfill.
import { createHash } from 'node:crypto'
import { CLOCKS_MS, timeOfLogId } from '../../events/log-id.ts'
import { sleep } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/logger.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { type ControlRecords, publishControl, type ServiceRecord } from '../../topics/control.ts'
import { jobKey, newJob } from '../../topics/jobs.ts'
import { describeGroups, logRanges, offsetsAt, setOffsets } from '../../topics/groups.ts'
import type { TopicProducer } from '../../topics/produce.ts'
import { readRanges } from '../../topics/read.ts'

const EMPTY_MS = 20_000

/** Answers the value that is applied now, for the service's record. */
export async function applyStartFrom(options: {
  client: KafkaClient
  producer: TopicProducer
  service: string
  group: string
  topic: string
  startFrom: string
  records: ControlRecords
  log: Logger
  signal: AbortSignal
}): Promise<string> {
  const { client, service, group, topic, startFrom, records, log, signal } = options
  const applied = (records.get(`service/${service}`) as ServiceRecord | undefined)?.start_from ?? ''
  if (startFrom === '' || startFrom === applied) return applied
  const time = startFrom.includes('-') ? Date.parse(startFrom) : (timeOfLogId(startFrom) ?? 0) - CLOCKS_MS
  for (const deadline = Date.now() + EMPTY_MS; !(await isEmpty(client, group)); await sleep(500, signal)) {
    if (Date.now() > deadline || signal.aborted) {
      log.error(
        { start_from: startFrom, group },
        'START_FROM is not applied: other instances of this sink run. Stop them, then start one',
      )
      return applied
    }
  }
  const [at, ranges] = await Promise.all([offsetsAt(client, topic, time), logRanges(client, topic)])
  await setOffsets(client, group, topic, new Map(ranges.map(({ partition, end }) => [partition, at.get(partition) ?? end])))
  log.info(
    { start_from: startFrom, offsets: Object.fromEntries(at) },
    'START_FROM is applied: delivery begins there, once for this value',
  )
  await fetchOlder(options, time)
  return startFrom
}

const isEmpty = async (client: KafkaClient, group: string) => (await describeGroups(client, [group]))[0].members.length === 0

/** What Auth0 stored after `time` and before the topic's first record is not in the topic: the backfill is asked for it. */
async function fetchOlder(
  { client, producer, service, topic, startFrom, records, log }: Parameters<typeof applyStartFrom>[0],
  time: number,
): Promise<void> {
  const oldest = await oldestReceipt(client, topic)
  if (time >= oldest) return
  if (!records.has('service/backfill')) {
    const since = new Date(oldest).toISOString()
    log.warn(
      { start_from: startFrom, topic_since: since },
      'START_FROM is older than the topic: set BACKFILL so that it can be fetched',
    )
    return
  }
  const id = `start-${service}-${createHash('sha256').update(startFrom).digest('hex').slice(0, 12)}`
  const to = new Date(oldest).toISOString()
  const job = newJob({ id, service: 'backfill', kind: 'backfill', from: startFrom, to, by: `START_FROM of ${service}` })
  await publishControl(client, producer, jobKey(job), job)
  log.info(
    { job: id, from: startFrom, to: job.to },
    'START_FROM is older than the topic: the backfill fetches what lies before it',
  )
}

/** When the oldest record that the topic holds was received; now, where it holds none. */
async function oldestReceipt(client: KafkaClient, topic: string): Promise<number> {
  const ranges = await logRanges(client, topic)
  let oldest = Date.now()
  const firsts = ranges
    .filter(({ start, end }) => start < end)
    .map(({ partition, start }) => ({ partition, from: start, to: start + 1 }))
  await readRanges(client, 'start-from', topic, firsts, ({ timestamp }) => void (oldest = Math.min(oldest, timestamp)))
  return oldest
}
