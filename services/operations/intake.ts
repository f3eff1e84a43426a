// What came in over the webhook in the last hour, and what was refused: whether Auth0 still sends, from the ingest's own reports alone. Pure.
import type { Told } from '../topics/reports.ts'

/** Bodies that were not taken, for one reason. `lastAt`: the end of the newest window in which there were some, ISO 8601. */
export type Refused = { reason: string; bodies: number; lastAt: string }

/** Of the hour before `now`. `lastEventAt`: the end of the newest window in which events came, ISO 8601, empty where there is none. */
export type Intake = { events: number; quarantined: number; refused: Refused[]; lastEventAt: string }

const HOUR_MS = 3_600_000

/** @param told in order; windows of all instances are summed @param now milliseconds */
export function intakeOf(told: readonly Told[], now: number): Intake {
  const since = new Date(now - HOUR_MS).toISOString()
  const intake: Intake = { events: 0, quarantined: 0, refused: [], lastEventAt: '' }
  const refused = new Map<string, Refused>()
  for (const one of told) {
    if (one.kind !== 'report' || one.report.refused === undefined) continue
    const { ended_at, processed, dead_lettered } = one.report
    if (processed > 0 && ended_at > intake.lastEventAt) intake.lastEventAt = ended_at
    if (ended_at < since) continue
    intake.events += processed
    intake.quarantined += dead_lettered
    for (const [reason, bodies] of Object.entries(one.report.refused)) {
      const before = refused.get(reason)
      const lastAt = before && before.lastAt > ended_at ? before.lastAt : ended_at
      refused.set(reason, { reason, bodies: (before?.bodies ?? 0) + bodies, lastAt })
    }
  }
  intake.refused = [...refused.values()].toSorted((a, b) => b.bodies - a.bodies)
  return intake
}
