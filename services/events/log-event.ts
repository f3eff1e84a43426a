// One Auth0 log as the topic holds it. Lazy: JSON is parsed by who needs it first, and only once.

type LogData = Readonly<Record<string, unknown>>

/** How an event's way through a sink ended. Every record gets exactly one; the account counts them. */
export type Ending = 'delivered' | 'filtered' | 'duplicates' | 'dead_lettered'

export class LogEvent {
  /** The record's key: the event's identity, whatever `data` says. Empty where a foreign producer gave none. */
  readonly id: string
  /** The bytes of `data`, exactly as received. */
  readonly value: Buffer
  /** Time of receipt, milliseconds since the epoch: the record's timestamp. */
  readonly receivedAt: number
  readonly partition: number
  readonly offset: number
  /** Set once, when the event's way through this sink has ended. */
  ending: Ending | undefined
  /** From the header alone: whether it has one tells our records from others. */
  readonly #type: string | undefined
  #data: LogData | null | undefined

  /** @param record as the topic holds it; `type` from its header, undefined where it has none */
  constructor(record: {
    id: string
    type?: string
    value: Buffer | null
    receivedAt: number
    partition: number
    offset: number
  }) {
    this.id = record.id
    this.value = record.value ?? Buffer.alloc(0)
    this.receivedAt = record.receivedAt
    this.partition = record.partition
    this.offset = record.offset
    this.ending = undefined
    this.#type = record.type
    this.#data = undefined
  }

  /** The parsed `data`, or null where the bytes are no JSON object. */
  get data(): LogData | null {
    if (this.#data === undefined) this.#data = parseObject(this.value)
    return this.#data
  }

  /** The type code; empty where `data` has none or it is no string. */
  get type(): string {
    return this.#type ?? typeOf(this.data)
  }

  /** Whether this is an Auth0 log at all: ours always is, a foreign producer may have written anything. */
  get isEvent(): boolean {
    return this.id !== '' && (this.#type !== undefined || this.data !== null)
  }

  /** The same event with other bytes, for the way out; the original stays what it is. */
  withValue(value: Buffer): LogEvent {
    const { id, receivedAt, partition, offset } = this
    return new LogEvent({ id, type: this.#type, value, receivedAt, partition, offset })
  }

  /** Lets go of what was parsed: an event may wait long for its delivery, and objects take five times the room of their bytes. */
  release(): void {
    this.#data = undefined
  }

  /** When it happened by the event's own `date`; the time of receipt where that is not usable. Milliseconds. */
  get happenedAt(): number {
    const date = this.data?.date
    const time = typeof date === 'string' || typeof date === 'number' ? new Date(date).getTime() : Number.NaN
    return time >= YEAR_1 && time <= YEAR_9999 ? time : this.receivedAt
  }
}

/** ISO 8601 and RFC 5424 write years with four digits; NaN is outside too. */
const YEAR_1 = Date.parse('0001-01-01T00:00:00Z')
const YEAR_9999 = Date.parse('9999-12-31T23:59:59.999Z')

const typeOf = (data: LogData | null) => (typeof data?.type === 'string' ? data.type : '')

function parseObject(bytes: Buffer): LogData | null {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as LogData) : null
  } catch {
    return null
  }
}
