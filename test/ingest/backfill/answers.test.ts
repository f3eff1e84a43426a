// Answers of the Management API that are not what was asked for: nothing is lost, nothing is made up, and the API is left in peace.
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { type Auth0StandIn, start as startAuth0 } from '../../../services/sandbox/auth0/start.ts'
import { newJob, newJobId } from '../../../services/topics/jobs.ts'
import { betweenAuth0, type Seen, type Tampered } from '../../support/auth0-proxy.ts'
import { backfillEnv, logsInTopic, metadataOf, reportsOf, startPolling } from '../../support/backfill.ts'
import { newPrefix } from '../../support/kafka.ts'
import { type Broker, openBroker } from '../../support/plain-kafka.ts'
import { until } from '../../support/wait.ts'

let broker: Broker
beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
})
afterAll(() => broker.close())

async function polledThrough(tamper: (request: Seen) => Tampered, logs = 30) {
  const auth0 = await startAuth0()
  onTestFinished(() => auth0.close())
  const ids = auth0.append(logs)
  const between = await betweenAuth0(auth0.origin, tamper)
  const env = { ...backfillEnv(broker.brokers, newPrefix(), auth0), AUTH0_API_URL: between.origin }
  return { auth0, ids, between, env }
}

const isPage = ({ path, query }: Seen) => path === '/api/v2/logs' && query.has('from')
const letters = async (prefix: string) => {
  const [{ high }] = await broker.admin((it) => it.fetchTopicOffsets(`${prefix}.dead-letter.ingest`))
  return Number(high)
}
const errorsOf = async (prefix: string) => (await reportsOf(broker, prefix)).map(({ status, error }) => `${status} ${error}`)

/** Every log of the tenant is in the topic, each once. */
async function allOnce(auth0: Auth0StandIn, prefix: string) {
  const topic = await logsInTopic(broker, prefix)
  await until(
    'all logs',
    () => topic.ids().length,
    (count) => count >= auth0.ids().length,
    { limitMs: 40_000 },
  )
  expect(topic.ids().toSorted()).toEqual(auth0.ids())
}

