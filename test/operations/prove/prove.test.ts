// A day proved: Auth0's stand-in, the topic as the webhook filled it, a real sink, and the worker of the backfill that asks Auth0.
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { timeOfLogId } from '../../../services/events/log-id.ts'
import { backfill, type BackfillResult } from '../../../services/operations/backfill.ts'
import { deadLettersRedrive } from '../../../services/operations/dead-letters.ts'
import { jobsCancel } from '../../../services/operations/jobs.ts'
import { proofJobs } from '../../../services/operations/prove/job.ts'
import { proofs, type ProvedDay } from '../../../services/operations/prove/proofs.ts'
import { prove } from '../../../services/operations/prove/prove.ts'
import { recoveriesOf } from '../../../services/operations/prove/recover.ts'
import { fileOf, readKey, verifyFile } from '../../../services/operations/prove/sign.ts'
import { start as startAuth0 } from '../../../services/sandbox/auth0/start.ts'
import { start as startSegment } from '../../../services/sinks/segment/stand-in/start.ts'
import type { Sink } from '../../../services/sinks/runtime/contract.ts'
import { segment } from '../../../services/sinks/segment/sink.ts'
import { publishControl, readControl } from '../../../services/topics/control.ts'
import { ensureTopics } from '../../../services/topics/create.ts'
import type { Certificate } from '../../../services/topics/proof-records.ts'
import { backfillEnv, startPolling } from '../../support/backfill.ts'
import { install } from '../../support/installation.ts'
import { type Broker, openBroker } from '../../support/plain-kafka.ts'
import { schemaProblems } from '../../support/schemas.ts'
import { until } from '../../support/wait.ts'
import { operator } from '../asking.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

let broker: Broker
beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
})
afterAll(() => broker.close())

const yesterday = () => new Date(Date.now() - DAY_MS).toISOString().slice(0, 10)
type Log = { id: string; type: string; value: Buffer }

/** Ten logs an hour of yesterday at Auth0; nothing of them in the topic yet. */
async function scene(env: Record<string, string> = {}) {
  const auth0 = await startAuth0({ retentionDays: 30 })
  onTestFinished(() => auth0.close())
  const vendor = await startSegment()
  onTestFinished(() => vendor.close())
  const place = install(broker, segment as unknown as Sink, { SEGMENT_KEY: 'key', SEGMENT_HOST: vendor.origin })
  onTestFinished(() => place.close())
  const { do: ask, context, close } = operator(broker.brokers, place.prefix)
  onTestFinished(close)
  await ensureTopics({ ...context.client, settings: { ...context.client.settings, partitions: 3 } }, [
    'events',
    'control',
    'reports',
  ])
  const begin = Date.parse(`${yesterday()}T00:00:00Z`)
  auth0.append([{ type: 's' }], { at: begin - HOUR_MS })
  const logs = Array.from({ length: 240 }, (_, n) => {
    const type = n % 5 === 0 ? 'f' : 's'
    const [id] = auth0.append([{ type }], { at: begin + Math.floor(n / 10) * HOUR_MS + (n % 10) * 60_000 })
    return {
      id,
      type,
      value: Buffer.from(JSON.stringify({ log_id: id, type, date: new Date(timeOfLogId(id)!).toISOString(), user_id: 'a|1' })),
    }
  })
  const paused = { state: 'paused', by: 'test', at: new Date().toISOString() }
  await publishControl(context.client, context.producer, 'state/backfill', paused)
  return {
    auth0,
    place,
    ask,
    context,
    logs,
    /** As if received when Auth0 stored them. */
    receive: (some: readonly Log[]) =>
      place.produce(
        some.map(({ id, type, value }) => ({
          key: id,
          value,
          headers: { source: 'webhook', type },
          timestamp: String(timeOfLogId(id)! + 500),
        })),
      ),
    /** Answers when it has said what it is. */
    async worker() {
      const worker = await startPolling({ ...backfillEnv(broker.brokers, place.prefix, auth0), PROVE_KEY: pem, ...env })
      await until(
        'the backfill',
        () => readControl(context.client, 'test'),
        (records) => records.has('service/backfill'),
      )
      return worker
    },
  }
}

const hourOf = ({ hours }: Certificate, n: number) => hours[n]

