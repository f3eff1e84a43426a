// The proof of a day: Auth0's list, the topic and every sink, hour by hour. Each hour that is done is in Kafka; who goes on after a crash
// begins with the next one. The certificate is written last, whole, or not at all.
import { createHash } from 'node:crypto'
import { version } from '../../platform/version.ts'
import { topicNames } from '../../topics/names.ts'
import { RECORD_VERSION } from '../../topics/not-understood.ts'
import {
  type Certificate,
  type Difference,
  type Frozen,
  type HourRow,
  type Proved,
  SHOWN,
  type SinkProved,
  type TopicRead,
} from '../../topics/proof-records.ts'
import { publishProof, readProofs } from '../../topics/proofs.ts'
import { isoOf } from '../times.ts'
import type { ProofOptions } from './contract.ts'
import { hoursOf } from './hours.ts'
import { readingOf } from './scan.ts'
import { listHash, signed } from './sign.ts'
import { freeze, readQuarantined, type SinkFacts, sinksPast } from './past.ts'
import { dayReasons, sinkVerdict, sumOf, verdictOf } from './verdict.ts'

/** Of one record of differences; the topic takes about a million. */
const MOST_LIST_BYTES = 500_000
/** Differences of a day that are listed with their ids, about 60 MB; more are only counted. */
const MOST_DIFFERENCES = 200_000
const CLOCKS_BEFORE_MS = 60_000

/** Answers the certificate with all differences; what is in the reports topic has the first SHOWN. @throws Refusal, and Kafka's errors */
export async function proveDay(options: ProofOptions): Promise<Certificate> {
  const { client, producer, control, id, day, sinks, signal } = options
  const before = await proofSoFar(options)
  const frozen = before.frozen ?? (await freeze(client, sinks))
  if (!before.frozen) await publishProof(client, producer, { proof: 'begun', id, frozen })
  const facts = await sinksPast(client, day, frozen, control, sinks, signal)
  const reading = await readingOf(client, day, frozen)
  const quarantined = await readQuarantined(client, day, signal)
  const known = { ...options, frozen, facts, reading, quarantined }
  for await (const { row, list: found, leftOut } of hoursOf(known, before.rows.length)) {
    const list = found.slice(0, Math.max(0, MOST_DIFFERENCES - before.list.length))
    const left = leftOut + found.length - list.length
    for (const part of parts(list)) await publishProof(client, producer, { proof: 'list', id, hour: row.at, list: part })
    await publishProof(client, producer, { proof: 'hour', id, row, listed: list.length, left_out: left })
    before.rows.push(row)
    before.list.push(...list)
    before.leftOut += left
  }
  signal.throwIfAborted()
  const proved = provedOf(options, frozen, facts, reading, before)
  const certificate = { ...proved, signature: signed(proved, options.key), list: before.list }
  const shown = { ...certificate, list: certificate.list.slice(0, SHOWN) }
  await publishProof(client, producer, { proof: 'certificate', id, certificate: shown })
  return certificate
}

type SoFar = {
  frozen: Frozen | undefined
  rows: HourRow[]
  list: Difference[]
  leftOut: number
  certificate: Certificate | undefined
}

/** What the reports topic has of a proof: whole hours only. */
export async function proofSoFar({
  client,
  id,
  since,
  signal,
}: Pick<ProofOptions, 'client' | 'id' | 'since' | 'signal'>): Promise<SoFar> {
  const found: SoFar = { frozen: undefined, rows: [], list: [], leftOut: 0, certificate: undefined }
  let open: Difference[] = []
  const take = (record: Parameters<Parameters<typeof readProofs>[3]>[0]) => {
    if (record.id !== id) return
    if (record.proof === 'begun') found.frozen ??= record.frozen
    if (record.proof === 'list') open.push(...record.list)
    if (record.proof === 'certificate') found.certificate = record.certificate
    if (record.proof !== 'hour') return
    // What was cut off before its hour, or was done again, is not counted.
    const isNext = !found.rows.some(({ at }) => at === record.row.at)
    if (isNext) {
      found.rows.push(record.row)
      found.list.push(...open.slice(open.length - record.listed))
      found.leftOut += record.left_out
    }
    open = []
  }
  await readProofs(client, 'prove', since - CLOCKS_BEFORE_MS, take, signal)
  return found
}

