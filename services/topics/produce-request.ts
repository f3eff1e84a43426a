// One produce request to one broker: its frame, and what the answer says of each partition. The records are bytes already.
// https://kafka.apache.org/protocol.html#The_Messages_Produce, versions 3 to 11; from 9 on it is "flexible" (compact lengths, tags).
import {
  type Connection,
  ProduceAcks,
  produceV10,
  produceV11,
  produceV3,
  produceV4,
  produceV5,
  produceV6,
  produceV7,
  produceV8,
  produceV9,
  protocolErrors,
  protocolErrorsCodesById,
  ResponseError,
  Writer,
} from '@platformatic/kafka'

const PRODUCE = 0
const FLEXIBLE = 9
/** The client's own reader of the answer, by version. */
const PARSERS = {
  3: produceV3,
  4: produceV4,
  5: produceV5,
  6: produceV6,
  7: produceV7,
  8: produceV8,
  9: produceV9,
  10: produceV10,
  11: produceV11,
}
export type ProduceVersion = keyof typeof PARSERS

/** The newest version that both sides speak. @throws where there is none */
export function produceVersion(apis: readonly { apiKey: number; minVersion: number; maxVersion: number }[]): ProduceVersion {
  const broker = apis.find(({ apiKey }) => apiKey === PRODUCE)
  const version = Math.min(11, broker?.maxVersion ?? 0)
  if (!broker || version < Math.max(3, broker.minVersion))
    throw new Error('the broker speaks no version of Produce that is known here')
  return version as ProduceVersion
}

/** What the broker says of one partition's batch. */
export type PartitionAnswer = {
  partition: number
  /** `NONE` where it is stored, else Kafka's name of the error. */
  code: string
  /** Another attempt may end better. */
  canRetry: boolean
  /** The broker's own words, if any. */
  words: string
  /** Places in the batch of the records that it blames; empty where it names none. */
  blamed: number[]
}

/** Resolves with an answer for each partition. @throws where there is no answer at all */
export function requestProduce(
  connection: Connection,
  version: ProduceVersion,
  topic: string,
  batches: readonly { partition: number; bytes: Buffer }[],
  ackMs: number,
): Promise<PartitionAnswer[]> {
  const flexible = version >= FLEXIBLE
  return new Promise((resolve, reject) => {
    connection.send(
      PRODUCE,
      version,
      () => frame(topic, batches, ackMs, flexible),
      PARSERS[version].parseResponse as typeof produceV11.parseResponse,
      flexible,
      flexible,
      (error, response) => {
        const answered = error instanceof ResponseError ? (error as unknown as { response: typeof response }).response : response
        if (answered) resolve(answered.responses.flatMap(({ partitionResponses }) => partitionResponses.map(toAnswer)))
        else reject(error ?? new Error('Kafka answered nothing'))
      },
    )
  })
}

function frame(
  topic: string,
  batches: readonly { partition: number; bytes: Buffer }[],
  ackMs: number,
  flexible: boolean,
): Writer {
  const writer = Writer.create().appendString(null, flexible).appendInt16(ProduceAcks.ALL).appendInt32(ackMs)
  const count = (n: number) => (flexible ? writer.appendUnsignedVarInt(n + 1) : writer.appendInt32(n))
  const tags = () => flexible && writer.appendTaggedFields()
  count(1)
  writer.appendString(topic, flexible)
  count(batches.length)
  for (const { partition, bytes } of batches) {
    writer.appendInt32(partition)
    count(bytes.length)
    writer.append(bytes)
    tags()
  }
  tags()
  tags()
  return writer
}

type PartitionResponse = Omit<produceV11.ProduceResponsePartition, 'recordErrors' | 'errorMessage'> &
  Partial<Pick<produceV11.ProduceResponsePartition, 'recordErrors' | 'errorMessage'>>

function toAnswer({ index, errorCode, errorMessage, recordErrors = [] }: PartitionResponse): PartitionAnswer {
  const code = (protocolErrorsCodesById as Record<number, string>)[errorCode] ?? `error ${errorCode}`
  const known = (protocolErrors as Record<string, { canRetry: boolean; message: string }>)[code]
  const words = errorMessage || recordErrors.find(({ batchIndexErrorMessage }) => batchIndexErrorMessage)?.batchIndexErrorMessage
  return {
    partition: index,
    code,
    canRetry: known?.canRetry ?? false,
    words: words || known?.message || '',
    blamed: recordErrors.map(({ batchIndex }) => batchIndex),
  }
}
