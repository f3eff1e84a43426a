// The reports topic: what every run of every service did, and what operators did.
import type { KafkaClient } from './client.ts'
import { logRanges } from './groups.ts'
import { topicNames } from './names.ts'
import type { TopicProducer } from './produce.ts'
import { PROOF_KEY } from './proofs.ts'
import { followTopic, type Reading, readRanges, type TopicRecord } from './read.ts'
import { type NotUnderstood, notUnderstood } from './not-understood.ts'
import { type AuditRecord, auditShape, newReport, RECORD_VERSION, type Report, reportShape } from './records.ts'
import { parsed, parseJson } from './shapes.ts'

const ACK_MS = 5_000
const AUDIT_KEY = 'audit'
const NOBODY = { service: '', instance: '', run: '', status: 'idle' } as const
/** The end of the year 9999, milliseconds: what a foreign record's timestamp says beyond is no time. */
const MAX_TIME = 253_402_300_799_999

/** Resolves when the report is stored. @throws KafkaAway, Refused: as the producer's `send`, after 5 s */
export async function publishReport(client: KafkaClient, producer: TopicProducer, report: Report): Promise<void> {
  await publish(client, producer, report.service, report)
}

/** Resolves when the audit record is stored. @throws as `publishReport` */
export async function publishAudit(
  client: KafkaClient,
  producer: TopicProducer,
  record: Omit<AuditRecord, 'v' | 'audit'>,
): Promise<void> {
  await publish(client, producer, AUDIT_KEY, { v: RECORD_VERSION, audit: true, ...record } satisfies AuditRecord)
}

async function publish(client: KafkaClient, producer: TopicProducer, key: string, value: object): Promise<void> {
  const record = { key: Buffer.from(key), value: Buffer.from(JSON.stringify(value)) }
  await producer.send(topicNames.reports(client.settings.prefix), [record], ACK_MS)
}

/** A record of the topic, with its offset there. */
export type Told = { offset: number } & ({ kind: 'report'; report: Report } | { kind: 'audit'; audit: AuditRecord })

/**
 * The newest `most` records of the topic in order, whatever they are of; all of them where `most` is left out.
 * @param leftOut told of each record that is not understood
 */
export async function readReports(
  client: KafkaClient,
  reader: string,
  most = Number.POSITIVE_INFINITY,
  leftOut?: (one: NotUnderstood) => void,
): Promise<Told[]> {
  const topic = topicNames.reports(client.settings.prefix)
  const [{ partition, start, end }] = await logRanges(client, topic)
  const told: Told[] = []
  await readRanges(client, reader, topic, [{ partition, from: Math.max(start, end - most), to: end }], (record) => {
    const read = parse(record, (problem, json) => leftOut?.(notUnderstood({ topic, ...record }, problem, json)))
    if (read) told.push(read)
  })
  return told
}

/** Every record from `from` on (the end where left out), until closed. */
export async function followReports(
  client: KafkaClient,
  reader: string,
  take: (told: Told) => void,
  lost: (error: Error) => void,
  from?: number,
): Promise<Reading> {
  const topic = topicNames.reports(client.settings.prefix)
  const [{ partition, end }] = await logRanges(client, topic)
  const onRecord = (record: TopicRecord) => {
    const read = parse(record)
    if (read) take(read)
  }
  return followTopic(client, reader, topic, new Map([[partition, from ?? end]]), onRecord, lost)
}

/**
 * Undefined for what is no record of ours, or of a newer major version; `problem` is told why.
 */
export function parse(
  { key, value, offset, timestamp = 0 }: Pick<TopicRecord, 'key' | 'value' | 'offset'> & { timestamp?: number },
  problem: (why: string, json: unknown) => void = () => {},
): Told | undefined {
  if (key === PROOF_KEY) return undefined // read by those who ask for proofs: some are large
  const json = parseJson(String(value))
  if (key === AUDIT_KEY) {
    const found = parsed(auditShape, json)
    if ('value' in found) return { offset, kind: 'audit', audit: found.value }
    return void problem(found.problem, json)
  }
  const found = parsed(reportShape, json)
  if ('value' in found) {
    const at = new Date(timestamp > 0 && timestamp < MAX_TIME ? timestamp : 0).toISOString()
    return { offset, kind: 'report', report: { ...newReport({ ...NOBODY, started_at: at, ended_at: at }), ...found.value } }
  }
  problem(found.problem, json)
}
