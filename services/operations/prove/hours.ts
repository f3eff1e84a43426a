// The hours of a day one after the other: the topic is read for as many as fit into memory, then Auth0 is asked for each of them.
import { CLOCKS_MS } from '../../events/log-id.ts'
import { topicNames } from '../../topics/names.ts'
import type { Difference, Frozen, HourRow, Outcome, SinkHour, TopicRead } from '../../topics/proof-records.ts'
import { readRanges } from '../../topics/read.ts'
import type { LetterFacts } from '../fate.ts'
import { isoOf } from '../times.ts'
import { type Auth0Hour, readAuth0Hour } from './auth0-day.ts'
import { IdsHash, placesOf } from './logs-of-day.ts'
import type { ProofOptions } from './contract.ts'
import { type Scanned, scan } from './scan.ts'
import type { SinkFacts } from './past.ts'
import { type HourFacts, reasonsOf, verdictOf } from './verdict.ts'

/** An hour that is done. `leftOut`: differences that are only counted. */
export type HourDone = { row: HourRow; list: Difference[]; leftOut: number }

export type HoursOptions = ProofOptions & {
  frozen: Frozen
  facts: readonly SinkFacts[]
  reading: readonly TopicRead[]
  /** What the ingest put aside, by log_id. */
  quarantined: ReadonlyMap<string, readonly LetterFacts[]>
}

/** Differences of an hour that are listed with their ids. */
const MOST_LISTED = 50_000
const NOT_LISTED = 'in the topic, but Auth0 does not list it: another tenant or a test sent it, or Auth0 no longer holds it'

/** @param first the first hour that is not done yet */
export async function* hoursOf(options: HoursOptions, first: number): AsyncGenerator<HourDone> {
  const { day, facts: sinks, progress, signal, auth0 } = options
  const hours = day.hours.length
  for (let next = first; next < hours; ) {
    const told = (done: number, total: number) =>
      progress(next + Math.min(0.9, done / Math.max(1, total)), hours, `reading the topic, ${done} of ${total} records`)
    const scanned = await scan({ ...options, sinks, progress: told }, next)
    for (; next < scanned.end; next++) {
      signal.throwIfAborted()
      const { at, from, to } = day.hours[next]
      progress(next, hours, auth0 ? `asking Auth0 for ${at}` : `counting ${at}`)
      const told = (logs: number) => progress(next, hours, `Auth0 lists ${logs} logs of ${at} so far`)
      // Of an hour that is not over, logs are still on their way: it is not compared.
      const asked =
        auth0 && isOver(options, to)
          ? await readAuth0Hour(auth0, { from, to }, { ...scanned, quarantined: options.quarantined }, signal, told)
          : undefined
      yield await hourDone(options, scanned, next, asked)
    }
  }
}

const isOver = ({ frozen }: HoursOptions, to: number) => to <= Date.parse(frozen.as_of) - CLOCKS_MS

