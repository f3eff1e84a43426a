// Everything that can keep a flow from delivering, each with its own patience; what begins and what ends is told once.
import { createPatience, type Patience, type Trouble } from './patience.ts'

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

  return { places, commits, deadLetters, vendor, standing, current: () => told }
}
