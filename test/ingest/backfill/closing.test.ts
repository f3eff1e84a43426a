// A service that ends while Kafka is away: the backfill's group and its control topic are closed beside each other, within the limit.
import { expect, onTestFinished, test } from 'vitest'
import { start as startAuth0 } from '../../../services/sandbox/auth0/start.ts'
import { backfillEnv, startPolling } from '../../support/backfill.ts'
import { newPrefix } from '../../support/kafka.ts'
import { ownBroker } from '../../support/own-broker.ts'
import { pause, until } from '../../support/wait.ts'

test.each([0, 15_000])(
  'Kafka away for %i ms - the worker ends within 10 s, and nothing is left open',
  {
    timeout: 90_000,
  },
  async (awayMs) => {
    const own = await ownBroker({})
    const auth0 = await startAuth0()
    onTestFinished(() => auth0.close())
    auth0.append(10)
    const worker = await startPolling(backfillEnv(own.brokers, newPrefix(), auth0))
    await until(
      'a pass',
      () => auth0.received.counts.pages ?? 0,
      (pages) => pages > 2,
      { limitMs: 30_000 },
    )
    await own.discard()
    await pause(awayMs)
    const begun = performance.now()
    const unclosed = await worker.close()
    const ms = Math.round(performance.now() - begun)
    expect({ unclosed, isInTime: ms < 10_000 }, `${ms} ms`).toEqual({ unclosed: [], isInTime: true })
  },
)