describe('the Management API', { timeout: 60_000 }, () => {
  test.each([
    [
      'a maintenance page with 200',
      { headers: { 'content-type': 'text/html' }, body: '<html>Scheduled maintenance</html>' },
      'Scheduled maintenance',
    ],
    ['a list that breaks off', { body: '[{"log_id":"1","type":"s"},{"log' }, 'log_id'],
    [
      'a page of an edge with 400',
      { status: 400, headers: { 'content-type': 'text/html' }, body: '<h1>Bad Request</h1>' },
      'Bad Request',
    ],
  ])('%s - is no answer: told, asked again, no dead letter, and nothing counts as seen', async (_, answer, words) => {
    let isWell = false
    const { auth0, between, env } = await polledThrough((request) => (!isWell && isPage(request) ? answer : undefined))
    await startPolling(env)
    await until(
      'the report',
      () => errorsOf(env.TOPIC_PREFIX),
      (told) => told.some((text) => text.startsWith('failed') && text.includes(words)),
    )
    await until('more calls', between.pages, (pages) => pages.length >= 3)
    expect(await letters(env.TOPIC_PREFIX)).toBe(0)
    expect(await metadataOf(broker, env.TOPIC_PREFIX)).toMatchObject({ seen_until: '' })
    isWell = true
    await allOnce(auth0, env.TOPIC_PREFIX)
    await until(
      'the recovery',
      () => errorsOf(env.TOPIC_PREFIX),
      (told) => told.some((text) => text.startsWith('recovered')),
    )
    expect(await letters(env.TOPIC_PREFIX)).toBe(0)
  })

  test('an element of a page that is no log - is a dead letter, once, and the others arrive', async () => {
    const odd = '{"no":"log"}'
    const { auth0, ids, env } = await polledThrough(() => undefined)
    const between = await betweenAuth0(auth0.origin, (request) => {
      if (!isPage(request) || Number(request.query.get('from')) >= Number(ids[0])) return undefined
      const items = ids.slice(0, 3).map((id) => `{"log_id":"${id}","type":"s"}`)
      return { body: `[${[...items, odd].join(',')}]` }
    })
    await startPolling({ ...env, AUTH0_API_URL: between.origin })
    await allOnce(auth0, env.TOPIC_PREFIX)
    await until('more polls', between.pages, (pages) => pages.length > 8, { limitMs: 30_000 })
    expect(await letters(env.TOPIC_PREFIX)).toBe(1)
  })

  test.each([
    ['a date a minute ahead', () => new Date(Date.now() + 60_000).toUTCString(), 1],
    ['neither seconds nor a date', () => 'soon', 5],
  ])('429 with Retry-After as %s - waits, and never more than one call a second', async (_, retryAfter, most) => {
    const { between, env } = await polledThrough((request): Tampered => {
      if (!isPage(request)) return undefined
      const value = retryAfter()
      return {
        status: 429,
        headers: value === undefined ? undefined : { 'retry-after': value },
        body: '{"message":"Global limit"}',
      }
    })
    await startPolling(env)
    await until('the first call', between.pages, (pages) => pages.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 3_500))
    const times = between.pages().map(({ at }) => at)
    expect(times.length).toBeLessThanOrEqual(most)
    for (const [i, at] of times.slice(1).entries()) expect(at - times[i]).toBeGreaterThan(990)
  })

  test('429 - a pass and a job together ask once a second', async () => {
    let isWell = true
    const { ids, between, env } = await polledThrough((request) =>
      !isWell && isPage(request) ? { status: 429, body: '{}' } : undefined,
    )
    await startPolling(env)
    const topic = await logsInTopic(broker, env.TOPIC_PREFIX)
    await until('the logs', topic.ids, (found) => found.length >= 30)
    isWell = false
    const begun = performance.now()
    const job = newJob({ id: newJobId(), service: 'backfill', kind: 'backfill', from: ids[0], by: 'test' })
    await broker.producer.send({
      topic: `${env.TOPIC_PREFIX}.control`,
      messages: [{ key: `job/backfill/${job.id}`, value: JSON.stringify(job) }],
    })
    await new Promise((resolve) => setTimeout(resolve, 8_000))
    const late = between.pages().filter(({ at }) => at > begun + 3_000)
    // Two that ask by themselves would ask twice as often. One request may be seen half a second late on a busy machine.
    expect(late.length).toBeGreaterThan(1)
    expect(late[late.length - 1].at - late[0].at).toBeGreaterThan((late.length - 1) * 1_000 - 500)
  })

  test('short pages - the end is an empty page: a backfill job and a poll read all 230', async () => {
    const { auth0, ids, env } = await polledThrough((request) => {
      if (isPage(request)) request.query.set('take', '50')
      return undefined
    }, 230)
    await startPolling({ ...env, START_FROM: ids[229] })
    const job = newJob({ id: newJobId(), service: 'backfill', kind: 'backfill', from: ids[0], to: ids[229], by: 'test' })
    await until(
      'control',
      () => metadataOf(broker, env.TOPIC_PREFIX).catch(() => ({ term: 0 })),
      ({ term = 0 }) => term > 0,
    )
    await broker.producer.send({
      topic: `${env.TOPIC_PREFIX}.control`,
      messages: [{ key: `job/backfill/${job.id}`, value: JSON.stringify(job) }],
    })
    const topic = await logsInTopic(broker, env.TOPIC_PREFIX)
    const byJob = () => topic.records().filter(({ source }) => source === 'job')
    await until('the job', byJob, (found) => found.length >= 230, { limitMs: 30_000 })
    expect(
      byJob()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(ids)
    expect(auth0.received.counts.pages).toBeGreaterThan(5)
  })

  test('a scheduled pass - reads on after a short page, before its tick is over', async () => {
    const { auth0, env } = await polledThrough((request) => {
      if (isPage(request)) request.query.set('take', '7')
      return undefined
    }, 60)
    await startPolling({ ...env, SCHEDULE: '*/5 * * * * *' })
    await allOnce(auth0, env.TOPIC_PREFIX)
  })
})
