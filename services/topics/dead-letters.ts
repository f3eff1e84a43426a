// The dead-letter topics: what could not be delivered, byte for byte, with the story of why.
import { version } from '../platform/version.ts'
import type { KafkaClient } from './client.ts'
import { topicNames } from './names.ts'
import type { TopicProducer } from './produce.ts'
import { Refused } from './produce-errors.ts'
import { readRanges, type TopicRecord } from './read.ts'
import { type DeadLetter, deadLetterRecord, type LetterHeaders, letterShape } from './records.ts'
import { parsed } from './shapes.ts'

/** Refused or not answered within it is a hold: told within 10 s of the first attempt. */
const ACK_MS = 5_000

/** Kafka refuses these dead letters for good; all others of the same call are stored. */
export class DeadLettersRefused extends Error {
  override name = 'DeadLettersRefused'
  readonly letters: DeadLetter[]
  constructor(message: string, letters: DeadLetter[]) {
    super(message)
    this.letters = letters
  }
}

/**
 * Resolves when all are stored. @param service whose: a sink's name or `ingest`
 * @throws DeadLettersRefused, and KafkaAway where no acknowledgement came
 */
export async function sendDeadLetters(
  client: KafkaClient,
  producer: TopicProducer,
  service: string,
  letters: DeadLetter[],
  limitMs = ACK_MS,
): Promise<void> {
  const topic = topicNames.deadLetters(client.settings.prefix, service)
  const records = letters.map((letter) => deadLetterRecord(letter, version))
  try {
    await producer.send(topic, records, limitMs)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const refused = new Set<unknown>(error.records)
    throw new DeadLettersRefused(
      error.message,
      letters.filter((_, i) => refused.has(records[i])),
    )
  }
}

/** The reason of a record whose headers do not say why it is there: somebody else wrote it, or a version that this one does not know. */
export const NOT_UNDERSTOOD = 'not_understood'

/**
 * A dead letter as it is in its topic. `logId` is empty where it is not known; `receivedAt` is when it was written, milliseconds. `headers`
 * are as somebody wrote them, `told` is what they say: of headers that do not fit the schema only why, with the reason NOT_UNDERSTOOD.
 */
export type StoredLetter = {
  offset: number
  receivedAt: number
  logId: string
  headers: Record<string, string>
  told: LetterHeaders
  value: Buffer
}

const NOTHING_TOLD: LetterHeaders = {
  topic: '',
  partition: '',
  offset: '',
  log_id: '',
  stage: '',
  reason: NOT_UNDERSTOOD,
  error: '',
  attempts: '0',
  first_at: '',
  last_at: '',
  version: '',
}

/** A record of a dead-letter topic, whoever wrote it. */
export function letterOf({ offset, timestamp, key, headers, value }: TopicRecord): StoredLetter {
  const found = parsed(letterShape, headers)
  const told =
    'value' in found ? found.value : { ...NOTHING_TOLD, error: `its headers are not those of a dead letter: ${found.problem}` }
  return { offset, receivedAt: timestamp, logId: key ?? told.log_id, headers, told, value: value ?? Buffer.alloc(0) }
}

/** Topics of which it was said that they hold what is not understood. */
const said = new WeakMap<KafkaClient, Set<string>>()

function sayOnce(client: KafkaClient, topic: string, { offset, told: { error } }: StoredLetter): void {
  const topics = said.get(client) ?? new Set()
  said.set(client, topics)
  const words =
    'a dead letter is not understood: it is listed with the reason not_understood; others of the topic are logged at debug'
  client.log[topics.has(topic) ? 'debug' : 'warn']({ topic, offset, error }, words)
  topics.add(topic)
}

/** Dead letters of a service in order, from `from` up to and not including `to`. @param service a sink's name or `ingest` */
export async function readDeadLetters(
  client: KafkaClient,
  service: string,
  range: { from: number; to: number },
  take: (letter: StoredLetter) => 'stop' | void,
  signal?: AbortSignal,
): Promise<void> {
  const topic = topicNames.deadLetters(client.settings.prefix, service)
  const onRecord = (record: TopicRecord) => {
    const letter = letterOf(record)
    if (letter.told.reason === NOT_UNDERSTOOD) sayOnce(client, topic, letter)
    return take(letter)
  }
  await readRanges(client, 'dead-letters', topic, [{ partition: 0, ...range }], onRecord, signal)
}
