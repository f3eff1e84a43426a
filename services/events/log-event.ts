// One Auth0 log as the topic holds it. Lazy: its bytes are scanned when somebody asks for a member, once; only who asks for `data`
// pays for a parse of all of it.
import { timeOf } from './iso-time.ts'
import { type MemberName, memberOf, type Members, scanMembers, stringOf } from './members.ts'

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
  #members: Members | null | undefined
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
    this.#members = undefined
    this.#data = undefined
  }

  /** Whether the bytes are a JSON object. */
  get isObject(): boolean {
    return this.#scanned() !== null
  }

  /** Members of `data` as they are written, a repeated name each time; 0 where the bytes are no JSON object. */
  get memberCount(): number {
    return this.#scanned()?.count ?? 0
  }

  /** A member of `data` as JSON.parse would give it; undefined where it is absent or the bytes are no JSON object. */
  member(name: MemberName): unknown {
    const members = this.#scanned()
    return members ? memberOf(this.value, members, name) : undefined
  }

  /** A member of `data` that is a string, in JSON as it is written; empty where there is none. */
  memberJson(name: MemberName): string {
    const members = this.#scanned()
    return members ? stringOf(this.value, members, name) : ''
  }

  #scanned(): Members | null {
    if (this.#members === undefined) this.#members = scanMembers(this.value)
    return this.#members
  }

  /** The parsed `data`, or null where the bytes are no JSON object. */
  get data(): LogData | null {
    if (this.#data === undefined) this.#data = parseObject(this.value)
    return this.#data
  }

  /** The type code; empty where `data` has none or it is not a string. */
  get type(): string {
    if (this.#type !== undefined) return this.#type
    const type = this.member('type')
    return typeof type === 'string' ? type : ''
  }

  /** Whether this is an Auth0 log at all: ours always is, a foreign producer may have written anything. */
  get isEvent(): boolean {
    return this.id !== '' && (this.#type !== undefined || this.isObject)
  }

  /** The same event with other bytes, for the way out; the original stays what it is. */
  withValue(value: Buffer): LogEvent {
    const { id, receivedAt, partition, offset } = this
    return new LogEvent({ id, type: this.#type, value, receivedAt, partition, offset })
  }

  /** Lets go of what was found and parsed: an event may wait long for its delivery, and objects take five times the room of their bytes. */
  release(): void {
    this.#members = undefined
    this.#data = undefined
  }

  /**
   * When it happened, milliseconds since the epoch: by the event's own `date`, else by the time of receipt, else `now`. Each is
   * passed over where no vendor could hold it: CloudWatch begins with 1970, ISO 8601 and RFC 5424 end with the year 9999.
   */
  happenedAt(now: number): number {
    const date = this.member('date')
    const time = typeof date === 'string' || typeof date === 'number' ? timeOf(date) : Number.NaN
    if (isUsable(time)) return time
    return isUsable(this.receivedAt) ? this.receivedAt : now
  }
}

const END_OF_9999 = Date.parse('9999-12-31T23:59:59.999Z')

/** NaN is not. */
const isUsable = (time: number) => time >= 0 && time <= END_OF_9999

function parseObject(bytes: Buffer): LogData | null {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as LogData) : null
  } catch {
    return null
  }
}
