// Whether Kafka takes what is sent: after a missing acknowledgement everything is answered 503 at once until a probe succeeds.
import { errorText } from '../platform/errors.ts'
import { sleep } from '../platform/lifecycle.ts'
import type { Logger } from '../platform/logger.ts'

const PROBE_MS = 500

export type KafkaState = {
  /** Undefined while Kafka takes records, else why not, for the sender. */
  problem: () => string | undefined
  /** Whether Kafka was ever met. */
  met: () => boolean
  /** An acknowledgement is missing. */
  lost: (error: unknown) => void
}

/** @param probe resolves when Kafka answers; begins at once, for a service may start before its broker */
export function followKafka(probe: () => Promise<unknown>, log: Logger, signal: AbortSignal): KafkaState {
  let met = false
  let problem: string | undefined = 'Kafka has not been met yet'
  let probing = false

  async function probeUntilMet(): Promise<void> {
    if (probing) return
    probing = true
    const since = Date.now()
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await probe()
        problem = undefined
        met = true
        log.info({ away_ms: Date.now() - since }, 'Kafka answers; events are accepted')
        break
      } catch (error) {
        if (attempt % 20 === 1)
          log.warn(
            { error: errorText(error) },
            'Kafka does not answer: webhooks get 503 and Auth0 keeps the events until it does',
          )
        await sleep(PROBE_MS, signal)
      }
    }
    probing = false
  }

  void probeUntilMet()
  return {
    problem: () => problem,
    met: () => met,
    lost(error) {
      problem = `Kafka is away (${errorText(error)})`
      void probeUntilMet()
    },
  }
}
