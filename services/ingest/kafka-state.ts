// Whether Kafka takes what is sent: after a missing acknowledgement everything is answered 503 at once until a probe succeeds; while
// nobody sends, a look now and then finds out before the next sender does.
import { errorText } from '../platform/errors.ts'
import { sleep, within } from '../platform/lifecycle.ts'
import type { Logger } from '../platform/logger.ts'

const PROBE_MS = 500
/** So long without an acknowledgement before Kafka is looked at. */
const QUIET_MS = 10_000
const LOOK_LIMIT_MS = 5_000
const TOLD_EVERY = 20

export type KafkaState = {
  /** Undefined while Kafka takes records, else why not, for the sender. */
  problem: () => string | undefined
  /** Whether Kafka was ever met. */
  met: () => boolean
  /** An acknowledgement is missing. */
  lost: (error: unknown) => void
  /** An acknowledgement came. */
  acknowledged: () => void
}

export type KafkaWatch = {
  /** Resolves when Kafka takes records; begins at once, for a service may start before its broker. */
  probe: () => Promise<unknown>
  /** Resolves when Kafka answers; cheaper than the probe. */
  look: () => Promise<unknown>
  log: Logger
  signal: AbortSignal
  quietMs?: number
}

/** Begins to probe at once, and goes on until the signal is aborted. `problem` answers from memory: nobody waits for Kafka to be refused. */
export function followKafka({ probe, look, log, signal, quietMs = QUIET_MS }: KafkaWatch): KafkaState {
  let met = false
  let problem: string | undefined = 'Kafka has not answered yet'
  let probing = false
  let lastSign = performance.now()

  const failed = (error: unknown) => {
    problem = `${met ? 'Kafka is away' : 'Kafka has not answered yet'} (${errorText(error)})`
  }

  async function probeUntilMet(): Promise<void> {
    if (probing) return
    probing = true
    const since = performance.now()
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await probe()
        problem = undefined
        met = true
        lastSign = performance.now()
        log.info({ away_ms: Math.round(lastSign - since) }, 'Kafka accepts records; the ingest accepts events')
        break
      } catch (error) {
        failed(error)
        if (attempt % TOLD_EVERY === 1)
          log.warn(
            { error: errorText(error) },
            'Kafka takes no records: webhooks get 503 and Auth0 keeps the events until it does',
          )
        await sleep(PROBE_MS, signal)
      }
    }
    probing = false
  }

  function lost(error: unknown): void {
    failed(error)
    void probeUntilMet()
  }

  async function lookWhileQuiet(): Promise<void> {
    for (; !signal.aborted; await sleep(quietMs / 4, signal)) {
      if (probing || performance.now() - lastSign < quietMs) continue
      try {
        await within(look(), LOOK_LIMIT_MS, 'asking Kafka for the topic')
        lastSign = performance.now()
      } catch (error) {
        if (!signal.aborted) lost(error)
      }
    }
  }

  void probeUntilMet()
  void lookWhileQuiet()
  return {
    problem: () => problem,
    met: () => met,
    lost,
    acknowledged() {
      lastSign = performance.now()
    },
  }
}
