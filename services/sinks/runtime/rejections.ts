// Are the events wrong, or is everything? A vendor that rejects one event after the other must not empty the topic into dead letters.

const IN_A_ROW = 20
const WINDOW = 1_000
const SHARE = 0.05

export type Rejections = {
  delivered: (events: number) => void
  /** Counts an event that the vendor rejected alone. Answers why nothing more may be dead-lettered, if so. */
  rejected: () => string | undefined
}

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
  return {
    delivered(events) {
      inARow = 0
      for (let i = Math.min(events, WINDOW); i > 0; i--) push(0)
    },
    rejected() {
      inARow++
      push(1)
      if (inARow > IN_A_ROW) return `more than ${IN_A_ROW} events in a row were rejected`
      if (inWindow > WINDOW * SHARE) return `more than ${SHARE * 100} % of the last ${WINDOW} events were rejected`
      return undefined
    },
  }
}
