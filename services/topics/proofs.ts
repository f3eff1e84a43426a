// Proofs in the reports topic, under the key `proof`: the beginning of each, its hours as they are done, its certificate. Who goes on after
// a crash finds the hours that are done.
import type { KafkaClient } from './client.ts'
import { existingTopics, logRanges, offsetsAt } from './groups.ts'
import { topicNames } from './names.ts'
import { RECORD_VERSION } from './not-understood.ts'
import type { TopicProducer } from './produce.ts'
import type { Certificate, Difference, Frozen, HourRow } from './proof-records.ts'
import { certificateShape, differenceShape, frozenShape, hourShape } from './proof-shapes.ts'
import { readRanges } from './read.ts'
import { count, listOf, object, oneOf, parsed, parseJson, type Shape, text, time } from './shapes.ts'

/** The key of all of them; readers of reports pass over it. */
export const PROOF_KEY = 'proof'
const ACK_MS = 10_000

/**
 * Told by a sink (`id`) when an operator changed its filter: in each partition offsets below `next` were committed before, those from
 * `position` on were not taken yet.
 */
export type FilterChanged = {
  proof: 'filter'
  id: string
  at: string
  filter: { LOG_LEVEL: string; LOG_TYPES: string; LOG_FILTER_MODE: string }
  partitions: { partition: number; next: number; position: number }[]
}

/** Told where an operator sets the offsets of a sink (`id`) anew: the accounts that end there, and so what the group had passed. */
export type AccountsClosed = {
  proof: 'closed'
  id: string
  at: string
  by: string
  accounts: { partition: number; base: number; next: number }[]
}

/** `list`: differences of an hour, in as many records as they take; the hour's own record comes after them. */
export type ProofRecord =
  | { proof: 'begun'; id: string; frozen: Frozen }
  | { proof: 'list'; id: string; hour: string; list: Difference[] }
  | { proof: 'hour'; id: string; row: HourRow; listed: number; left_out: number }
  | { proof: 'certificate'; id: string; certificate: Certificate }
  | FilterChanged
  | AccountsClosed

type Of<K extends ProofRecord['proof']> = Extract<ProofRecord, { proof: K }>
const id = text(/./s)
const SHAPES: { [K in ProofRecord['proof']]: Shape<Of<K>> } = {
  begun: object<Of<'begun'>>({ proof: oneOf('begun'), id, frozen: frozenShape }),
  list: object<Of<'list'>>({ proof: oneOf('list'), id, hour: text(/./), list: listOf(differenceShape) }),
  hour: object<Of<'hour'>>({ proof: oneOf('hour'), id, row: hourShape, listed: count, left_out: count }),
  filter: object<FilterChanged>({
    proof: oneOf('filter'),
    id,
    at: time,
    filter: object<FilterChanged['filter']>({ LOG_LEVEL: text(), LOG_TYPES: text(), LOG_FILTER_MODE: text() }),
    partitions: listOf(object<FilterChanged['partitions'][number]>({ partition: count, next: count, position: count })),
  }),
  closed: object<AccountsClosed>({
    proof: oneOf('closed'),
    id,
    at: time,
    by: text(),
    accounts: listOf(object<AccountsClosed['accounts'][number]>({ partition: count, base: count, next: count })),
  }),
  certificate: object<Of<'certificate'>>({ proof: oneOf('certificate'), id, certificate: certificateShape }),
}
const version = object<{ v: 1; proof: ProofRecord['proof'] }>({
  v: oneOf(1),
  proof: oneOf('begun', 'list', 'hour', 'certificate', 'filter', 'closed'),
})

export async function publishProof(client: KafkaClient, producer: TopicProducer, record: ProofRecord): Promise<void> {
  const value = Buffer.from(JSON.stringify({ v: RECORD_VERSION, ...record }))
  await producer.send(topicNames.reports(client.settings.prefix), [{ key: Buffer.from(PROOF_KEY), value }], ACK_MS)
}

/** A record under the key `proof`; undefined for what is none of ours. */
export function parseProof({ key, value }: { key: string | null; value: Buffer | null }): ProofRecord | undefined {
  if (key !== PROOF_KEY) return undefined
  const json = parseJson(String(value))
  const known = parsed(version, json)
  if (!('value' in known)) return undefined
  const found = parsed(SHAPES[known.value.proof] as Shape<ProofRecord>, json)
  return 'value' in found ? found.value : undefined
}

/** Every such record written since a moment, in order. @param since milliseconds */
export async function readProofs(
  client: KafkaClient,
  reader: string,
  since: number,
  take: (record: ProofRecord) => 'stop' | void,
  signal?: AbortSignal,
): Promise<void> {
  const topic = topicNames.reports(client.settings.prefix)
  if ((await existingTopics(client, [topic])).length === 0) return
  const [[{ start, end }], at] = await Promise.all([logRanges(client, topic), offsetsAt(client, topic, Math.max(1, since))])
  const from = Math.max(start, at.get(0) ?? start)
  const onRecord = (record: { key: string | null; value: Buffer | null }) => {
    const found = parseProof(record)
    return found && take(found)
  }
  await readRanges(client, reader, topic, [{ partition: 0, from, to: end }], onRecord, signal)
}
