// dead letter: what cannot be delivered is stored in the sink's dead-letter topic, and counts only when Kafka has acknowledged it.
import { errorText } from '../../platform/errors.ts'
import { DeadLettersRefused } from '../../topics/dead-letters.ts'
import { type Burial, finish, type Shared, type Term } from './term.ts'

const REFUSED = 'dead_letter_refused'

/** Stores dead letters until the term is over. While Kafka refuses them nothing behind them is committed, and deliveries wait. */
export async function storeDeadLetters(shared: Shared, term: Term): Promise<void> {
  while (!term.isOver()) {
    const wait = term.burials.length === 0 ? Number.POSITIVE_INFINITY : shared.deadLetters.waitMs()
    if (wait > 0) await term.bell.wait(wait)
    else await store(shared, term)
  }
}

async function store(shared: Shared, term: Term): Promise<void> {
  const { options, deadLetters } = shared
  const sent = [...term.burials]
  let refused: Burial[] = []
  term.burying++
  try {
    await options.sendDeadLetters(sent.map(({ letter }) => letter))
    deadLetters.succeeded()
  } catch (error) {
    const kept = error instanceof DeadLettersRefused ? new Set(error.letters) : undefined
    refused = kept ? sent.filter(({ letter }) => kept.has(letter)) : sent
    if (!term.isOver()) deadLetters.failed({ kind: 'hold', reason: REFUSED, message: errorText(error) })
  }
  term.burying--
  if (term.isOver()) return
  const again = new Set(refused)
  for (const one of sent) {
    if (!again.has(one)) finish(shared, one.lane, one.sequence, one.letter.logId, 'dead_lettered', one.letter.reason)
  }
  term.burials = [...refused, ...term.burials.slice(sent.length)]
  term.bell.ring()
}
