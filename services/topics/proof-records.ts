// What a proof of a day leaves in the reports topic, under the key `proof`: types. Their shapes are in proof-shapes.ts.
/**
 * What came of a log at a sink. `delivered` is by commit: the sink committed it, and kept it back by no rule; what the vendor says is in `AtVendor`.
 * `redriven`: delivered after it had been a dead letter. `delivered_or_filtered`: committed, and which of both Kafka does not tell, for the
 * filter was changed around then. `unknown`: passed before the account of the group begins.
 */
export const OUTCOMES = [
  'delivered',
  'redriven',
  'delivered_or_filtered',
  'filtered',
  'waiting',
  'dead_lettered',
  'unknown',
] as const
export type Outcome = (typeof OUTCOMES)[number]

export type Verdict = 'complete' | 'incomplete' | 'not_decidable'

/** Why an hour or a day is not complete: the first four are gaps, the others say why something cannot be known. */
export const REASONS = [
  'missing',
  'dead_lettered',
  'waiting',
  'not_at_vendor',
  'auth0_not_asked',
  'auth0_expired',
  'not_over',
  'topic_expired',
  'topic_made_anew',
  'before_base',
] as const
export type Reason = (typeof REASONS)[number]

/** Counts by rule, reason or type. */
export type Counts = Record<string, number>

/** What the vendor said of logs that were delivered by commit. `not_found`: the first ids of the `asked - confirmed` that it does not hold. */
export type AtVendor = { asked: number; confirmed: number; not_found: string[] }

/** By `prove --ask-vendor`: some logs of each hour, or all of them. */
export const VENDOR_ASKS = ['sample', 'all'] as const
export type VendorAsk = (typeof VENDOR_ASKS)[number]

/**
 * How a vendor was asked. `cannot`: this vendor answers no such question; `failed`: it could not be asked, or not to the end, and `problem`
 * says why. `at` is when it had been asked.
 */
export type VendorAsked = { at: string; how: VendorAsk; state: 'asked' | 'cannot' | 'failed'; problem: string }

/**
 * The logs of an hour at one sink, each once, by the best that came of it. `duplicates` are further copies that were not sent. `vendor` is
 * there where the vendor was asked about this hour.
 */
export type SinkHour = {
  delivered: number
  redriven: number
  delivered_or_filtered: number
  filtered: Counts
  dead_lettered: Counts
  waiting: number
  unknown: number
  duplicates: number
  vendor?: AtVendor
}

/**
 * One hour. `hash`: over the ids of that side, see `IdsHash`. `auth0` is null where Auth0 was not asked, or no longer holds the hour;
 * `excluded` are logs that the stream's filter leaves out, by type. `missing`: Auth0 lists them, the topic does not hold them; `not_listed`:
 * the other way round.
 */
export type HourRow = {
  at: string
  from: string
  to: string
  checked_at: string
  verdict: Verdict
  reasons: Reason[]
  auth0: { logs: number; hash: string; excluded: Counts; calls: number } | null
  topic: { logs: number; copies: number; hash: string; missing: number; not_listed: number }
  sinks: Record<string, SinkHour>
}

/** A log to look at; `hour` is the hour's `at`, `sink` is empty where it is about the topic, `why` says what `explain` does. */
export type Difference = {
  log_id: string
  hour: string
  kind: 'missing' | 'not_listed' | Outcome
  sink: string
  why: string
}

/** The account behind a partition's commit. */
export type PartitionThen = {
  partition: number
  base: number
  next: number
  delivered: number
  filtered: number
  duplicates: number
  dead_lettered: number
  expired: number
  kind: string
  note: string
}

export type SinkProved = {
  sink: string
  group: string
  version: string
  sandbox: boolean
  verdict: Verdict
  /** In force from then on; `from` is empty for the first one where nobody knows since when. */
  filters: { from: string; LOG_LEVEL: string; LOG_TYPES: string; LOG_FILTER_MODE: string }[]
  accounts: PartitionThen[]
  dead_letters: { start: number; end: number }
  resets: { at: string; by: string }[]
  vendor?: VendorAsked
}

/** `stream` is null where nothing is known of it; `stream_problem` says why. */
export type Auth0Asked = {
  tenant: string
  retention_days: number
  stream: null | { name: string; status: string; priority: boolean; filters: string[]; pii_config: string[] }
  stream_problem: string
}

export type TopicRead = { partition: number; start: number; end: number; read_from: number }

/** The part of a certificate that is signed. Times are ISO 8601 in UTC, and those of Kafka's counts are of `as_of`. */
export type Proved = {
  v: number
  certificate: 'day'
  id: string
  day: string
  zone: string
  from: string
  to: string
  as_of: string
  made_at: string
  by: string
  version: string
  verdict: Verdict
  reasons: { reason: Reason; logs: number; words: string }[]
  auth0: Auth0Asked | null
  topic: { name: string; partitions: TopicRead[] }
  sinks: SinkProved[]
  totals: { auth0: number; topic: number; copies: number; missing: number; not_listed: number; excluded: number; calls: number }
  /** Over the hours' hashes in order; that of Auth0 is empty where an hour is not known. */
  hashes: { auth0: string; topic: string }
  hours: HourRow[]
  /** `hash`: of all of them, `shown_hash`: of those that a shortened list shows; see `listHash`. `left_out`: only counted. */
  differences: { total: number; left_out: number; hash: string; shown_hash: string }
  /** The certificate to which this one adds what the vendors say. */
  rests_on?: RestsOn
}

/** `signature` is that certificate's own, empty where it is not signed. */
export type RestsOn = { id: string; made_at: string; by: string; signature: string }

/** `public_key` and `value` are base64, the key as SPKI DER. */
export type Signature = { algorithm: 'Ed25519'; public_key: string; value: string }

/** `list`: all differences in a file; in the reports topic and in answers the first SHOWN of them. */
export type Certificate = Proved & { signature: Signature | null; list: Difference[] }
export const SHOWN = 200

/** Kafka as it was when a proof began: who goes on after a crash counts by the same offsets. */
export type Frozen = {
  as_of: string
  ranges: { partition: number; start: number; end: number }[]
  sinks: {
    sink: string
    committed: { partition: number; offset: number; metadata: string }[]
    letters: { start: number; end: number }
  }[]
}
