// How a send can fail. Apart from the producer, whose client is slow to load: who only reads needs none of it.
import { errorText } from '../platform/errors.ts'
import type { PartitionAnswer } from './produce-request.ts'
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

/** Why there is no acknowledgement, in words for the operator and the sender. */
export function awayText(failure: PartitionAnswer | Error): string {
  if (failure instanceof Error) return reasonOf(failure)
  const { code, words } = failure
  if (code !== 'INVALID_TIMESTAMP') return words === '' ? code : `${code}, ${words}`
  return `its clock and this host's are too far apart (here it is ${new Date().toISOString()}): set the clock right. ${code}, ${words}`
}

/** The innermost words of an error of the client. */
export function reasonOf(error: unknown): string {
  const last = errorsOf(error).findLast((nested) => nested.message)
  return last ? last.message : errorText(error)
}

/** An error of the client and those that it was made of, outermost first. */
export function errorsOf(error: unknown): Error[] {
  if (!(error instanceof Error)) return []
  const inner = error instanceof AggregateError ? error.errors.flatMap(errorsOf) : []
  return [error, ...inner, ...errorsOf(error.cause)]
}
