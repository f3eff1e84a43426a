// The end of a term: what is under way is brought home and committed, so that it is not sent again by whoever reads on.
import { sleep } from '../../platform/lifecycle.ts'
import { commitNow } from './commits.ts'
import type { Shared, Term } from './term.ts'

/** How long deliveries under way may take to end, at a rebalance and at the service's end; and with their settling and commit. */
const DRAIN_MS = 4_000
const DRAIN_AND_SETTLE_MS = 8_200

/** Begins nothing new, waits for what is under way, commits it when it has settled; gives up what takes longer. */
export async function bringHome(shared: Shared, term: Term): Promise<void> {
  if (term.isOver()) return
  term.isTaking = false
  term.outbox.clear()
  term.bell.ring()
  await Promise.race([drain(shared, term), sleep(DRAIN_AND_SETTLE_MS, term.signal)])
  term.end()
}

async function drain(shared: Shared, term: Term): Promise<void> {
  const { settleMs = 0 } = shared.options.limits
  const until = performance.now() + Math.min(DRAIN_MS, DRAIN_AND_SETTLE_MS - settleMs)
  const left = () => until - performance.now()
  while (term.delivering + term.burying > 0 && left() > 0) await term.bell.wait(left())
  await commitNow(shared, term)
  // A timer may come some milliseconds early, by the age of the event loop's own clock: what has not settled by then is waited for.
  for (let last = term.settling.at(-1); last && !term.isOver(); last = term.settling.at(-1)) {
    await sleep(Math.max(1, last.at - performance.now()), term.signal)
    await commitNow(shared, term)
  }
}