async function hourDone(options: HoursOptions, scanned: Scanned, hour: number, asked: Auth0Hour | undefined): Promise<HourDone> {
  const { day, auth0 } = options
  const { at, from, to } = day.hours[hour]
  const tally = tallied(scanned, hour, at, options.facts)
  const unlisted = asked ? tally.unlisted : []
  // Nothing older is held there, and the topic has what Auth0 does not list: Auth0 has begun to forget this hour.
  const isKnown = asked !== undefined && (asked.isSeen || unlisted.length === 0)
  const facts: HourFacts = {
    auth0: !auth0 ? 'not_asked' : isKnown || !isOver(options, to) ? 'asked' : 'expired',
    isOver: isOver(options, to),
    topic: topicState(options, scanned, from, to),
  }
  const counted: Pick<HourRow, 'auth0' | 'topic' | 'sinks'> = {
    auth0: asked && isKnown ? { logs: asked.logs, hash: asked.hash, excluded: asked.excluded, calls: asked.calls } : null,
    topic: {
      logs: tally.logs,
      copies: scanned.copies[hour],
      hash: tally.hash,
      missing: asked && isKnown ? asked.missing : 0,
      not_listed: isKnown ? unlisted.length : 0,
    },
    sinks: tally.sinks,
  }
  const reasons = reasonsOf(counted, facts)
  const list: Difference[] = []
  if (asked && isKnown) {
    for (const { id, why } of asked.missingIds) list.push({ log_id: id, hour: at, kind: 'missing', sink: '', why })
    for (const id of await idsAt(options, scanned, unlisted))
      list.push({ log_id: id, hour: at, kind: 'not_listed', sink: '', why: NOT_LISTED })
  }
  // Partitions are read in any order; the list is the same for the same day.
  list.push(...tally.list.toSorted((a, b) => compare(a.log_id, b.log_id) || compare(a.sink, b.sink)))
  const total = counted.topic.missing + counted.topic.not_listed + tally.differences
  const shown = list.slice(0, MOST_LISTED)
  const checkedAt = new Date().toISOString()
  const row = { at, from: isoOf(from), to: isoOf(to), checked_at: checkedAt, verdict: verdictOf(reasons), reasons, ...counted }
  return { row, list: shown, leftOut: Math.max(0, total - shown.length) }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const isDifference = (outcome: Outcome) => outcome !== 'delivered' && outcome !== 'filtered'

type Tally = {
  logs: number
  hash: string
  sinks: Record<string, SinkHour>
  /** Rows that Auth0 does not list. */
  unlisted: number[]
  list: Difference[]
  /** Logs that were neither delivered nor filtered, once a sink; `list` has those whose ids were kept. */
  differences: number
}

function tallied(scanned: Scanned, hour: number, at: string, facts: readonly SinkFacts[]): Tally {
  const { logs, endings, notes } = scanned
  const ids = new IdsHash()
  const codes = facts.map(() => new Map<number, number>())
  const unlisted: number[] = []
  const list: Difference[] = []
  let differences = 0
  for (let row = 0; row < logs.size; row++) {
    if (logs.hour(row) !== hour) continue
    ids.add(logs.idHash(row))
    if (!logs.isListed(row)) unlisted.push(row)
    for (const [sink, counts] of codes.entries()) {
      const code = logs.end(row, sink)
      counts.set(code, (counts.get(code) ?? 0) + 1)
      const ending = endings.of(code)
      if (!ending || !isDifference(ending.outcome)) continue
      differences++
      const note = notes.get(row)?.findLast((one) => one.sink === sink)
      if (note) list.push({ log_id: note.id, hour: at, kind: ending.outcome, sink: facts[sink].known.name, why: note.why })
    }
  }
  const sinks = facts.map(({ known }, i) => [known.name, sinkHour(scanned, codes[i], scanned.duplicates[i][hour])] as const)
  return { logs: ids.size, hash: ids.digest(), sinks: Object.fromEntries(sinks), unlisted, list, differences }
}

function sinkHour({ endings }: Scanned, codes: ReadonlyMap<number, number>, duplicates: number): SinkHour {
  const filtered = new Map<string, number>()
  const dead = new Map<string, number>()
  const counts = { delivered: 0, redriven: 0, delivered_or_filtered: 0, waiting: 0, unknown: 0 }
  for (const [code, count] of codes) {
    const ending = endings.of(code)
    if (!ending) continue
    const { outcome, detail } = ending
    if (outcome === 'filtered') filtered.set(detail, (filtered.get(detail) ?? 0) + count)
    else if (outcome === 'dead_lettered') dead.set(detail, (dead.get(detail) ?? 0) + count)
    else counts[outcome] += count
  }
  const { delivered, redriven, delivered_or_filtered, waiting, unknown } = counts
  return {
    delivered,
    redriven,
    delivered_or_filtered,
    filtered: Object.fromEntries(filtered),
    dead_lettered: Object.fromEntries(dead),
    waiting,
    unknown,
    duplicates,
  }
}

/** Whether the topic still has what it received of an hour. */
function topicState({ frozen, facts }: HoursOptions, { firstHeld }: Scanned, from: number, to: number): HourFacts['topic'] {
  const isCut = frozen.ranges.some(({ partition, start, end }) => {
    if (start === 0) return false
    return end === start || (firstHeld.get(partition) ?? 0) >= from
  })
  if (isCut) return 'expired'
  // Counting began anew although no operator wanted it, and the topic begins later: another one of the same name was there before.
  const isAnew = facts.some(({ accounts }) => accounts.some(({ note }) => note.startsWith('counting began anew')))
  const oldest = Math.min(...firstHeld.values())
  return isAnew && Number.isFinite(oldest) && oldest >= to ? 'made_anew' : 'held'
}

/** The log_ids of these rows, read from the topic again; in the order of the topic. */
async function idsAt({ client, signal }: HoursOptions, { logs }: Scanned, rows: readonly number[]): Promise<string[]> {
  const ids: string[] = []
  if (rows.length === 0) return ids
  const { ranges, holds } = placesOf(logs, rows.slice(0, MOST_LISTED))
  await readRanges(
    client,
    'prove',
    topicNames.events(client.settings.prefix),
    ranges,
    (record) => {
      if (record.key !== null && holds(record)) ids.push(record.key)
    },
    signal,
  )
  return ids.toSorted()
}
