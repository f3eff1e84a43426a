// Are the events wrong, or is everything? A vendor that rejects one event after the other must not empty the topic into dead letters.

const IN_A_ROW = 20
const WINDOW = 1_000
const SHARE = 0.05

export type Rejections = {
  /** Counts events that the vendor took. After a hold the past is forgotten: somebody has put right what was wrong. */
  delivered: (events: number) => void
  /** Counts an event that the vendor rejected alone, once, however often it is tried. */
  rejected: () => void
  /** Why nothing more may be dead-lettered; undefined while rejections are few. */
  tooMany: () => string | undefined
}

/** Counts over the last 1,000 events of this process, whatever their partition. */
export function createRejections(): Rejections {
  const last = new Uint8Array(WINDOW)
  let place = 0
  let inWindow = 0
  let inARow = 0
  const push = (value: 0 | 1) => {
    inWindow += value - last[place]
    last[place] = value
    place = (place + 1) % WINDOW
  }
  const tooMany = () => {
    if (inARow > IN_A_ROW) return `more than ${IN_A_ROW} events in a row were rejected`
    if (inWindow > WINDOW * SHARE) return `more than ${SHARE * 100} % of the last ${WINDOW} events were rejected`
    return undefined
  }
  return {
    delivered(events) {
      if (events <= 0) return
      if (tooMany()) {
        last.fill(0)
        inWindow = 0
      }
      inARow = 0
      for (let i = Math.min(events, WINDOW); i > 0; i--) push(0)
    },
    rejected() {
      inARow++
      push(1)
    },
    tooMany,
  }
}
