// START_FROM of a sink: once per value the group is set back to a log_id or a time before its members join. What is older than the topic
// is asked of the backfill.
import { sleep } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/logger.ts'
import type { KafkaClient } from '../../topics/client.ts'
import type { ControlRecords, ServiceRecord } from '../../topics/control.ts'
import { describeGroups, logRanges, offsetsAt, setOffsets } from '../../topics/groups.ts'
import { askForOlder, receivedFrom } from '../../topics/older.ts'
import type { TopicProducer } from '../../topics/produce.ts'

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
  const { client, producer, service, group, topic, startFrom, records, log, signal } = options
  const applied = (records.get(`service/${service}`) as ServiceRecord | undefined)?.start_from ?? ''
  if (startFrom === '' || startFrom === applied) return applied
  for (const deadline = Date.now() + EMPTY_MS; !(await isEmpty(client, group)); await sleep(500, signal)) {
    if (Date.now() > deadline || signal.aborted) {
      log.error(
        { start_from: startFrom, group },
        'START_FROM is not applied: other instances of this sink run. Stop them, then start one',
      )
      return applied
    }
  }
  const [at, ranges] = await Promise.all([offsetsAt(client, topic, receivedFrom(startFrom)), logRanges(client, topic)])
  await setOffsets(client, group, topic, new Map(ranges.map(({ partition, end }) => [partition, at.get(partition) ?? end])))
  log.info(
    { start_from: startFrom, offsets: Object.fromEntries(at) },
    'START_FROM is applied: delivery starts there, once for this value',
  )
  const older = await askForOlder(client, producer, { startFrom, by: `START_FROM of ${service}`, records })
  if (older?.isAsked) log.info({ start_from: startFrom }, older.told)
  else if (older) log.warn({ start_from: startFrom }, older.told)
  return startFrom
}

const isEmpty = async (client: KafkaClient, group: string) => (await describeGroups(client, [group]))[0].members.length === 0
