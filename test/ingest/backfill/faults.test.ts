// Every call that a backfill makes, failing in turn: it is told in the error's own words, and the logs arrive all the same.
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { startBackfill } from '../../../services/ingest/backfill/start.ts'
import { createLifecycle } from '../../../services/platform/lifecycle.ts'
import type { Logger } from '../../../services/platform/logger.ts'
import { createMetrics } from '../../../services/platform/metrics.ts'
import { type Auth0StandIn, start as startAuth0 } from '../../../services/sandbox/auth0/start.ts'
import { readControl } from '../../../services/topics/control.ts'
import { ensureTopics } from '../../../services/topics/create.ts'
import { newJob, newJobId } from '../../../services/topics/jobs.ts'
import { openProducer } from '../../../services/topics/produce.ts'
import { betweenAuth0 } from '../../support/auth0-proxy.ts'
import { backfillEnv, logsInTopic, reportsOf, startPolling } from '../../support/backfill.ts'
import { faultyKafka, faultyProducer, type Hook } from '../../support/faulty-kafka.ts'
import { newPrefix, testKafka } from '../../support/kafka.ts'
import { type Broker, openBroker } from '../../support/plain-kafka.ts'
import { until } from '../../support/wait.ts'

let broker: Broker
beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
})
afterAll(() => broker.close())

/** A backfill in this process, every call of which passes the hook; `told` is all that it logs from a warning on. */
async function backfillWith(auth0: Auth0StandIn, hook: Hook) {
  const prefix = newPrefix()
  const between = await betweenAuth0(auth0.origin, ({ path }) => {
    try {
      return void hook(`auth0 ${path}`)
    } catch (error) {
      return { status: 500, body: JSON.stringify({ message: (error as Error).message }) }
    }
  })
  const told: string[] = []
  const say = (...args: unknown[]) => void told.push(JSON.stringify(args))
  const quiet = () => {}
  const log = { trace: quiet, debug: quiet, info: quiet, warn: say, error: say } as unknown as Logger
  const plain = { ...testKafka(broker.brokers, prefix), log }
  await ensureTopics(plain, ['events', { deadLetters: 'ingest' }, 'reports', 'control'])
  const client = faultyKafka(plain, hook)
  const real = openProducer(plain, 'test')
  // As the ingest does before the backfill begins.
  await real.send(`${prefix}.control`, [{ key: Buffer.from('service/ingest'), value: Buffer.from('{"v":1}') }], 5_000)
  const producer = faultyProducer(real, prefix, hook)
  const published: string[] = []
  const failures: Error[] = []
  const lifecycle = createLifecycle((error) => failures.push(error))
  startBackfill({
    env: { ...backfillEnv(broker.brokers, prefix, auth0), AUTH0_API_URL: between.origin },
    client,
    producer,
    store: {
      async store(records) {
        await producer.send(prefix, records, 5_000)
        for (const { key } of records) published.push(String(key))
        return []
      },
      quarantine: async () => {},
      redact: undefined,
      maxEventBytes: 1_000_000,
      counted: { received: () => {}, quarantined: () => {} },
    },
    redacted: [],
    instance: 'test',
    metrics: createMetrics('test', '0'),
    log,
    lifecycle,
  })
  const close = async () => {
    const unclosed = await lifecycle.close()
    await real.close()
    return unclosed
  }
  return { prefix, told, published, failures, close }
}

async function tenant(logs: number) {
  const auth0 = await startAuth0()
  onTestFinished(() => auth0.close())
  auth0.append(logs)
  return auth0
}

/** All that was asked for in a run in which nothing fails. */
async function callsOf(): Promise<string[]> {
  const auth0 = await tenant(20)
  const calls = new Set<string>()
  const run = await backfillWith(auth0, (call) => void calls.add(call))
  await until(
    'all logs',
    () => run.published.length,
    (count) => count >= 20,
  )
  await until(
    'a report',
    () => [...calls],
    (all) => all.includes('produce reports'),
  )
  expect(await run.close()).toEqual([])
  expect(run.failures).toEqual([])
  return [...calls]
}

/** Fails a call the first two times. Answers what went wrong with that, undefined where all was well. */
async function survives(call: string, error: () => Error): Promise<string | undefined> {
  const auth0 = await tenant(20)
  let left = 2
  const run = await backfillWith(auth0, (made) => {
    if (made !== call || left <= 0) return
    left--
    throw error()
  })
  const words = error().message
  const isTold = async () =>
    run.told.some((line) => line.includes(words)) ||
    (await reportsOf(broker, run.prefix)).some(({ error }) => error.includes(words))
  try {
    await until(
      `the logs in spite of ${call}`,
      () => new Set(run.published).size,
      (count) => count >= 20,
      { limitMs: 25_000 },
    )
    await until(
      `the failure of ${call} to be made`,
      () => left,
      (n) => n < 2,
    )
    await until(`words on ${call}`, isTold, Boolean, { limitMs: 5_000, everyMs: 200 })
    auth0.append(3)
    await until(
      `later logs after ${call}`,
      () => new Set(run.published).size,
      (count) => count >= 23,
      { limitMs: 15_000 },
    )
    expect(run.failures, call).toEqual([])
    return undefined
  } catch (problem) {
    return `${(problem as Error).message}\n  told: ${run.told
      .map((line) => line.slice(0, 200))
      .slice(0, 5)
      .join('\n  ')}`
  } finally {
    await run.close()
  }
}

