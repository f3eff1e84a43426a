// What the records of a proof must look like to be read; schemas/certificate.json says the same of the certificate.
import {
  type AtVendor,
  type Auth0Asked,
  type Certificate,
  type Counts,
  type Difference,
  type Frozen,
  type HourRow,
  OUTCOMES,
  type PartitionThen,
  type Proved,
  REASONS,
  type RestsOn,
  type Signature,
  type SinkHour,
  type SinkProved,
  type TopicRead,
  VENDOR_ASKS,
  type VendorAsked,
} from './proof-records.ts'
import { bool, count, listOf, nullOr, object, oneOf, SERVICE, type Shape, tableOf, text, time } from './shapes.ts'

const SHA256 = /^[0-9a-f]{64}$/
const DAY = /^\d{4}-\d\d-\d\d$/
const verdict = oneOf('complete', 'incomplete', 'not_decidable')
const reason = oneOf(...REASONS)
const counts: Shape<Counts> = tableOf(/^/, count)
const offset: Shape<number> = (value, at) => (value === -1 ? undefined : count(value, at))

const sinkHour = object<SinkHour>(
  {
    delivered: count,
    redriven: count,
    delivered_or_filtered: count,
    filtered: counts,
    dead_lettered: counts,
    waiting: count,
    unknown: count,
    duplicates: count,
    vendor: object<AtVendor>({ asked: count, confirmed: count, not_found: listOf(text()) }),
  },
  ['vendor'],
)

export const hourShape = object<HourRow>({
  at: text(/./),
  from: time,
  to: time,
  checked_at: time,
  verdict,
  reasons: listOf(reason),
  auth0: nullOr(object<NonNullable<HourRow['auth0']>>({ logs: count, hash: text(SHA256), excluded: counts, calls: count })),
  topic: object<HourRow['topic']>({ logs: count, copies: count, hash: text(SHA256), missing: count, not_listed: count }),
  sinks: tableOf(SERVICE, sinkHour),
})

export const differenceShape = object<Difference>({
  log_id: text(/./s),
  hour: text(),
  kind: oneOf('missing', 'not_listed', ...OUTCOMES),
  sink: text(),
  why: text(),
})

const sinkProved = object<SinkProved>(
  {
    vendor: object<VendorAsked>({
      at: time,
      how: oneOf(...VENDOR_ASKS),
      state: oneOf('asked', 'cannot', 'failed'),
      problem: text(),
    }),
    sink: text(SERVICE),
    group: text(),
    version: text(),
    sandbox: bool,
    verdict,
    filters: listOf(
      object<SinkProved['filters'][number]>({ from: text(), LOG_LEVEL: text(), LOG_TYPES: text(), LOG_FILTER_MODE: text() }),
    ),
    accounts: listOf(
      object<PartitionThen>({
        partition: count,
        base: count,
        next: count,
        delivered: count,
        filtered: count,
        duplicates: count,
        dead_lettered: count,
        expired: count,
        kind: text(),
        note: text(),
      }),
    ),
    dead_letters: object<SinkProved['dead_letters']>({ start: count, end: count }),
    resets: listOf(object<SinkProved['resets'][number]>({ at: time, by: text() })),
  },
  ['vendor'],
)

const stream = object<NonNullable<Auth0Asked['stream']>>({
  name: text(),
  status: text(),
  priority: bool,
  filters: listOf(text()),
  pii_config: listOf(text()),
})

export const certificateShape = object<Certificate>(
  {
    rests_on: object<RestsOn>({ id: text(/./s), made_at: time, by: text(), signature: text() }),
    v: oneOf(1),
    certificate: oneOf('day'),
    id: text(/./s),
    day: text(DAY),
    zone: text(/./),
    from: time,
    to: time,
    as_of: time,
    made_at: time,
    by: text(),
    version: text(),
    verdict,
    reasons: listOf(object<Proved['reasons'][number]>({ reason, logs: count, words: text() })),
    auth0: nullOr(object<Auth0Asked>({ tenant: text(), retention_days: count, stream: nullOr(stream), stream_problem: text() })),
    topic: object<Proved['topic']>({
      name: text(),
      partitions: listOf(object<TopicRead>({ partition: count, start: count, end: count, read_from: count })),
    }),
    sinks: listOf(sinkProved),
    totals: object<Proved['totals']>({
      auth0: count,
      topic: count,
      copies: count,
      missing: count,
      not_listed: count,
      excluded: count,
      calls: count,
    }),
    hashes: object<Proved['hashes']>({ auth0: text(/^([0-9a-f]{64})?$/), topic: text(SHA256) }),
    hours: listOf(hourShape),
    differences: object<Proved['differences']>({
      total: count,
      left_out: count,
      hash: text(SHA256),
      shown_hash: text(SHA256),
    }),
    signature: nullOr(object<Signature>({ algorithm: oneOf('Ed25519'), public_key: text(/./), value: text(/./) })),
    list: listOf(differenceShape),
  },
  ['rests_on'],
)

export const frozenShape = object<Frozen>({
  as_of: time,
  ranges: listOf(object<Frozen['ranges'][number]>({ partition: count, start: count, end: count })),
  sinks: listOf(
    object<Frozen['sinks'][number]>({
      sink: text(SERVICE),
      committed: listOf(object<Frozen['sinks'][number]['committed'][number]>({ partition: count, offset, metadata: text() })),
      letters: object<{ start: number; end: number }>({ start: count, end: count }),
    }),
  ),
})
