// What a restarted backfill publishes: what START_FROM says, all of it, and otherwise nothing twice.
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { type Auth0StandIn, start as startAuth0 } from '../../../services/sandbox/auth0/start.ts'
import { ensureTopics } from '../../../services/topics/create.ts'
import { backfillEnv, logsInTopic, metadataOf, reportsOf, startPolling } from '../../support/backfill.ts'
import { newPrefix, testKafka } from '../../support/kafka.ts'
import { type Broker, openBroker } from '../../support/plain-kafka.ts'
import { until } from '../../support/wait.ts'

let broker: Broker
beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
})
afterAll(() => broker.close())

async function tenant(): Promise<Auth0StandIn> {
  const auth0 = await startAuth0()
  onTestFinished(() => auth0.close())
  return auth0
}

const atTheEnd = (prefix: string, auth0: Auth0StandIn) =>
  until(
    'the checkpoint at the end',
    () => metadataOf(broker, prefix),
    ({ checkpoint }) => checkpoint === auth0.ids().at(-1),
  )
/** Two polls more. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 6_000))

describe('restart', { timeout: 90_000 }, () => {
  test('a new START_FROM - reads again what it says, at once after the last poll; the same one goes on', async () => {
    const auth0 = await tenant()
    const ids = auth0.append(600)
    const env = backfillEnv(broker.brokers, newPrefix(), auth0)
    const first = await startPolling(env)
    const topic = await logsInTopic(broker, env.TOPIC_PREFIX)
    await until(
      'all logs',
      () => topic.ids().length,
      (count) => count >= auth0.ids().length,
    )
    await atTheEnd(env.TOPIC_PREFIX, auth0)
    await first.close()
    const before = topic.ids().length
    const again = await startPolling({ ...env, START_FROM: ids[200] })
    await until(
      '400 once more',
      () => topic.ids().length,
      (count) => count >= before + 400,
    )
    await atTheEnd(env.TOPIC_PREFIX, auth0)
    await again.close()
    await startPolling({ ...env, START_FROM: ids[200] })
    await aWhile()
    const wanted = auth0.ids().filter((id) => id >= ids[200])
    // Logs of fetching tokens come with each start: only those from the first run came twice.
    const twice = topic.ids().filter((id, i, all) => all.indexOf(id) !== i)
    expect(twice.toSorted()).toEqual(wanted.filter((id) => twice.includes(id)).toSorted())
    expect(twice).toEqual(expect.arrayContaining(ids.slice(200)))
    expect(twice.some((id) => id < ids[200])).toBe(false)
  })

  test('a quiet tenant - what was published minutes ago is not published again', async () => {
    const auth0 = await tenant()
    const publishedMs = Date.now() - 4 * 60_000
    const ids = auth0.append(40, { at: publishedMs - 2_000 })
    const env = backfillEnv(broker.brokers, newPrefix(), auth0)
    await ensureTopics(testKafka(broker.brokers, env.TOPIC_PREFIX), ['events', { deadLetters: 'ingest' }, 'reports', 'control'])
    const messages = ids.map((id) => ({
      key: id,
      value: 'published before',
      headers: { source: 'poll', type: 's' },
      timestamp: String(publishedMs),
    }))
    await broker.producer.send({ topic: env.TOPIC_PREFIX, messages })
    const checkpoint = {
      v: 1,
      checkpoint: ids.at(-1),
      term: 3,
      // Renewed each minute, whatever comes.
      at: new Date(Date.now() - 20_000).toISOString(),
      published_from: new Date(publishedMs - 100).toISOString(),
    }
    const control = `${env.TOPIC_PREFIX}.control`
    const member = await broker.commit(`${env.TOPIC_PREFIX}.backfill`, control, '0', JSON.stringify(checkpoint))
    await member.leave()
    await startPolling(env)
    const [newest] = auth0.append(1)
    const topic = await logsInTopic(broker, env.TOPIC_PREFIX)
    await until('the newest', topic.ids, (found) => found.includes(newest))
    await aWhile()
    const published = topic.records().filter(({ value }) => value !== 'published before')
    expect(published.map(({ id }) => id).toSorted()).toEqual(auth0.ids().filter((id) => !ids.includes(id)))
    expect(await metadataOf(broker, env.TOPIC_PREFIX)).toMatchObject({ term: 4 })
  })

  test('a committed checkpoint that is not readable - is told; the newest report says where to go on', async () => {
    const auth0 = await tenant()
    auth0.append(30)
    const env = backfillEnv(broker.brokers, newPrefix(), auth0)
    const first = await startPolling(env)
    const topic = await logsInTopic(broker, env.TOPIC_PREFIX)
    await atTheEnd(env.TOPIC_PREFIX, auth0)
    await until(
      'a report',
      () => reportsOf(broker, env.TOPIC_PREFIX),
      (reports) => reports.some(({ checkpoint }) => checkpoint !== ''),
    )
    await first.close()
    const member = await broker.commit(`${env.TOPIC_PREFIX}.backfill`, `${env.TOPIC_PREFIX}.control`, '0', '{oops')
    await member.leave()
    await startPolling(env)
    const [newest] = auth0.append(1)
    await until('the newest', topic.ids, (found) => found.includes(newest), { limitMs: 30_000 })
    expect(new Set(topic.ids())).toEqual(new Set(auth0.ids()))
  })
})
