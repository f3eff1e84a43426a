// A term is all that is in memory only for one assignment of partitions: lanes, what is on its way out, what is being put aside. It is
// thrown away whole when the assignment ends, and begins again at the commits; nothing in it is ever asked whether it is still current.
// What outlives terms is in Shared, by name: the patience with each of the others, the rejections, the operator's state.
import type { Filter } from '../../events/filter.ts'
import type { Ending, LogEvent } from '../../events/log-event.ts'
import type { Logger } from '../../platform/logger.ts'
import type { CommitOffset, KafkaMessage } from '../../topics/consume.ts'
import type { DeadLetter, Account } from '../../topics/records.ts'
import { type Bell, createBell } from './bell.ts'
import type { Connection, Encoded, Limits } from './contract.ts'
import type { Dedupe } from './dedupe.ts'
import type { Lane, Place } from './lane.ts'
import { Outbox } from './outbox.ts'
import type { Patience, Trouble } from './patience.ts'
import type { Rejections } from './rejections.ts'
import type { SinkSpans } from './spans.ts'

export type FlowOptions = {
  limits: Limits
  inFlight: number
  /** Of the topic, all members' together: `perSecond` is shared by them. */
  partitions: () => number
  filter: Filter | undefined
  /** Undefined where nothing is redacted; answers undefined where it cannot be done. */
  redact: ((value: Buffer) => Buffer | undefined) | undefined
  encode: (event: LogEvent) => Encoded<unknown>
  connection: Connection<unknown>
  /**
   * Where these partitions stand; asked at each assignment. `broken`: partitions whose log is not the one that the commit meant, and why;
   * they begin anew at the log's start. What is put into it stays there until a new account is committed.
   */
  places: (partitions: number[], broken: Map<number, string>) => Promise<Place[]>
  /** @throws DeadLettersRefused with those that are not stored */
  sendDeadLetters: (letters: DeadLetter[]) => Promise<void>
  /** The consumer ended by itself: nothing is consumed any more. */
  crashed: (error: Error) => void
  topic: string
  log: Logger
  watch: Watch
  /** Undefined where traces are off. */
  spans?: SinkSpans
  /** What takes repeats for repeats, of one partition; none for what an operator asks to be sent again. */
  dedupe?: () => Dedupe
  /** Which records are left out, and why: counted as filtered. */
  leaveOut?: (message: KafkaMessage) => string | undefined
  random?: () => number
}

/** What a flow tells of itself: to metrics, reports and Slack. */
export type Watch = {
  ended: (id: string, ending: Ending, reason: string) => void
  expired: (count: number, partition: number) => void
  delivered: (batch: { events: number; bytes: number; attempts: number; durationMs: number }) => void
  retried: (reason: string) => void
  troubled: (trouble: Trouble) => void
  recovered: (trouble: Trouble) => void
  /** Counting began anew at the log's start, for the log is not the one that was read before. */
  broken: (places: readonly Place[]) => void
}

/** What outlives a term. */
export type Shared = {
  /** `limits` and `filter` are the operator's to change: read at each use. */
  readonly options: FlowOptions
  readonly vendor: Patience
  readonly deadLetters: Patience
  readonly commits: Patience
  readonly rejections: Rejections
  /** Nothing more is to be taken: an operator stopped it, or there is trouble with something waiting. */
  isPaused: () => boolean
  commit: (offsets: CommitOffset[]) => Promise<boolean>
  /** Reads a partition again from here on. */
  seek: (partition: number, offset: number) => void
  leaveOut: (partition: number) => void
  /** Asks again where the partitions begin: a new term. */
  startOver: () => void
  /** The log is not the one that the commit meant. */
  broke: (partition: number, why: string) => void
  /** Where nothing is acknowledged: all that has not settled is read again. */
  readAgain: (term: Term) => void
}

/** An event that cannot be delivered, until its dead letter is stored. */
export type Burial = { lane: Lane; sequence: number; letter: DeadLetter }

/** Accounts that may be committed from `at` on, by the monotonic clock, if the connection has not broken until then. */
export type Settling = { at: number; accounts: [Lane, Account][] }

export type Term = {
  readonly lanes: ReadonlyMap<number, Lane>
  readonly outbox: Outbox
  /** Dead letters that wait to be stored. */
  burials: Burial[]
  settling: Settling[]
  readonly bell: Bell
  /** Aborts deliveries under way. */
  readonly signal: AbortSignal
  /** Deliveries, and sends of dead letters, under way. */
  delivering: number
  burying: number
  committing: Promise<unknown> | undefined
  /** No delivery that is not full goes before this time, by the monotonic clock; and none at all before the second one. */
  lingerUntil: number
  paceUntil: number
  /** False while what is under way is brought home: nothing new is begun. */
  isTaking: boolean
  /** The connection broke: what has not settled is not committed any more. */
  lostUnsettled: boolean
  isOver: () => boolean
  /** Drops everything: whatever has not been committed begins again at the commit. */
  end: () => void
}

/** A term that has taken nothing yet. @param lanes one for each partition of the assignment */
export function createTerm(lanes: Lane[]): Term {
  const over = new AbortController()
  const bell = createBell()
  const term: Term = {
    lanes: new Map(lanes.map((lane) => [lane.partition, lane])),
    outbox: new Outbox(),
    burials: [],
    settling: [],
    bell,
    signal: over.signal,
    delivering: 0,
    burying: 0,
    committing: undefined,
    lingerUntil: 0,
    paceUntil: 0,
    isTaking: true,
    lostUnsettled: false,
    isOver: () => over.signal.aborted,
    end() {
      term.isTaking = false
      over.abort()
      bell.ring()
    },
  }
  return term
}

/** An event's way through the sink has ended. */
export function finish({ options }: Shared, lane: Lane, sequence: number, id: string, ending: Ending, reason: string): void {
  lane.ended(sequence, ending)
  options.watch.ended(id, ending, reason)
}
