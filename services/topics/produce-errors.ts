// How a send can fail. Apart from the producer, whose client is slow to load: who only reads needs none of it.
import type { OutRecord } from './record-batch.ts'

/** No acknowledgement: Kafka is away, slow, has too few replicas or another clock. Trying again is right. */
export class KafkaAway extends Error {
  override name = 'KafkaAway'
}

/** Kafka refuses these records for good. Trying again is useless. */
export class Refused extends Error {
  override name = 'Refused'
  readonly records: OutRecord[]
  constructor(message: string, records: OutRecord[]) {
    super(message)
    this.records = records
  }
}