test('each call of a pass failing in turn, by an error or a bug - is told, and the backfill goes on', {
  timeout: 120_000,
}, async () => {
  const calls = await callsOf()
  expect(calls).toEqual(
    expect.arrayContaining(['auth0 /oauth/token', 'auth0 /api/v2/logs', 'produce events', 'produce reports', 'produce control']),
  )
  const problems: (string | undefined)[] = []
  const waiting = [...calls.entries()]
  const worker = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [i, call] = next
      const words = `on purpose: ${call}`
      problems.push(await survives(call, () => (i % 2 === 0 ? new Error(words) : new TypeError(words))))
    }
  }
  await Promise.all(Array.from({ length: 6 }, worker))
  expect(problems.filter(Boolean)).toEqual([])
  expect(problems).toHaveLength(calls.length)
})

test("a job's progress that Kafka refuses - is told, and the job is done all the same", { timeout: 60_000 }, async () => {
  const auth0 = await tenant(350)
  const ids = auth0.ids()
  let left = 0
  const run = await backfillWith(auth0, (call) => {
    if (call !== 'produce control' || left <= 0) return
    left--
    throw new Error('control refused on purpose')
  })
  await until(
    'the poll',
    () => new Set(run.published).size,
    (count) => count >= 350,
  )
  left = 4 // the progress, then the end of it three times
  const job = newJob({ id: newJobId(), service: 'backfill', kind: 'backfill', from: ids[0], to: ids[349], by: 'test' })
  const key = `job/backfill/${job.id}`
  await broker.producer.send({ topic: `${run.prefix}.control`, messages: [{ key, value: JSON.stringify(job) }] })
  const now = async () => (await readControl(testKafka(broker.brokers, run.prefix), 'test')).get(key)
  const ended = await until('the end of the job', now, (record) => (record as { ended_at: string }).ended_at !== '', {
    limitMs: 40_000,
    everyMs: 300,
  })
  expect(ended).toMatchObject({ state: 'done', delivered: 350, error: '' })
  expect(run.told.join('\n')).toContain('control refused on purpose')
  expect(left).toBe(0)
  expect(run.published.filter((id) => id === ids[100])).toHaveLength(2)
  expect(run.failures).toEqual([])
  await run.close()
})

test('a job of a foreign tool that is no job - fails in words and keeps nothing waiting', { timeout: 60_000 }, async () => {
  const auth0 = await tenant(5)
  const run = await backfillWith(auth0, () => {})
  const job = (id: string, from: string) => newJob({ id, service: 'backfill', kind: 'backfill', from, by: 'test' })
  const records = { 'job/backfill/b': job('b', 'yesterday'), 'job/backfill/c': job('c', auth0.ids()[0]) }
  const messages = Object.entries(records).map(([key, value]) => ({ key, value: JSON.stringify(value) }))
  await broker.producer.send({ topic: `${run.prefix}.control`, messages })
  const states = async () => {
    const control = await readControl(testKafka(broker.brokers, run.prefix), 'test')
    return Object.keys(records).map((key) => (control.get(key) as { state: string } | undefined)?.state)
  }
  await until('all jobs', states, (all) => all.join() === 'failed,done', { limitMs: 30_000, everyMs: 300 })
  await run.close()
})

test('a job whose pages hang - keeps no pass waiting', { timeout: 60_000 }, async () => {
  const auth0 = await tenant(50)
  const ids = auth0.ids()
  let isHanging = false
  const between = await betweenAuth0(auth0.origin, ({ query }) =>
    isHanging && query.has('from') && String(query.get('from')) < ids[0] ? 'hang' : undefined,
  )
  const env = { ...backfillEnv(broker.brokers, newPrefix(), auth0), AUTH0_API_URL: between.origin, START_FROM: ids[40] }
  await startPolling(env)
  const topic = await logsInTopic(broker, env.TOPIC_PREFIX)
  await until('the poll', topic.ids, (found) => found.includes(ids[49]))
  isHanging = true
  const job = newJob({ id: newJobId(), service: 'backfill', kind: 'backfill', from: ids[0], by: 'test' })
  const messages = [{ key: `job/backfill/${job.id}`, value: JSON.stringify(job) }]
  await broker.producer.send({ topic: `${env.TOPIC_PREFIX}.control`, messages })
  const hung = () => between.pages().filter(({ query }) => String(query.get('from')) < ids[0])
  await until('the job to hang', hung, (pages) => pages.length > 0)
  const later = auth0.append(5)
  await until('what came later', topic.ids, (found) => later.every((id) => found.includes(id)), { limitMs: 10_000 })
})
