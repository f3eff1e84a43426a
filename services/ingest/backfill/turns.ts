// When the next pass is due: again after a moment for a continuous backfill, at its ticks for a scheduled one.
import { sleep } from '../../platform/lifecycle.ts'
import { CONTINUOUS, lastTick, type Schedule, ticksBetween } from '../../platform/schedule.ts'

/** How soon a changed schedule or state is seen. */
const LOOK_MS = 1_000

/** The tick that a pass belongs to; undefined where it runs continuously. */
export type Turn = { tick: Date | undefined }

/**
 * Waits for the next turn. A tick that came due while nobody ran is run once, however many were missed; ticks that came due
 * during the last pass were skipped. @throws when the signal is aborted
 * @param last the tick that ran last, empty where none did
 */
export async function nextTurn(options: {
  schedule: () => Schedule
  mayRun: () => boolean
  last: string
  /** No pass has run in this term yet: a continuous backfill begins at once, a missed tick is made up for. */
  isFirst: boolean
  /** A continuous backfill asks again so much later. */
  againMs: number
  skipped: (ticks: number) => void
  signal: AbortSignal
}): Promise<Turn> {
  const { schedule, mayRun, last, isFirst, againMs, skipped, signal } = options
  let since = new Date()
  const begun = performance.now()
  if (!isFirst && last !== '') skipped(ticksBetween(schedule(), new Date(last), since))
  const isMissed = (due: Date | undefined) => isFirst && last !== '' && due !== undefined && due > new Date(last)
  for (;;) {
    signal.throwIfAborted()
    const now = new Date()
    if (now < since) since = now // the clock was set back: the ticks from here on come again
    const current = schedule()
    if (mayRun()) {
      if (current.pattern === CONTINUOUS) {
        if (isFirst || performance.now() - begun >= againMs) return { tick: undefined }
      } else {
        const due = lastTick(current, now)
        if (due && (due > since || isMissed(due))) return { tick: due }
      }
    }
    await sleep(LOOK_MS, signal)
  }
}
