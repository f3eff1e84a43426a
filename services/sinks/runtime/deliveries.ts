// batch > deliver: one loop a slot, and what each answer of the vendor means.
import type { Outcome } from './contract.ts'
import { outcomeOfError } from './outcome.ts'
import type { Batch } from './outbox.ts'
import { bury } from './take.ts'
import { finish, type Shared, type Term } from './term.ts'

/** Limit of one delivery. */
const DELIVERY_MS = 20_000
/** After a delivery began, one that is not full waits this long for more: a lone event goes at once, a stream in fewer calls. */
const LINGER_MS = 10
/** A delivery that is not full goes alone; beside others under way only when its first event has waited this long. */
const COMPANY_MS = 250

/** Delivers until the term is over. @param slot from 0; the first one alone tries while the vendor is in trouble */
export async function deliver(shared: Shared, term: Term, slot: number): Promise<void> {
  while (!term.isOver()) {
    const wait = waitMs(shared, term, slot)
    if (wait > 0) await term.bell.wait(wait)
    else await deliverOne(shared, term, takeBatchOut(shared, term))
  }
}

/** How long there is nothing to deliver in this slot, milliseconds; Infinity until something changes. */
function waitMs({ options: { limits }, vendor, deadLetters, commits }: Shared, term: Term, slot: number): number {
  const { outbox } = term
  const now = performance.now()
  const isStuck = commits.trouble() !== undefined || (deadLetters.trouble() !== undefined && term.burials.length > 0)
  if (!term.isTaking || isStuck || outbox.isEmpty) return Number.POSITIVE_INFINITY
  if (vendor.trouble()) {
    if (slot > 0 || term.delivering > 0) return Number.POSITIVE_INFINITY
    if (vendor.waitMs() > 0) return vendor.waitMs()
  }
  if (outbox.hasRefused) return 0
  const pace = term.paceUntil - now
  if (outbox.isFull(limits)) return pace
  const company = term.delivering > 0 ? outbox.since + COMPANY_MS - now : 0
  return Math.max(pace, company, term.lingerUntil - now)
}

function takeBatchOut({ options: { limits, partitions } }: Shared, term: Term): Batch {
  const now = performance.now()
  const isNew = !term.outbox.hasRefused
  const batch = term.outbox.next(limits, now)!
  if (isNew) {
    term.lingerUntil = now + LINGER_MS
    if (limits.perSecond !== undefined) {
      const own = (limits.perSecond * term.lanes.size) / Math.max(partitions(), term.lanes.size)
      term.paceUntil = Math.max(now, term.paceUntil) + (batch.entries.length / own) * 1000
    }
  }
  batch.attempts++
  batch.firstAt ??= new Date()
  term.delivering++
  term.bell.ring() // there is room again
  return batch
}

async function deliverOne(shared: Shared, term: Term, batch: Batch): Promise<void> {
  const started = performance.now()
  const ended = shared.options.spans?.attempt(batch)
  const outcome = await attempt(shared, term, batch)
  ended?.(outcome)
  term.delivering--
  // What was dropped says nothing of the vendor, and its events begin again at the commit.
  if (!term.isOver()) judge(shared, term, batch, outcome, performance.now() - started)
  term.bell.ring()
}

/** One attempt within its time limit; ended early when the term is over. */
async function attempt({ options }: Shared, { signal }: Term, { entries }: Batch): Promise<Outcome> {
  const attempt = new AbortController()
  const abort = () => attempt.abort(signal.reason)
  const timer = setTimeout(() => attempt.abort(new DOMException('no answer within the time limit', 'TimeoutError')), DELIVERY_MS)
  signal.addEventListener('abort', abort, { once: true })
  try {
    const items = entries.map(({ item }) => item)
    return await options.connection.deliver(items, attempt.signal)
  } catch (error) {
    return outcomeOfError(error)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

function judge(shared: Shared, term: Term, batch: Batch, outcome: Outcome, durationMs: number): void {
  const { log } = shared.options
  const facts = {
    events: batch.entries.length,
    attempts: batch.attempts,
    duration_ms: Math.round(durationMs),
    outcome: outcome.kind,
  }
  if (outcome.kind === 'delivered' || outcome.kind === 'partial') {
    const refused = outcome.kind === 'partial' ? outcome.refused : []
    const bytes = batch.entries.reduce((sum, entry) => sum + entry.bytes, 0)
    log.info({ ...facts, bytes, refused: refused.length }, 'batch')
    return taken(shared, term, batch, refused, { bytes, durationMs })
  }
  log.warn({ ...facts, reason: outcome.reason, answer: outcome.message }, 'batch')
  if (outcome.kind === 'rejected') return rejected(shared, term, batch, outcome)
  shared.options.watch.retried(outcome.reason)
  tryAgain(shared, term, batch, outcome)
}

/** The vendor took the batch, but for those that it named. */
function taken(
  shared: Shared,
  term: Term,
  { entries, attempts, firstAt }: Batch,
  refused: Extract<Outcome, { kind: 'partial' }>['refused'],
  { bytes, durationMs }: { bytes: number; durationMs: number },
): void {
  const named = new Map(refused.map((one) => [one.index, one]))
  const events = entries.length - named.size
  shared.options.watch.delivered({ events, bytes, attempts, durationMs })
  shared.rejections.delivered(events)
  shared.vendor.succeeded()
  for (const [index, entry] of entries.entries()) {
    const refusal = named.get(index)
    if (!refusal) finish(shared, entry.lane, entry.sequence, entry.event.id, 'delivered', '')
    else bury(shared, term, { ...entry, stage: 'deliver', reason: refusal.reason, error: refusal.message, attempts, firstAt })
  }
}

/** The same bytes get the same answer: the batch is halved until the bad event is alone. */
function rejected(shared: Shared, term: Term, batch: Batch, outcome: Extract<Outcome, { kind: 'rejected' }>): void {
  const { entries, attempts, firstAt } = batch
  if (entries.length > 1) {
    const half = Math.ceil(entries.length / 2)
    return term.outbox.putBack({ ...batch, entries: entries.slice(0, half) }, { ...batch, entries: entries.slice(half) })
  }
  if (!batch.counted) shared.rejections.rejected()
  batch.counted = true
  const tooMany = shared.rejections.tooMany()
  if (tooMany) {
    const message = `${tooMany}: ${outcome.message}`
    return tryAgain(shared, term, batch, { kind: 'hold', reason: 'rejections', message })
  }
  shared.vendor.succeeded()
  bury(shared, term, { ...entries[0], stage: 'deliver', reason: outcome.reason, error: outcome.message, attempts, firstAt })
}

/** The batch goes out again before anything new; where nothing is acknowledged, all that has not settled is read again instead. */
function tryAgain(
  shared: Shared,
  term: Term,
  batch: Batch,
  failure: { kind: 'retry' | 'hold'; reason: string; message: string; afterMs?: number },
): void {
  term.outbox.putBack(batch)
  shared.vendor.failed(failure)
  if (shared.options.limits.settleMs !== undefined) shared.readAgain(term)
}
