// A page into the topic, for as long as that takes: the checkpoint waits.
import type { Split } from '../../events/split.ts'
import { errorText } from '../../platform/errors.ts'
import { sleep } from '../../platform/lifecycle.ts'
import { type Source, storeEvents } from '../store.ts'
import type { Backfill } from './contract.ts'

const STORE_AGAIN_MS = 1_000
/** Kafka has been away for so long: a failure, and told as one. */
const TOLD_AFTER = 5

/** Resolves when Kafka has acknowledged all of it. @throws only when the signal is aborted */
export async function publishAll(
  { store, runs, log, metrics }: Backfill,
  split: Split,
  source: Source,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      const { accepted, quarantined } = await storeEvents(split, { source }, store)
      runs.count('delivered', accepted)
      runs.count('dead_lettered', quarantined)
      if (source === 'reconcile') {
        runs.count('recovered', accepted)
        metrics.recovered.inc(accepted)
      }
      for (const { id, value } of split.events) {
        runs.seen(id.toString())
        runs.count('bytes', value.length)
      }
      if (attempt > 1) log.info('Kafka accepts the page again; the backfill continues')
      if (attempt > TOLD_AFTER) await runs.recovered()
      return
    } catch (error) {
      const text = errorText(error)
      if (attempt === 1) log.warn({ error: text }, 'Kafka did not accept the page; retrying, the checkpoint waits')
      if (attempt === TOLD_AFTER) void runs.troubled('failed', `Kafka does not take a page of logs: ${text}`)
      await sleep(STORE_AGAIN_MS, signal)
    }
  }
}
