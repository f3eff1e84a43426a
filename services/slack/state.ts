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
  classes: Record<string, Coalesced>
  /** Its instances in trouble, by a short hash: until when one that falls silent still counts. */
  in: Record<string, number>
  /** Recovered then, and remembered for a while: a failure soon after is the same outage. */
  ended?: number
  /** How often it came back. From the first time on its recovery is told when it has held for a while. */
  again: number
}

/** The last daily report: its local date, and the offset in the reports topic up to which it told. */
export type Daily = { date: string; at: number; offset: number }

export type State = {
  /** By service. */
  outages: Record<string, Outage>
  /** By service and error class: errors that were told once and did not stop the service. */
  alarms: Record<string, Coalesced>
}

/** Of the 4,096 that Kafka takes by default. */
const MAX_BYTES = 1_000

export const newState = (): State => ({ outages: {}, alarms: {} })

/** At most 1,000 bytes: what can be done without is left out, the oldest first. */
export function encodeState(state: State, daily: Daily | undefined): string {
  const kept = structuredClone(state)
  for (;;) {
    const text = JSON.stringify({ v: RECORD_VERSION, ...(daily ? { daily } : {}), ...kept })
    if (Buffer.byteLength(text) <= MAX_BYTES || !leaveOut(kept)) return text
  }
}

/** Answers false where nothing is left to leave out. */
function leaveOut(state: State): boolean {
  const oldest = <T>(entries: Record<string, T>, at: (entry: T) => number) =>
    Object.entries(entries).toSorted(([, a], [, b]) => at(a) - at(b))[0]?.[0]
  const alarm = oldest(state.alarms, ({ at }) => at)
  if (alarm !== undefined) return delete state.alarms[alarm]
  const ended = Object.keys(state.outages).find((service) => state.outages[service].ended !== undefined)
  if (ended !== undefined) return delete state.outages[ended]
  // Without its instances an outage ends with the first good report of any: better than not at all.
  const full = Object.values(state.outages).find((outage) => Object.keys(outage.in).length > 0)
  if (full) {
    full.in = {}
    return true
  }
  const outage = Object.values(state.outages).find(({ classes }) => Object.keys(classes).length > 1)
  const told = outage && oldest(outage.classes, ({ at }) => at)
  if (told !== undefined) return delete outage!.classes[told]
  const last = oldest(state.outages, ({ since }) => since)
  return last !== undefined && delete state.outages[last]
}

/** What stands behind a commit; nothing where it has none that can be read: an outside reset clears it. */
export function decodeState(metadata: string): { state: State; daily: Daily | undefined } {
  try {
    const read = JSON.parse(metadata) as Partial<State> & { v?: number; daily?: Daily }
    if (Number(read.v) !== RECORD_VERSION) return { state: newState(), daily: undefined }
    return { state: { outages: read.outages ?? {}, alarms: read.alarms ?? {} }, daily: read.daily }
  } catch {
    return { state: newState(), daily: undefined }
  }
}
