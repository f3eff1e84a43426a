// A cluster that takes no session as short as the backfill's: the backfill is the one that fails, loudly, and the webhook goes on.
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Broker as LocalBroker } from '../../../services/local/broker/broker.ts'
import { start as startAuth0 } from '../../../services/sandbox/auth0/start.ts'
import { backfillEnv, logsInTopic, reportsOf, startPolling } from '../../support/backfill.ts'
import { send } from '../../support/ingest.ts'
import { newPrefix } from '../../support/kafka.ts'
import { ownBroker } from '../../support/own-broker.ts'
import { openBroker } from '../../support/plain-kafka.ts'
import { until } from '../../support/wait.ts'

let own: LocalBroker
beforeAll(async () => {
  own = await ownBroker({ 'group.min.session.timeout.ms': 15_000 })
}, 60_000)
afterAll(() => own.discard())

async function polling(more: Record<string, string>) {
  const auth0 = await startAuth0()
  onTestFinished(() => auth0.close())
  auth0.append(10)
  const broker = await openBroker(own.brokers)
  onTestFinished(() => broker.close())
  const env = { ...backfillEnv(own.brokers, newPrefix(), auth0), ...more }
  const { port } = await startPolling(env)
  const webhook = () => send(`http://127.0.0.1:${port}`, { body: `[{"log_id":"1${'0'.repeat(55)}","data":{"type":"s"}}]` })
  return { auth0, broker, env, webhook }
}

test('KAFKA_SESSION_TIMEOUT above the least - the backfill keeps to it', { timeout: 60_000 }, async () => {
  const { auth0, broker, env } = await polling({ KAFKA_SESSION_TIMEOUT: '20' })
  const topic = await logsInTopic(broker, env.TOPIC_PREFIX)
  await until(
    'the logs',
    () => topic.ids().length,
    (count) => count >= auth0.ids().length,
    { limitMs: 40_000 },
  )
})

test('KAFKA_SESSION_TIMEOUT below the least - is told in a report, and webhooks are taken all the while', {
  timeout: 60_000,
}, async () => {
  const { broker, env, webhook } = await polling({ KAFKA_SESSION_TIMEOUT: '8' })
  const told = async () => (await reportsOf(broker, env.TOPIC_PREFIX)).filter(({ status }) => status === 'failed')
  const failed = await until('the failures', told, (reports) => reports.length >= 2, { limitMs: 40_000, everyMs: 200 })
  expect(failed[0].error).toMatch(/session timeout is not within the range allowed by the broker/)
  expect(failed[0].error).toContain('KAFKA_SESSION_TIMEOUT')
  expect(await webhook()).toMatchObject({ status: 200 })
})
