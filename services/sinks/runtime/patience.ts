// How long to wait for somebody who does not take what they are given (the vendor, the dead-letter topic, Kafka), and since when.
// It outlives assignments: a vendor that is down does not come back because the group rebalances. Each trouble has a patience of its own,
// and what begins and what ends is told once.
import { backoffMs } from '../../platform/backoff.ts'
import type { Outcome } from './contract.ts'

/**
 * Why nothing is delivered at the moment. `since` and `nextTry` by the wall clock, milliseconds, to be shown; `attempts` of one round count
 * once.
 */
export type Trouble = {
  kind: 'retry' | 'hold'
  reason: string
  message: string
  since: number
  attempts: number
  nextTry: number
}

export type Failure = Pick<Extract<Outcome, { kind: 'retry' | 'hold' }>, 'reason' | 'message'> & {
  kind: 'retry' | 'hold'
  afterMs?: number
}

export type Patience = {
  failed: (failure: Failure) => void
  succeeded: () => void
  /** Until the next attempt may be made, milliseconds; 0 = now. */
  waitMs: () => number
  /** Ends the waiting: the next attempt may be made now. What was learned of the trouble stays. */
  tryNow: () => void
  trouble: () => Trouble | undefined
}

/**
 * @param changed called after each failure, and when the trouble is over
 * @param graceMs what is over sooner is no trouble
 */
export function createPatience({
  changed,
  graceMs = 0,
  random = Math.random,
}: {
  changed: () => void
  graceMs?: number
  random?: () => number
}): Patience {
  let trouble: Trouble | undefined
  /** Both by the monotonic clock. */
  let began = 0
  let nextTry = 0
  return {
    failed({ kind, reason, message, afterMs }) {
      const now = performance.now()
      if (!trouble) began = now
      // Deliveries that were under way together fail together: one round.
      const isNewRound = !trouble || now >= nextTry
      const attempts = (trouble?.attempts ?? 0) + (isNewRound ? 1 : 0)
      const wait = backoffMs(attempts, random(), afterMs)
      nextTry = isNewRound ? now + wait : Math.max(nextTry, now + (afterMs === undefined ? 0 : wait))
      const since = trouble?.since ?? Date.now()
      trouble = { kind, reason, message, since, attempts, nextTry: Date.now() + Math.ceil(nextTry - now) }
      changed()
    },
    succeeded() {
      if (!trouble) return
      trouble = undefined
      nextTry = 0
      changed()
    },
    tryNow: () => void (nextTry = 0),
    waitMs: () => (trouble ? Math.max(0, nextTry - performance.now()) : 0),
    trouble: () => (trouble && performance.now() - began >= graceMs ? trouble : undefined),
  }
}

/** Commits, or the question where partitions begin, that fail for longer are trouble: told, and deliveries wait. */
const GRACE_MS = 10_000

export type Troubles = {
  /** Where the assigned partitions begin is not known. */
  readonly places: Patience
  readonly commits: Patience
  readonly deadLetters: Patience
  readonly vendor: Patience
  /** The member does nothing although it should. */
  readonly standing: Patience
  /** The one that counts now: the first of the above that there is. */
  current: () => Trouble | undefined
  /** The next attempt is made at once: an operator may have fixed something, and does not want to wait. */
  tryNow: () => void
}

/** @param changed called whenever it may be another one than before, or none */
export function createTroubles(options: {
  troubled: (trouble: Trouble) => void
  recovered: (trouble: Trouble) => void
  changed: () => void
  random?: () => number
}): Troubles {
  const { random } = options
  let told: Trouble | undefined
  const places = createPatience({ changed: tell, random, graceMs: GRACE_MS })
  const commits = createPatience({ changed: tell, random, graceMs: GRACE_MS })
  const deadLetters = createPatience({ changed: tell, random })
  const vendor = createPatience({ changed: tell, random })
  const standing = createPatience({ changed: tell, random })
  const all = [places, commits, deadLetters, vendor, standing]
  const current = () => all.map((patience) => patience.trouble()).find((trouble) => trouble !== undefined)

  function tell(): void {
    const now = current()
    const before = told
    told = now
    if (now && (now.kind !== before?.kind || now.reason !== before.reason)) options.troubled(now)
    else if (before && !now) options.recovered(before)
    options.changed()
  }

  return {
    places,
    commits,
    deadLetters,
    vendor,
    standing,
    current: () => told,
    tryNow() {
      all.forEach((patience) => patience.tryNow())
      options.changed()
    },
  }
}
