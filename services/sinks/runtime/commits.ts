// commit: the contiguous beginning of what has ended in each lane, with its account. One at a time; what ends meanwhile is in the next.
import { errorText } from '../../platform/errors.ts'
import { sleep } from '../../platform/lifecycle.ts'
import { encodeAccount } from '../../topics/records.ts'
import { type Lane, nextOf } from './lane.ts'
import type { Shared, Term } from './term.ts'

/** Commits begin at least so far apart: each is a write at the broker, and ten a second cost as much as a thousand events. */
const APART_MS = 50
const AGAIN_MS = 1_000
const SETTLE_CHECK_MS = 250

/** The loop that commits, until the term is over. A refused commit is tried again after a second, and told as trouble after ten. */
export async function commit(shared: Shared, term: Term): Promise<void> {
  while (!term.isOver()) {
    const rings = term.bell.rings()
    const came = await commitNow(shared, term)
    if (came === 'nothing') await term.bell.wait(term.settling.length > 0 ? SETTLE_CHECK_MS : undefined, rings)
    else await sleep(came === 'refused' ? AGAIN_MS : APART_MS, term.signal)
  }
}

/** Commits what is due. Waits for a commit under way first. */
export async function commitNow(shared: Shared, term: Term): Promise<'committed' | 'nothing' | 'refused'> {
  while (term.committing) await term.committing
  const committing = commitDue(shared, term)
  term.committing = committing
  try {
    return await committing
  } finally {
    term.committing = undefined
  }
}

async function commitDue(shared: Shared, term: Term): Promise<'committed' | 'nothing' | 'refused'> {
  const { options, commits } = shared
  if (options.limits.settleMs !== undefined) await heardOfBreaks()
  const due = term.isOver() ? [] : lanesDue(term, options.limits.settleMs)
  if (due.length === 0) {
    commits.succeeded() // nothing is left that could fail
    return 'nothing'
  }
  const accounts = due.map(({ ready }) => ready)
  const offsets = due.map(({ partition, ready }) => ({ partition, offset: nextOf(ready), metadata: encodeAccount(ready) }))
  try {
    if (!(await shared.commit(offsets))) return 'refused'
  } catch (error) {
    const message = errorText(error)
    options.log.warn({ error: message }, 'commit refused; what was delivered since the last one may be delivered again')
    if (!term.isOver()) commits.failed({ kind: 'retry', reason: 'commit_failed', message })
    return 'refused'
  }
  for (const [i, lane] of due.entries()) lane.committed = accounts[i]
  commits.succeeded()
  if (term.burials.length === 0) shared.deadLetters.succeeded()
  return 'committed'
}

/**
 * After a standstill of the process (a sleeping laptop, a paused container) timers come before what the sockets have to say: a break
 * that is in the kernel already would be heard of too late. Two rounds of the event loop read the sockets and tell.
 */
async function heardOfBreaks(): Promise<void> {
  for (let round = 0; round < 2; round++) await new Promise<void>((resolve) => setImmediate(resolve))
}

/** The lanes with something to commit: all that has ended without a gap and, where nothing is acknowledged, has settled. */
function lanesDue(term: Term, settleMs: number | undefined): Lane[] {
  const lanes = [...term.lanes.values()]
  if (!term.lostUnsettled) for (const lane of lanes) lane.advance()
  if (settleMs === undefined) {
    for (const lane of lanes) if (lane.next !== nextOf(lane.ready)) lane.ready = { ...lane.account }
  } else settle(term, lanes, settleMs)
  return lanes.filter(({ ready, committed }) => nextOf(ready) !== nextOf(committed))
}

function settle(term: Term, lanes: Lane[], settleMs: number): void {
  const now = performance.now()
  const moved = lanes.filter((lane) => lane.next !== lane.settlingAt)
  for (const lane of moved) lane.settlingAt = lane.next
  if (moved.length > 0 && !term.lostUnsettled)
    term.settling.push({ at: now + settleMs, accounts: moved.map((lane) => [lane, { ...lane.account }]) })
  while (term.settling.length > 0 && term.settling[0].at <= now)
    for (const [lane, account] of term.settling.shift()!.accounts) lane.ready = account
}
