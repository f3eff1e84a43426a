// BACKFILL=poll: every log of the tenant into the topic, whatever is killed meanwhile.
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { type Auth0Options, type Auth0StandIn, start as startAuth0 } from '../../../services/sandbox/auth0/start.ts'
import { backfillEnv, logsInTopic, metadataOf, reportsOf, startPolling } from '../../support/backfill.ts'
import { newPrefix } from '../../support/kafka.ts'
import { type Broker, openBroker } from '../../support/plain-kafka.ts'
import { until } from '../../support/wait.ts'

let broker: Broker
beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
})
afterAll(() => broker.close())

async function tenant(options: Auth0Options = {}): Promise<Auth0StandIn> {
  const auth0 = await startAuth0(options)
  onTestFinished(() => auth0.close())
  return auth0
}

describe('poll', { timeout: 60_000 }, () => {
  test('poll - everything that the tenant holds arrives once, byte for byte, then what comes later', async () => {
    const auth0 = await tenant()
    auth0.append(250)
    const env = backfillEnv(broker.brokers, newPrefix(), auth0)
    const held = () => auth0.ids()
    await startPolling(env)
    const topic = await logsInTopic(broker, env.TOPIC_PREFIX)
    await until(
      'all logs',
      () => topic.ids().length,
      (count) => count >= held().length,
    )
    const later = auth0.append(5)
    await until(
      'later logs',
      () => topic.ids().length,
      (count) => count >= held().length,
    )
    expect(topic.ids().toSorted()).toEqual(held())
    expect(topic.ids()).toEqual(expect.arrayContaining(later))
    expect(topic.sources()).toEqual(new Set(['poll']))
    const metadata = await until(
      'checkpoint',
      () => metadataOf(broker, env.TOPIC_PREFIX),
      ({ checkpoint }) => checkpoint === held().at(-1),
    )
    expect(metadata).toMatchObject({ v: 1, term: 1, start_from: '' })
  })

  test('poll - a log that Auth0 stores late, with a smaller id, is found by the overlap', async () => {
    const auth0 = await tenant()
    auth0.append(20)
    const env = backfillEnv(broker.brokers, newPrefix(), auth0)
    await startPolling(env)
    const topic = await logsInTopic(broker, env.TOPIC_PREFIX)
    await until(
      'all logs',
      () => topic.ids().length,
      (count) => count >= 20,
    )
    const [late] = auth0.append(1, { late: 5_000 })
    await until(
      'the late log',
      () => topic.ids(),
      (ids) => ids.includes(late),
    )
    expect(topic.ids().toSorted()).toEqual(auth0.ids())
  })

  test('START_FROM - inclusive for a log_id; the same value again goes on from the checkpoint', async () => {
    const auth0 = await tenant()
    const ids = auth0.append(30)
    const env = { ...backfillEnv(broker.brokers, newPrefix(), auth0), START_FROM: ids[10] }
    const first = await startPolling(env)
    const topic = await logsInTopic(broker, env.TOPIC_PREFIX)
    const wanted = () => auth0.ids().filter((id) => id >= ids[10])
    await until(
      'from there on',
      () => topic.ids().length,
      (count) => count >= wanted().length,
    )
    await until(
      'checkpoint',
      () => metadataOf(broker, env.TOPIC_PREFIX),
      ({ checkpoint }) => checkpoint === auth0.ids().at(-1),
    )
    await first.close()
    await startPolling(env)
    const [newest] = auth0.append(1)
    await until(
      'the newest',
      () => topic.ids(),
      (found) => found.includes(newest),
    )
    expect(topic.ids().toSorted()).toEqual(wanted())
  })

  test.each(['400', 'positional'] as const)(
    'expired START_FROM answered %s - all that is held comes, and the gap is told',
    async (expiredFrom) => {
      const auth0 = await tenant({ retentionDays: 1, expiredFrom })
      auth0.fill({ count: 150, from: Date.now() - 80_000_000 })
      const START_FROM = new Date(Date.now() - 3 * 86_400_000).toISOString()
      const env = { ...backfillEnv(broker.brokers, newPrefix(), auth0), AUTH0_LOG_RETENTION_DAYS: '1', START_FROM }
      await startPolling(env)
      const topic = await logsInTopic(broker, env.TOPIC_PREFIX)
      await until(
        'all logs',
        () => topic.ids().length,
        (count) => count >= auth0.ids().length,
      )
      expect(topic.ids().toSorted()).toEqual(auth0.ids())
      const errors = async () => (await reportsOf(broker, env.TOPIC_PREFIX)).map(({ error }) => error)
      await until('the gap', errors, (all) => all.some((error) => error.includes('lost to')))
    },
  )
})
