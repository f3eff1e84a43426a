// Producer ids: with one, a broker stores a batch once however often it is sent again after a lost acknowledgement.
// https://kafka.apache.org/documentation/#recordbatch (producerId, producerEpoch, baseSequence)
//
// A broker wants the sequences of an id in their order. A send has an id of its own while it is under way, so sends that run side by
// side need no order among them. An id whose sequences are in doubt, after a send that failed, is not used again.
import { type Connection, initProducerIdV2 } from '@platformatic/kafka'
import { sleep, within } from '../platform/lifecycle.ts'
import type { Logger } from '../platform/logger.ts'
import { errorsOf, reasonOf } from './produce-errors.ts'
import type { Sequence } from './record-batch.ts'

/** A controller that is away must not hold up what the leaders would take without an id. */
const ASK_MS = 2_000
/** A broker that has just started has no ids at hand for some milliseconds. */
const ASK_AGAIN_MS = 50
/** Where there is no id, records go without for this long. */
const WITHOUT_MS = 30_000
/** An id is thrown away long before its sequences begin again at 0 (after 2^31 records). */
const MAX_SEQUENCE = 1_000_000_000

/** Answers to a produce that say the id is of no use there; the records may or may not be stored. */
export const ID_OF_NO_USE = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_ID_MAPPING',
])

export class ProducerId {
  readonly #next = new Map<string, number>()
  readonly #id: bigint
  readonly #epoch: number
  isUsedUp = false

  constructor(id: bigint, epoch: number) {
    this.#id = id
    this.#epoch = epoch
  }

  /** Of the next batch to this partition: the same until it is stored. */
  next(topic: string, partition: number): Sequence {
    return { id: this.#id, epoch: this.#epoch, sequence: this.#next.get(`${topic} ${partition}`) ?? 0 }
  }

  stored(topic: string, partition: number, records: number): void {
    const { sequence } = this.next(topic, partition)
    this.#next.set(`${topic} ${partition}`, sequence + records)
    if (sequence > MAX_SEQUENCE) this.isUsedUp = true
  }
}

/** As many ids as sends ran side by side. */
export class ProducerIds {
  readonly #log: Logger
  readonly #free: ProducerId[] = []
  #notBefore = 0
  #isTold = false

  constructor(log: Logger) {
    this.#log = log
  }

  /** Undefined where the cluster gives none, or no broker is met within the limit: records go without. @param connect to any broker */
  async take(connect: () => Promise<{ connection: Connection }>, limitMs: number): Promise<ProducerId | undefined> {
    const free = this.#free.pop()
    if (free || performance.now() < this.#notBefore) return free
    const connected = await within(connect(), limitMs, 'connecting').catch(() => undefined)
    if (!connected) return undefined // the send meets the same, and tells it
    const limit = Math.min(ASK_MS, limitMs)
    try {
      const { producerId, producerEpoch } = await within(ask(connected.connection, limit), limit, 'asking for a producer id')
      this.#isTold = false
      return new ProducerId(producerId, producerEpoch)
    } catch (error) {
      this.#notBefore = performance.now() + WITHOUT_MS
      if (!this.#isTold) this.#log.info({ error: reasonOf(error) }, WITHOUT)
      this.#isTold = true
      return undefined
    }
  }

  giveBack(id: ProducerId | undefined): void {
    if (id && !id.isUsedUp) this.#free.push(id)
  }
}

async function ask(connection: Connection, limitMs: number) {
  const until = performance.now() + limitMs
  for (;;) {
    try {
      return await initProducerIdV2.api.async(connection, null, 0)
    } catch (error) {
      if (performance.now() > until || !errorsOf(error).some((each) => 'canRetry' in each && each.canRetry)) throw error
      await sleep(ASK_AGAIN_MS)
    }
  }
}

const WITHOUT =
  'Kafka gives no producer id: records are sent without one. None is lost by it; one whose acknowledgement is lost may be stored twice, and the sinks deliver it once'