/** As many at a time as a record may hold. */
function* parts(list: readonly Difference[]): Generator<Difference[]> {
  let part: Difference[] = []
  let bytes = 0
  for (const one of list) {
    const more = JSON.stringify(one).length * 3 // characters may take three bytes
    if (bytes + more > MOST_LIST_BYTES && part.length > 0) {
      yield part
      part = []
      bytes = 0
    }
    part.push(one)
    bytes += more
  }
  if (part.length > 0) yield part
}

function provedOf(
  { client, id, day, auth0, by }: ProofOptions,
  frozen: Frozen,
  facts: readonly SinkFacts[],
  reading: readonly TopicRead[],
  { rows, list, leftOut }: Pick<SoFar, 'rows' | 'list' | 'leftOut'>,
): Proved {
  const sum = (count: (row: HourRow) => number) => rows.reduce((total, row) => total + count(row), 0)
  const isKnown = rows.every((row) => row.auth0 !== null)
  return {
    v: RECORD_VERSION,
    certificate: 'day',
    id,
    day: day.day,
    zone: day.zone,
    from: isoOf(day.from),
    to: isoOf(day.to),
    as_of: frozen.as_of,
    made_at: new Date().toISOString(),
    by,
    version,
    verdict: verdictOf(rows.flatMap(({ reasons }) => reasons)),
    reasons: dayReasons(rows),
    auth0: auth0?.asked ?? null,
    topic: { name: topicNames.events(client.settings.prefix), partitions: [...reading] },
    sinks: facts.map((sink) => sinkProved(sink, frozen, rows)),
    totals: {
      auth0: sum((row) => row.auth0?.logs ?? 0),
      topic: sum(({ topic }) => topic.logs),
      copies: sum(({ topic }) => topic.copies),
      missing: sum(({ topic }) => topic.missing),
      not_listed: sum(({ topic }) => topic.not_listed),
      excluded: sum((row) => sumOf(row.auth0?.excluded ?? {})),
      calls: sum((row) => row.auth0?.calls ?? 0),
    },
    hashes: {
      auth0: isKnown ? dayHash(rows.map((row) => row.auth0?.hash ?? '')) : '',
      topic: dayHash(rows.map(({ topic }) => topic.hash)),
    },
    hours: rows,
    differences: {
      total: list.length,
      left_out: leftOut,
      hash: listHash(list),
      shown_hash: listHash(list.slice(0, SHOWN)),
    },
  }
}

/** Over the hours' hashes in order, each on a line. */
export const dayHash = (hours: readonly string[]): string =>
  createHash('sha256')
    .update(hours.map((hash) => `${hash}\n`).join(''))
    .digest('hex')

function sinkProved({ known, past, accounts, closed }: SinkFacts, frozen: Frozen, rows: readonly HourRow[]): SinkProved {
  const { name, record } = known
  const { start, end } = frozen.sinks.find(({ sink }) => sink === name)?.letters ?? { start: 0, end: 0 }
  return {
    sink: name,
    group: record.group,
    version: record.version,
    sandbox: record.sandbox,
    verdict: sinkVerdict(rows, name),
    filters: past.filters.map(({ from, settings }) => ({ from: Number.isFinite(from) ? isoOf(from) : '', ...settings })),
    accounts: accounts.map(({ partition, base, next, kind, note, ...counts }) => {
      const { delivered, filtered, duplicates, dead_lettered, expired } = counts
      return { partition, base, next, delivered, filtered, duplicates, dead_lettered, expired, kind, note }
    }),
    dead_letters: { start, end },
    resets: closed.map(({ at, by }) => ({ at, by })),
  }
}
