// What Kafka knows of a service that a report tells of: its kind, and how many logs wait for it.
import { within } from '../platform/lifecycle.ts'
import type { KafkaClient } from '../topics/client.ts'
import type { ControlRecords, ServiceRecord, StateRecord } from '../topics/control.ts'
import { committedOffsets, logRanges } from '../topics/groups.ts'
import { topicNames } from '../topics/names.ts'
import type { About } from './words.ts'

const WAITING_MS = 3_000

/** @param console its address; empty where none is set */
export async function aboutService(
  client: KafkaClient,
  records: ControlRecords,
  service: string,
  console: string,
): Promise<About> {
  const record = records.get(`service/${service}`) as ServiceRecord | undefined
  return { kind: record?.kind, console, waiting: await waitingFor(client, record) }
}

/** Logs that a sink has not delivered yet; undefined where Kafka does not say soon. */
async function waitingFor(client: KafkaClient, record: ServiceRecord | undefined): Promise<number | undefined> {
  if (record?.kind !== 'sink' || record.group === '') return undefined
  const topic = topicNames.events(client.settings.prefix)
  try {
    const asked = Promise.all([committedOffsets(client, record.group, topic), logRanges(client, topic)])
    const [committed, ranges] = await within(asked, WAITING_MS, 'asking how many logs wait')
    const next = new Map(committed.map(({ partition, offset }) => [partition, offset]))
    return ranges.reduce((sum, { partition, start, end }) => sum + end - Math.max(start, next.get(partition) ?? start), 0)
  } catch {
    return undefined
  }
}

/** Sinks that ought to work and are not among those heard of. */
export function silentSinks(records: ControlRecords, heard: ReadonlySet<string>): string[] {
  const known = [...records].filter(([key]) => key.startsWith('service/')).map(([, record]) => record as ServiceRecord)
  const desired = ({ service, state }: ServiceRecord) =>
    (records.get(`state/${service}`) as StateRecord | undefined)?.state ?? state
  return known
    .filter((record) => record.kind === 'sink' && !record.sandbox && desired(record) === 'running' && !heard.has(record.service))
    .map(({ service }) => service)
}