test('a day - names exactly what is missing, dead or repeated, by hour; recovered and proved again it is complete', {
  timeout: 120_000,
}, async () => {
  const { place, ask, context, logs, receive, worker } = await scene()
  const lost = [logs[3], logs[17], logs[18], logs[239]]
  const huge = [logs[50], logs[51]].map((log) => ({
    ...log,
    value: Buffer.from(JSON.stringify({ log_id: log.id, type: log.type, x: 'x'.repeat(40_000) })),
  }))
  const others = logs.filter((log) => !lost.includes(log) && log.id !== huge[0].id && log.id !== huge[1].id)
  await receive([...others, ...huge])
  await receive([logs[100], logs[101]])
  await place.start()
  await until(
    'no lag',
    () => place.accounts(),
    (all) => all.reduce((sum, one) => sum + Number(one.lag), 0) === 0 && all.length > 0,
  )
  await worker()
  const day = yesterday()
  const first = await ask<Certificate>(prove, { day })
  expect(schemaProblems('certificate', first)).toEqual([])
  expect(first).toMatchObject({ day, zone: 'UTC', verdict: 'incomplete' })
  expect(first.totals).toMatchObject({ auth0: 240, topic: 236, copies: 238, missing: 4, not_listed: 0 })
  expect(first.reasons.map(({ reason, logs }) => [reason, logs])).toEqual([
    ['missing', 4],
    ['dead_lettered', 2],
  ])
  expect(first.hours).toHaveLength(24)
  expect(hourOf(first, 0)).toMatchObject({
    verdict: 'incomplete',
    reasons: ['missing'],
    topic: { logs: 9, missing: 1 },
    auth0: { logs: 10 },
  })
  expect(hourOf(first, 1)).toMatchObject({ topic: { logs: 8, missing: 2 } })
  expect(hourOf(first, 23)).toMatchObject({ topic: { logs: 9, missing: 1 } })
  expect(hourOf(first, 2)).toMatchObject({ verdict: 'complete', reasons: [], topic: { logs: 10, missing: 0 } })
  expect(hourOf(first, 2).auth0?.hash).toBe(hourOf(first, 2).topic.hash)
  expect(hourOf(first, 5).sinks.segment).toMatchObject({ delivered: 8, dead_lettered: { event_too_large: 2 } })
  expect(hourOf(first, 10).sinks.segment).toMatchObject({ delivered: 10, duplicates: 2 })
  expect(first.list.filter(({ kind }) => kind === 'missing').map(({ log_id }) => log_id)).toEqual(lost.map(({ id }) => id))
  expect(
    first.list
      .filter(({ kind }) => kind === 'dead_lettered')
      .map(({ log_id }) => log_id)
      .toSorted(),
  ).toEqual(huge.map(({ id }) => id).toSorted())
  expect(first.list.find(({ kind }) => kind === 'dead_lettered')?.why).toMatch(/^encode: event_too_large/)
  expect(verifyFile(fileOf(first), readKey(pem))).toMatchObject({ ok: true, problems: [], notes: [] })

  // The days are there for all who look, and what is to be done is told.
  const { days } = await ask<{ days: ProvedDay[] }>(proofs, {})
  expect(days).toMatchObject([{ day, verdict: 'incomplete', missing: 4, open: null }])
  expect(days[0].hours.filter((hour) => hour === 'incomplete')).toHaveLength(4)
  expect(await ask<Certificate>(proofs, { day })).toEqual(first)
  const recoveries = recoveriesOf(first)
  expect(recoveries.map(({ operation }) => operation)).toEqual(['backfill', 'backfill', 'dead-letters redrive'])
  for (const { input } of recoveries.slice(0, 2))
    expect(await ask<BackfillResult>(backfill, { from: input.from, to: input.to })).toMatchObject({ state: 'done' })
  await ask(deadLettersRedrive, recoveries[2].input)
  await until(
    'no lag',
    () => place.accounts(),
    (all) => all.reduce((sum, one) => sum + Number(one.lag), 0) === 0,
  )
  const asking = ask<Certificate>(prove, { day })
  await until(
    'the second proof',
    async () => proofJobs(await readControl(context.client, 'test')).length,
    (count) => count === 2,
  )
  // Two at once: neither disturbs the other.
  const [again, same] = await Promise.all([asking, ask<Certificate>(prove, { day })])
  expect(same.hashes).toEqual(again.hashes)
  expect(again.totals).toMatchObject({ auth0: 240, topic: 240, missing: 0 })
  // The two are too large for Segment for good.
  expect(again.reasons.map(({ reason, logs }) => [reason, logs])).toEqual([['dead_lettered', 2]])
  expect(hourOf(again, 0)).toMatchObject({ verdict: 'complete', sinks: { segment: { delivered: 10 } } })
  await expect(ask(jobsCancel, { id: again.id })).rejects.toThrow('has ended already')
  expect(context.signal.aborted).toBe(false)
})

test('without Auth0 - what Kafka alone tells is never called complete', { timeout: 60_000 }, async () => {
  const { place, ask, logs, receive } = await scene()
  await receive(logs)
  await place.start()
  await until(
    'no lag',
    () => place.accounts(),
    (all) => all.length > 0 && all.reduce((sum, one) => sum + Number(one.lag), 0) === 0,
  )
  const found = await ask<Certificate>(prove, { day: yesterday(), auth0: false })
  expect(found).toMatchObject({ verdict: 'not_decidable', auth0: null, signature: null, totals: { topic: 240 } })
  expect(found.reasons).toMatchObject([{ reason: 'auth0_not_asked' }])
  expect(found.sinks).toMatchObject([{ sink: 'segment', verdict: 'complete' }])
  expect(schemaProblems('certificate', found)).toEqual([])
  await expect(ask(prove, { day: yesterday() })).rejects.toThrow('No ingest here reads the Management API')
})

test('bad input - is refused in words', { timeout: 60_000 }, async () => {
  const { ask } = await scene()
  const tomorrow = new Date(Date.now() + DAY_MS).toISOString().slice(0, 10)
  for (const [given, words] of [
    [{ day: tomorrow }, /^day: .* has not begun yet in UTC/],
    [{ day: '2026-02-30' }, /^day: must be a day such as 2026-01-31, today or yesterday, not "2026-02-30"/],
    [
      { day: yesterday(), zone: 'Europe/Nowhere' },
      /^zone: must be a time zone such as Europe\/Berlin or UTC, not "Europe\/Nowhere"/,
    ],
    [{ day: '2011-12-30', zone: 'Pacific/Apia' }, /^day: the calendar of Pacific\/Apia left 2011-12-30 out/],
    [{ day: yesterday(), sink: ['nobody'], auth0: false }, /nobody/],
  ] as const)
    await expect(ask(prove, given)).rejects.toThrow(words)
  await expect(ask(proofs, { day: yesterday() })).rejects.toThrow('was not proved yet')
})
