// What Slack has been told: travels in the metadata of the group's commit, atomic with the offset, so that a start neither repeats nor
// forgets anything. Times are milliseconds since the epoch.
import { RECORD_VERSION } from '../topics/records.ts'

/** One error class and what came of it since it was last told. The next update is due after a window that doubles with each `step`. */
export type Coalesced = { at: number; step: number; reports: number; attempts: number }

/** A service that cannot do its work, from its first failure to its recovery. */
export type Outage = {
  since: number
  reports: number
  /** By error class. */
  classes: Map<string, Coalesced>
  /** Its instances in trouble, by a short hash: until when one that falls silent still counts. */
  in: Map<string, number>
  /** Nothing has been told of it, so its end is no news either. */
  silent?: boolean
  /** Recovered then, and remembered for a while: a failure soon after is the same outage. */
  ended?: number
  /** How often it came back. From the first time on its recovery is told when it has held for a while. */
  again: number
}

/** The last daily report: its local date, and the offset in the reports topic up to which it told. */
export type Daily = { date: string; at: number; offset: number }

export type State = {
  /** By service. */
  outages: Map<string, Outage>
  /** By service and error class: errors that were told once and did not stop the service. */
  alarms: Map<string, Coalesced>
}

/** Of the 4,096 that Kafka takes by default. */
const MAX_BYTES = 1_000

export const newState = (): State => ({ outages: new Map(), alarms: new Map() })

/** At most 1,000 bytes: what can be done without is left out, the oldest first. */
export function encodeState(state: State, daily: Daily | undefined): string {
  const kept = structuredClone(state)
  for (;;) {
    const text = JSON.stringify({ v: RECORD_VERSION, ...(daily ? { daily } : {}), ...kept }, (_, value: unknown) =>
      value instanceof Map ? Object.fromEntries(value) : value,
    )
    if (Buffer.byteLength(text) <= MAX_BYTES || !leaveOut(kept)) return text
  }
}

/** Answers false where nothing is left to leave out. */
function leaveOut({ outages, alarms }: State): boolean {
  const oldest = <T>(entries: Map<string, T>, at: (entry: T) => number) =>
    [...entries].toSorted(([, a], [, b]) => at(a) - at(b))[0]?.[0]
  const alarm = oldest(alarms, ({ at }) => at)
  if (alarm !== undefined) return alarms.delete(alarm)
  const ended = [...outages].find(([, outage]) => outage.ended !== undefined)
  if (ended) return outages.delete(ended[0])
  // Without its instances an outage ends with the first good report of any: better than not at all.
  const full = [...outages.values()].find((outage) => outage.in.size > 0)
  if (full) {
    full.in.clear()
    return true
  }
  const outage = [...outages.values()].find(({ classes }) => classes.size > 1)
  const told = outage && oldest(outage.classes, ({ at }) => at)
  if (told !== undefined) return outage!.classes.delete(told)
  const last = oldest(outages, ({ since }) => since)
  return last !== undefined && outages.delete(last)
}

/**
 * What stands behind a commit; nothing where it has none that can be read: an outside reset clears it. Of what others wrote there, only
 * what has the shape of ours is taken.
 */
export function decodeState(metadata: string): { state: State; daily: Daily | undefined } {
  const read = objectOf(parsed(metadata))
  if (read.v !== RECORD_VERSION) return { state: newState(), daily: undefined }
  const { date, at, offset } = objectOf(read.daily)
  const isDaily = typeof date === 'string' && /^\d{4}-\d\d-\d\d$/.test(date) && isNumber(at) && isNumber(offset)
  return {
    state: { outages: entriesOf(read.outages, outageOf), alarms: entriesOf(read.alarms, coalescedOf) },
    daily: isDaily ? { date, at, offset } : undefined,
  }
}

function parsed(metadata: string): unknown {
  try {
    return JSON.parse(metadata)
  } catch {
    return undefined
  }
}

const isNumber = (value: unknown): value is number => Number.isFinite(value)
const numberOf = (value: unknown) => (isNumber(value) ? value : undefined)
const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

/** The entries that can be read; the others are left out. */
function entriesOf<T>(value: unknown, read: (entry: unknown) => T | undefined): Map<string, T> {
  return new Map(
    Object.entries(objectOf(value)).flatMap(([key, entry]): [string, T][] => {
      const found = read(entry)
      return found === undefined ? [] : [[key, found]]
    }),
  )
}

function coalescedOf(value: unknown): Coalesced | undefined {
  const { at, step, reports, attempts } = objectOf(value)
  return isNumber(at) && isNumber(step) && isNumber(reports) && isNumber(attempts) ? { at, step, reports, attempts } : undefined
}

function outageOf(value: unknown): Outage | undefined {
  const { since, reports, classes, in: within, ended, again, silent } = objectOf(value)
  if (!isNumber(since) || !isNumber(reports) || !isNumber(again)) return undefined
  return {
    since,
    reports,
    classes: entriesOf(classes, coalescedOf),
    in: entriesOf(within, numberOf),
    again,
    ...(isNumber(ended) ? { ended } : {}),
    ...(silent === true ? { silent } : {}),
  }
}
