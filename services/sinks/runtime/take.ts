// consume: records as Kafka offers them, into the lane of their partition. Nothing a record holds can stop the partition: whatever cannot
// be read, or makes something throw, costs that record alone.
import { LogEvent } from '../../events/log-event.ts'
import { MAX_LOG_ID_BYTES } from '../../events/log-id.ts'
import { errorText } from '../../platform/errors.ts'
import type { KafkaMessage } from '../../topics/consume.ts'
import { markOf } from '../../topics/records.ts'
import type { Lane } from './lane.ts'
import { type Prepared, prepare } from './prepare.ts'
import { finish, type Shared, type Term } from './term.ts'

/** Events taken and not yet committed before no more are taken: bounds the memory behind a delivery that hangs. */
const MAX_OPEN = 100_000
/** Dead letters that may wait for their acknowledgement before no more events are taken. */
const MAX_BURIALS = 1_000

/** Takes records of one partition while there is room; answers how many. The rest is offered again. */
export async function take(
  shared: Shared,
  term: Term,
  partition: number,
  messages: KafkaMessage[],
  highWatermark: number,
): Promise<number> {
  const lane = term.lanes.get(partition)
  if (!lane) return 0
  lane.end = highWatermark
  for (let i = 0; i < messages.length; i++) {
    if (!hasRoom(shared, term)) term.bell.ring() // what was put in so far goes out
    while (!hasRoom(shared, term)) {
      if (!term.isTaking || shared.isPaused()) return i
      await term.bell.wait()
    }
    if (!term.isTaking || !takeOne(shared, term, lane, messages[i])) return i
  }
  if (lane.position >= lane.until) shared.leaveOut(partition)
  term.bell.ring()
  return messages.length
}

/** A full delivery may wait while all slots are busy: the next is encoded while the last is being posted, no more. */
function hasRoom({ options }: Shared, { outbox, burials, lanes }: Term): boolean {
  if (outbox.isFull(options.limits) || burials.length >= MAX_BURIALS) return false
  let open = 0
  for (const lane of lanes.values()) open += lane.openCount
  return open < MAX_OPEN
}

/** Answers false where the partition is to be read from elsewhere first. */
function takeOne(shared: Shared, term: Term, lane: Lane, message: KafkaMessage): boolean {
  const { options } = shared
  const offset = Number(message.offset)
  const id = idOf(message)
  const receivedAt = Number(message.timestamp)
  if (offset < lane.position) return takeAgain(shared, lane, { id, offset, receivedAt }, message)
  if (offset >= lane.until) {
    lane.passed(lane.until)
    return true
  }
  if (isOtherLeader(lane, message)) {
    // What a new leader holds may have been cut. The record read last must still stand there before anything behind it counts.
    lane.epoch = epochOf(message)
    shared.seek(lane.partition, lane.lastRead!.offset)
    return false
  }
  lane.reads++
  lane.epoch = epochOf(message)
  lane.lastRead = { offset, id, receivedAt }
  const event = new LogEvent({ id, type: typeOf(message), value: message.value, receivedAt, partition: lane.partition, offset })
  const sequence = lane.take(id, offset, receivedAt)
  let prepared: Prepared
  try {
    prepared = prepare(options, lane, event, message)
  } catch (error) {
    options.log.error(
      { partition: lane.partition, offset, error: (error as Error).stack },
      'an event could not be processed; stored as a dead letter',
    )
    prepared = { stage: 'encode', reason: 'unexpected', error: errorText(error) }
  }
  if ('item' in prepared) {
    const { item, bytes, at } = prepared
    const trace = options.spans?.contextOf(message)
    term.outbox.put({ lane, sequence, event, item, bytes, at, trace }, performance.now())
  } else if ('ending' in prepared) finish(shared, lane, sequence, id, prepared.ending, prepared.reason)
  else bury(shared, term, { lane, sequence, event, ...prepared })
  return true
}

/**
 * Records below the position: those that fill the dedupe memory, and the last one read, to see whether it is still the same. Answers
 * false where it is another one: the log was cut, or is a new one of the same name.
 */
function takeAgain(
  shared: Shared,
  lane: Lane,
  { id, offset, receivedAt }: { id: string; offset: number; receivedAt: number },
  message: KafkaMessage,
): boolean {
  lane.reads++
  const last = lane.lastRead
  if (last?.offset === offset && (last.id !== id || last.receivedAt !== receivedAt)) {
    shared.startOver() // what the commit says may still hold: its own record is compared then
    return false
  }
  if (offset >= lane.from) return true
  const committedMark = offset === lane.from - 1 && last === undefined ? lane.committed.last : undefined
  if (committedMark !== undefined && committedMark !== markOf(id, receivedAt)) {
    shared.broke(lane.partition, `the record at offset ${offset}, just below the commit, is another one than was read there`)
    return false
  }
  lane.epoch = epochOf(message)
  if (id !== '' && !shared.options.leaveOut?.(message)) lane.dedupe.firstOf(id, offset, receivedAt)
  return true
}

/** An event that cannot be delivered goes to the dead letters. @param firstAt when its delivery was first tried, if it was */
export function bury(
  { options }: Shared,
  term: Term,
  {
    lane,
    sequence,
    event: { id, value, partition, offset },
    stage,
    reason,
    error,
    attempts = 0,
    firstAt,
  }: Extract<Prepared, { stage: unknown }> & { lane: Lane; sequence: number; event: LogEvent; attempts?: number; firstAt?: Date },
): void {
  const now = new Date()
  const from = { topic: options.topic, partition, offset }
  const letter = { logId: id, value, from, stage, reason, error, attempts, firstAt: firstAt ?? now, lastAt: now }
  term.burials.push({ lane, sequence, letter })
}

const isOtherLeader = (lane: Lane, message: KafkaMessage) =>
  lane.epoch !== undefined && lane.lastRead !== undefined && epochOf(message) !== lane.epoch

/** Counts how often the partition changed its leader; undefined in records of a format that is older than that. */
const epochOf = ({ batchContext }: KafkaMessage) => batchContext?.partitionLeaderEpoch

const typeOf = ({ headers }: KafkaMessage) => headers?.type?.toString()

/** A longer key is no identity: it would not fit into commits and the headers of dead letters. */
const idOf = ({ key }: KafkaMessage) => (key && key.length <= MAX_LOG_ID_BYTES ? key.toString() : '')
