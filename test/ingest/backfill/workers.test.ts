// Any number of ingest instances, one backfill worker: the next one takes over, and the old one can't move the checkpoint.
import { expect, inject, onTestFinished, test } from 'vitest'
import { start as startAuth0 } from '../../../services/sandbox/auth0/start.ts'
import { backfillEnv, logsInTopic, metadataOf } from '../../support/backfill.ts'
import { startProcess } from '../../support/ingest.ts'
import { newPrefix } from '../../support/kafka.ts'
import { openBroker } from '../../support/plain-kafka.ts'
import { until } from '../../support/wait.ts'

const isWorker = /"term":(\d+).*this instance is the backfill worker/
const ended = /"term":(\d+).*the term has ended/

test('two instances - a worker that stalls is replaced within 10 s, and cannot move the checkpoint when it wakes', {
  timeout: 60_000,
}, async () => {
  const broker = await openBroker(inject('brokers'))
  onTestFinished(() => broker.close())
  const auth0 = await startAuth0({ latencyMs: 20 })
  onTestFinished(() => auth0.close())
  auth0.append(500)
  const env = { ...backfillEnv(broker.brokers, newPrefix(), auth0), LOGGER_LEVEL: 'info' }
  const first = startProcess(env)
  await until(
    'the first worker',
    () => first.output.out,
    (out) => isWorker.test(out),
  )
  const second = startProcess(env)
  const topic = await logsInTopic(broker, env.TOPIC_PREFIX)
  await until(
    'the logs',
    () => topic.ids().length,
    (count) => count >= 500,
  )
  const terms = (out: string) => [...out.matchAll(new RegExp(isWorker, 'g'))].map(([, term]) => Number(term))
  // A second member makes the group share out the partition anew: whoever has it now is the worker.
  const newest = () => Math.max(0, ...terms(first.output.out), ...terms(second.output.out))
  await until(
    'the second to join',
    async () => (await metadataOf(broker, env.TOPIC_PREFIX)).term,
    (term) => term === newest(),
  )
  const [stalled, other] = terms(first.output.out).includes(newest()) ? [first, second] : [second, first]
  const before = newest()

  stalled.pause()
  const stalledAt = Date.now()
  const later = auth0.append(100)
  await until(
    'the take-over',
    () => Math.max(0, ...terms(other.output.out)),
    (term) => term > before,
    { limitMs: 20_000 },
  )
  expect(Date.now() - stalledAt).toBeLessThan(10_000)
  await until(
    'what came later',
    () => topic.ids(),
    (ids) => later.every((id) => ids.includes(id)),
  )
  const { term } = await until(
    'the checkpoint of the new worker',
    () => metadataOf(broker, env.TOPIC_PREFIX),
    ({ checkpoint }) => checkpoint === auth0.ids().at(-1),
  )
  expect(term).toBe(Math.max(...terms(other.output.out)))

  stalled.resume()
  await until(
    'the old worker to see it',
    () => stalled.output.out,
    (out) => ended.test(out),
  )
  const all = [...terms(first.output.out), ...terms(second.output.out)]
  expect(new Set(all).size, 'never two workers in one term').toBe(all.length)
  const last = auth0.append(3)
  await until(
    'the last logs',
    () => topic.ids(),
    (ids) => last.every((id) => ids.includes(id)),
  )
  const after = await until(
    'the checkpoint',
    () => metadataOf(broker, env.TOPIC_PREFIX),
    ({ checkpoint }) => checkpoint === auth0.ids().at(-1),
  )
  expect(after.term).toBe(newest())
  expect(new Set(topic.ids())).toEqual(new Set(auth0.ids()))
})
