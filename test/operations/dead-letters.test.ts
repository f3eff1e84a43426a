// `dead-letters`: what could not be delivered, by reason; and once more to its sink, each one time, also when killed midway.
import { describe, expect } from 'vitest'
import {
  deadLettersAcknowledge,
  deadLettersList,
  deadLettersRedrive,
  deadLettersShow,
  type LetterRow,
  type ReasonRow,
} from '../../services/operations/dead-letters.ts'
import { type JobRow, jobsShow } from '../../services/operations/jobs.ts'
import { replay } from '../../services/operations/replay.ts'
import { type Status, status } from '../../services/operations/status.ts'
import { readControl } from '../../services/topics/control.ts'
import { NOT_UNDERSTOOD } from '../../services/topics/dead-letters.ts'
import { schemaProblems } from '../support/schemas.ts'
import { until } from '../support/wait.ts'
import { operator, timedEvents } from './asking.ts'
import { putLetters as put } from './put-letters.ts'
import { sceneTest, startProcess, testBroker } from './scene.ts'

const test = sceneTest()
type Listed = { total: number; redriven: number; reasons: ReasonRow[]; letters: LetterRow[] }
type Redriven = { events: number; job: string; reasons: { reason: string; count: number }[] }

describe('dead-letters', { concurrent: true, timeout: 90_000 }, () => {
  test('redrive - 10,000, killed midway and started again: all delivered, none left, and never a second time', async ({
    ask,
    place,
    vendor,
    onTestFinished,
  }) => {
    const sink = 'segment'
    const seen = new Map<string, number>()
    const first = await startProcess(place, vendor, onTestFinished)
    const ids = await put(place.prefix, 10_000, 1_000)
    const one = await ask<Redriven>(deadLettersRedrive, { sink, log_id: ids[5_000], apply: true, rate: 0 })
    const done = (id: string) =>
      until(
        'the end of the job',
        () => ask<JobRow>(jobsShow, { id }),
        ({ state }) => state === 'done',
        { everyMs: 700, limitMs: 40_000 },
      )
    expect(await done(one.job)).toMatchObject({ delivered: 1, failed: 0 })
    const preview = await ask<Redriven>(deadLettersRedrive, { sink, reason: 'http_400' })
    expect(preview).toMatchObject({ events: 8_999, reasons: [{ reason: 'http_400', count: 8_999 }], applied: false })
    const most = await ask<Redriven>(deadLettersRedrive, { sink, reason: 'http_400', apply: true, rate: 1_000 })
    await expect(ask(deadLettersRedrive, { sink, apply: true })).rejects.toThrow(/is redriving dead letters of segment/)
    await until(
      'some of the job',
      () => vendor.received.total,
      (total) => total > 2_500,
    )
    await first.kill()
    expect(vendor.received.total).toBeLessThan(9_000)
    await startProcess(place, vendor, onTestFinished)
    expect(await done(most.job)).toMatchObject({ delivered: 8_999, failed: 0, leftOut: 1_001 - 1_000 })
    const rest = await ask<Redriven>(deadLettersRedrive, { sink, apply: true, rate: 0 })
    expect(rest).toMatchObject({ events: 1_000, reasons: [{ reason: 'event_too_large', count: 1_000 }] })
    expect(await done(rest.job)).toMatchObject({ delivered: 1_000, failed: 0 })
    for (const { id } of vendor.received.last()) seen.set(id, (seen.get(id) ?? 0) + 1)
    expect([...seen.keys()].toSorted()).toEqual(ids)
    // The kill may repeat the one batch that was delivered and not yet committed, which Segment drops by its messageId.
    expect(vendor.received.counts.deduplicated ?? 0).toBeLessThanOrEqual(1_000)
    await expect(ask(deadLettersRedrive, { sink, apply: true })).rejects.toThrow(/the 10000 that fit were redriven before/)
    const list = await ask<Listed>(deadLettersList, { sink, limit: 1 })
    expect(list).toMatchObject({ total: 10_000, redriven: 10_000, letters: [{ logId: ids[9_999], redriven: most.job }] })
  })

  test('redrive - what fails again is a dead letter again, and can be redriven', async ({ ask, place, vendor }) => {
    await place.start()
    const [id] = await put(place.prefix, 3, 1)
    vendor.misbehave('reject', 1)
    const sink = 'segment'
    const { job } = await ask<Redriven>(deadLettersRedrive, { sink, log_id: id, apply: true })
    const ended = (job: string) =>
      until(
        'the end',
        () => ask<JobRow>(jobsShow, { id: job }),
        ({ state }) => state === 'done',
        { everyMs: 700 },
      )
    expect(await ended(job)).toMatchObject({ delivered: 0, failed: 1 })
    const { letters } = await ask<Listed>(deadLettersList, { sink, log_id: id })
    expect(letters).toMatchObject([
      { offset: 3, reason: 'http_400', redriven: '' },
      { offset: 0, reason: 'event_too_large', redriven: job },
    ])
    const again = await ask<Redriven>(deadLettersRedrive, { sink, log_id: id, apply: true })
    expect(again.events).toBe(1)
    expect(await ended(again.job)).toMatchObject({ delivered: 1, failed: 0 })
    expect(vendor.received.last().map((event) => event.id)).toEqual([id])
  })

  test('redrive - an event with several dead letters goes out once', async ({ ask, place, arrived }) => {
    await place.start()
    const ids = await put(place.prefix, 3, 0)
    await put(place.prefix, 3, 0, ids)
    const sink = 'segment'
    const redrive = await ask<Redriven>(deadLettersRedrive, { sink, apply: true })
    expect(redrive).toMatchObject({ events: 3, repeats: 3, reasons: [{ reason: 'http_400', count: 3 }] })
    const done = await until(
      'the end',
      () => ask<JobRow>(jobsShow, { id: redrive.job }),
      ({ state }) => state === 'done',
      { everyMs: 700 },
    )
    expect(done).toMatchObject({ delivered: 3, leftOut: 3, done: 6 })
    expect(arrived()).toEqual(ids)
    await expect(ask(deadLettersRedrive, { sink, apply: true })).rejects.toThrow(/the 6 that fit were redriven before/)
  })

  test('redrive - that waits has sent nothing: they are marked, still count as waiting, and no other verb takes them', async ({
    ask,
    place,
    arrived,
  }) => {
    await place.start()
    const ids = await put(place.prefix, 3, 0)
    await place.setState('paused')
    const sink = 'segment'
    const waiting = async () =>
      (await ask<Status>(status, {})).services.find(({ name }) => name === sink)!.deadLetters?.waiting ?? -1
    const listed = (given = {}) => ask<Listed & { redriving: number; listed: number }>(deadLettersList, { sink, ...given })
    await until(
      'the pause',
      () => ask<Status>(status, {}),
      ({ services }) => services.some(({ name, state }) => name === sink && state === 'paused'),
    )
    const { job } = await ask<Redriven>(deadLettersRedrive, { sink, apply: true })
    const taken = { state: 'redriving', redriven: job }
    expect(await listed()).toMatchObject({ total: 3, redriven: 0, redriving: 3, letters: [taken, taken, taken] })
    expect(await listed({ waiting: true })).toMatchObject({ listed: 0, letters: [] })
    await expect(ask(deadLettersAcknowledge, { sink, apply: true })).rejects.toThrow(/No matching dead letter/)
    expect([await waiting(), arrived()]).toEqual([3, []])
    await place.setState('running')
    const sent = await until('the redrive', listed, ({ redriven }) => redriven === 3)
    expect(sent).toMatchObject({ redriving: 0, letters: [{ state: 'redriven' }, { state: 'redriven' }, { state: 'redriven' }] })
    expect([await waiting(), arrived()]).toEqual([0, ids])
  })

  test('list and show - reasons with counts, the newest first, the event itself', async ({ ask, place }) => {
    await place.begin()
    await until(
      'the topics',
      () => place.control().catch(() => new Map()),
      (control) => control.has('service/segment'),
    )
    const ids = await put(place.prefix, 20, 5)
    const sink = 'segment'
    expect(await ask<Listed>(deadLettersList, { sink, limit: 2 })).toMatchObject({
      total: 20,
      redriven: 0,
      reasons: [
        { reason: 'http_400', count: 15, error: 'no: http_400' },
        { reason: 'event_too_large', count: 5 },
      ],
      letters: [{ offset: 19, logId: ids[19], stage: 'deliver', attempts: 1, fromOffset: '19' }, { offset: 18 }],
    })
    expect(await ask<Listed>(deadLettersList, { sink, from: 'offset:3', to: 'offset:6' })).toMatchObject({ total: 4 })
    expect(await ask<Listed>(deadLettersList, { sink, reason: 'event_too_large' })).toMatchObject({ total: 5 })
    const shown = await ask<{ body: string }>(deadLettersShow, { sink, offset: 7 })
    expect(shown).toMatchObject({ offset: 7, logId: ids[7], encoding: 'utf8', headers: { reason: 'http_400', stage: 'deliver' } })
    expect(JSON.parse(shown.body)).toMatchObject({ log_id: ids[7] })
    await expect(ask(deadLettersShow, { sink, offset: 99 })).rejects.toThrow(/No dead letter at offset 99/)
    await expect(ask(deadLettersList, { sink, from: 'shift:1' })).rejects.toThrow(/shift has no meaning/)
  })

  test('what others wrote - is listed as not understood with the reason, counted, and redriven like the rest', async ({
    ask,
    place,
    arrived,
  }) => {
    await place.start()
    const sink = 'segment'
    const reason = NOT_UNDERSTOOD
    await put(place.prefix, 3, 0)
    const [{ id, record }] = timedEvents(1, Date.now() - 60_000, 1)
    const story = { topic: place.topic, partition: '0', offset: '1', log_id: '', stage: 'deliver', error: '', version: '9' }
    await place.produce(
      [
        { ...record, headers: {} },
        { key: null, value: Buffer.from('\u0000'), headers: { ...story, reason: 'Not Snake', attempts: 'many' } },
      ],
      `${place.prefix}.dead-letter.segment`,
    )
    const listed = await ask<Listed>(deadLettersList, { sink })
    expect(listed).toMatchObject({
      total: 5,
      reasons: [
        { reason: 'http_400', count: 3 },
        { reason, count: 2 },
      ],
      letters: [
        {
          offset: 4,
          reason,
          stage: '',
          attempts: 0,
          error: expect.stringMatching(/headers are not .*: reason must be snake/) as string,
        },
        { offset: 3, reason, logId: id, error: expect.stringMatching(/headers are not .*: topic is missing/) as string },
        { offset: 2 },
        { offset: 1 },
        { offset: 0 },
      ],
    })
    expect(await ask(deadLettersShow, { sink, offset: 4 })).toMatchObject({ reason, headers: { attempts: 'many' }, bytes: 1 })
    const { services } = await ask<Status>(status, {})
    expect(services.find(({ name }) => name === sink)!.deadLetters).toEqual({ total: 5, waiting: 5 })
    const redrive = await ask<Redriven>(deadLettersRedrive, { sink, reason, apply: true })
    expect(redrive).toMatchObject({ events: 2, reasons: [{ reason, count: 2 }] })
    const done = await until(
      'the redrive',
      () => ask<JobRow>(jobsShow, { id: redrive.job }),
      ({ state }) => state === 'done',
      { everyMs: 700 },
    )
    expect([done, arrived()]).toMatchObject([{ delivered: 1, failed: 1 }, [id]])
    const after = await ask<Listed>(deadLettersList, { sink })
    expect(after.reasons).toMatchObject([{ reason: 'http_400' }, { reason, count: 2, redriven: 2 }, { reason: 'not_an_event' }])
  })

  test('how many wait - the same everywhere, by the topic: neither redriven nor acknowledged', async ({ ask, place }) => {
    const { context, close } = operator(testBroker().brokers, place.prefix)
    await place.start()
    await put(place.prefix, 20, 5)
    const waiting = async () => {
      const { services } = await ask<Status>(status, {})
      const listed = await ask<Listed>(deadLettersList, { sink: 'segment' })
      const counts = services.find(({ name }) => name === 'segment')!.deadLetters!
      expect(counts).toEqual({ total: listed.total, waiting: listed.total - listed.redriven })
      return counts.waiting
    }
    expect(await waiting()).toBe(20)
    const preview = await ask<Redriven>(deadLettersAcknowledge, { sink: 'segment', reason: 'event_too_large' })
    expect([preview.events, await waiting()]).toEqual([5, 20])
    await ask(deadLettersAcknowledge, { sink: 'segment', reason: 'event_too_large', apply: true })
    expect(await waiting()).toBe(15)
    await expect(ask(deadLettersAcknowledge, { sink: 'segment', reason: 'event_too_large', apply: true })).rejects.toThrow(
      /nothing was changed/,
    )
    // What was put away is not sent again.
    const redrive = await ask<Redriven>(deadLettersRedrive, {
      sink: 'segment',
      from: 'offset:0',
      to: 'offset:9',
      apply: true,
      rate: 0,
    })
    expect(redrive.events).toBe(5)
    await until(
      'the redrive',
      () => ask<JobRow>(jobsShow, { id: redrive.job }),
      ({ state }) => state === 'done',
      { limitMs: 30_000 },
    )
    expect(await waiting()).toBe(10)
    // A replay begins the sink's account anew; the dead letters stay what they are.
    await ask(replay, { sink: 'segment', from: 'latest', apply: true })
    expect(await waiting()).toBe(10)
    await ask(deadLettersAcknowledge, { sink: 'segment', apply: true })
    expect(await waiting()).toBe(0)
    expect(schemaProblems('control-job', (await readControl(context.client, 'test')).get(`job/segment/${redrive.job}`))).toEqual(
      [],
    )
    await close()
  })
})
