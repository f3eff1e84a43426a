// `auth0-logs backfill --from … [--to …]`: read every time it is asked, beside the live work.
import { expect, inject, onTestFinished, test } from 'vitest'
import { backfill, type BackfillResult } from '../../../services/operations/backfill.ts'
import { readInput } from '../../../services/operations/operation.ts'
import { start as startAuth0 } from '../../../services/sandbox/auth0/start.ts'
import { openProducer } from '../../../services/topics/produce.ts'
import { backfillEnv, logsInTopic, startPolling } from '../../support/backfill.ts'
import { newPrefix, testKafka } from '../../support/kafka.ts'
import { openBroker } from '../../support/plain-kafka.ts'
import { until } from '../../support/wait.ts'

test('backfill job - the same range given twice is read twice, both ends inclusive; a bad one is refused', {
  timeout: 60_000,
}, async () => {
  const broker = await openBroker(inject('brokers'))
  onTestFinished(() => broker.close())
  const auth0 = await startAuth0()
  onTestFinished(() => auth0.close())
  const ids = auth0.append(300)
  const env = backfillEnv(broker.brokers, newPrefix(), auth0)
  await startPolling(env)
  const topic = await logsInTopic(broker, env.TOPIC_PREFIX)
  await until(
    'all logs',
    () => topic.ids().length,
    (count) => count >= 300,
  )
  const client = testKafka(broker.brokers, env.TOPIC_PREFIX)
  const producer = openProducer(client, 'test')
  onTestFinished(() => producer.close())
  const context = { client, producer, log: client.log, by: 'test', signal: new AbortController().signal, progress: () => {} }
  const run = (given: object) => backfill.run(context, readInput(backfill.inputs, { ...given })) as Promise<BackfillResult>
  const range = { from: ids[50], to: ids[199] }
  for (const times of [1, 2]) {
    const result = await run(range)
    expect(result).toMatchObject({ state: 'done', published: 150, error: '' })
    const sent = () =>
      topic
        .records()
        .filter(({ source }) => source === 'job')
        .map(({ id }) => id)
    await until(
      'the range',
      () => sent().length,
      (count) => count >= 150 * times,
    )
    expect(
      sent()
        .slice(150 * (times - 1))
        .toSorted(),
    ).toEqual(ids.slice(50, 200))
  }
  await expect(run({ from: 'some day' })).rejects.toThrow('from: must be a log_id or an ISO time')
  expect(topic.records().filter(({ source }) => source === 'poll').length).toBe(auth0.ids().length)
})
