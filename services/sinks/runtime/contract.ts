// What a sink is. The sink says how much and how; the runtime says when, and what each answer means for the logs.
import type { LogEvent } from '../../events/log-event.ts'
import type { Fields, Settings } from '../../platform/settings.ts'
import type { ReplayLimit } from '../../topics/control.ts'

/** The vendor's limits, each with the vendor's page beside the constant in the sink's own file. */
export type Limits = {
  /** Events in one delivery. */
  events: number
  /** Bytes in one delivery: the sum of the items' `bytes`. */
  bytes: number
  /** Bytes of one event; a larger one is dead-lettered, never cut. */
  bytesAnEvent: number
  /** Largest distance between the `at` of two events in one delivery, milliseconds. */
  spanMs?: number
  /** Items are delivered in ascending order of `at`. */
  ordered?: boolean
  /** Events a second for all members of the group together. */
  perSecond?: number
  /** No acknowledgement exists: a delivery counts when it is this old and the connection was not reset since. Milliseconds. */
  settleMs?: number
}

/** An item ready to send: `bytes` as the vendor counts them, `at` the event's time in milliseconds. */
export type Encoded<Item> = { item: Item; bytes: number; at: number } | { unsendable: string }

/** What one attempt came to. `index` is the item's place in the batch; `reason` is snake_case; `message` the vendor's own words. */
export type Outcome =
  | { kind: 'delivered' }
  | { kind: 'partial'; refused: { index: number; reason: string; message: string }[] }
  /** The same bytes may be taken later. */
  | { kind: 'retry'; reason: string; message: string; afterMs?: number }
  /** The same bytes will always get this answer: at least one event is bad. */
  | { kind: 'rejected'; reason: string; message: string }
  /** A person must fix something; nothing is lost meanwhile. */
  | { kind: 'hold'; reason: string; message: string }

export type Connection<Item> = {
  /**
   * One attempt: no retry, sleep, timer, log or metric. The signal is aborted after 20 s, and when the assignment or the service ends.
   * May throw: see `outcomeOfError`.
   */
  deliver: (items: Item[], signal: AbortSignal) => Promise<Outcome>
  /** May I write? At start and for `validate`. @throws with what to do. */
  check: () => Promise<void>
  close: () => Promise<void>
  /** Resolves the next time that what was delivered may not have arrived: only connections with `settleMs`. */
  broken?: () => Promise<string>
}

/** Asks the vendor whether it holds what was delivered. */
export type Confirmer<Item> = {
  /**
   * Places in `items` of those that the vendor holds. Keeps to the vendor's rate, and tries again what passes by itself.
   * @throws Error with what to do where the vendor cannot be asked
   */
  confirm: (items: Item[]) => Promise<Set<number>>
  close: () => Promise<void>
}

export type Sink<F extends Fields = Fields, Item = unknown> = {
  name: string
  fields: F
  limits: (settings: Settings<F>) => Limits
  /** Deliveries in flight when `<SINK>_IN_FLIGHT` is not set. */
  inFlight?: number
  /**
   * Settings for a first try against the stand-in in the sink's folder. `npm start` fills in what the stand-in announces: $ORIGIN, $HOST,
   * $PORT, and its own `facts`, e.g. $CA_FILE for `caFile`.
   */
  sandbox: Record<string, string>
  /** What must be granted at the vendor, a line each, for `validate --acls`. */
  permissions?: readonly string[]
  /** What an operator is warned of before logs received longer ago are delivered again. */
  replayLimit?: ReplayLimit
  /** What the vendor does with events that it already has: a sentence that operators read before they deliver some again. */
  repeats?: string
  /** Pure. May throw: that costs the event, which is dead-lettered as `unexpected`. `at` is the event's time for the vendor. */
  encode: (event: LogEvent, settings: Settings<F>) => Encoded<Item>
  connect: (settings: Settings<F>) => Promise<Connection<Item>>
  /** Only of vendors that can be asked what they hold, for `auth0-logs prove --ask-vendor`. */
  confirmer?: (settings: Settings<F>) => Promise<Confirmer<Item>>
}

/** Gives a sink its types: Settings and Item are inferred from `fields` and `encode`. */
export function defineSink<F extends Fields, Item>(sink: Sink<F, Item>): Sink<F, Item> {
  return sink
}
