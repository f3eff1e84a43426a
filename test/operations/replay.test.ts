// `replay` without --to: the preview is what happens, from every kind of position; broken off at every step it can be ended either way.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect } from 'vitest'
import { Refusal, WrongUse } from '../../services/operations/operation.ts'
import { type Replayed, replay } from '../../services/operations/replay.ts'
import { openReset } from '../../services/operations/reset.ts'
import { publishControl, readControl } from '../../services/topics/control.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import { setOffsets } from '../../services/topics/groups.ts'
import { kafkaArtifacts } from '../../services/local/broker/kafka-artifacts.ts'
import { testKafka } from '../support/kafka.ts'
import { until } from '../support/wait.ts'
import type { Installation } from '../support/installation.ts'
import { operator, timedEvents } from './asking.ts'
import { sceneTest, testBroker } from './scene.ts'

const test = sceneTest()
const MINUTE = 60_000

/** 60 events 10 s apart in three partitions, all delivered. */
async function delivered(place: Installation, state?: string) {
  await place.start()
  const events = timedEvents(60, Date.now() - 20 * MINUTE, 10_000)
  await place.produce(events.map(({ record }) => record))
  expect(await place.settled()).toMatchObject({ delivered: 60, problems: [] })
  if (state) {
    await place.setState(state)
    if (state === 'stopped') await until('an empty group', place.members, (members) => members === 0)
  }
  return events
}
/** A sink of which no process runs, at offset 8 of partition 0. */
async function idle(place: Installation) {
  const { context, close } = operator(testBroker().brokers, place.prefix)
  await ensureTopics(context.client, ['events', { deadLetters: 'segment' }, 'reports', 'control'])
  const service = { service: 'segment', kind: 'sink', version: '1', group: place.group, state: 'running', fields: [] }
  // A topic just created has no leaders for a moment.
  const announced = () =>
    publishControl(context.client, context.producer, 'service/segment', service).then(
      () => true,
      () => false,
    )
  await until('the service record', announced, (written) => written)
  await publishControl(context.client, context.producer, 'state/segment', {
    state: 'running',
    by: 'test',
    at: '2026-03-04T05:06:07Z',
  })
  await place.produce(timedEvents(10, Date.now() - MINUTE, 1_000).map(({ record }) => ({ ...record, partition: 0 })))
  await setOffsets(context.client, place.group, place.topic, new Map([[0, 8]]))
  await close()
}

/** A real process that begins a reset and ends by SIGKILL at this step. */
async function killedAt(place: Installation, step: number, given: object): Promise<void> {
  const input = JSON.stringify({ sink: 'segment', ...given, apply: true })
  const args = [testBroker().brokers, place.prefix, input, String(step)]
  const child = spawn(process.execPath, [`${import.meta.dirname}/fixtures/main.ts`, ...args])
  expect((await once(child, 'close'))[1]).toBe('SIGKILL')
}
const offsetsIn = async (place: Installation) => (await place.accounts()).map(({ committed }) => committed)
/** Null and undefined both say that nobody asked for anything. */
const stateIn = async (place: Installation) => ((await place.control()).get('state/segment') ?? undefined) as object | undefined

describe('replay', { concurrent: true, timeout: 60_000 }, () => {
  test('from a log_id - that log and all after it, and no more than the preview says', async ({
    ask,
    place,
    vendor,
    arrived,
  }) => {
    const events = await delivered(place)
    const from = events[40].id
    const preview = await ask<Replayed>(replay, { sink: 'segment', from })
    expect(preview).toMatchObject({ kind: 'reset', applied: false, events: 26, repeated: 26, skipped: 0 })
    expect(preview.notes.join()).toMatch(
      /a superset: .* 60 s before .*the log is at partition \d, offset \d+; 6 events before it/,
    )
    expect(preview.partitions.map((row) => row.from - row.to)).toEqual(preview.partitions.map((row) => row.events))
    expect(await stateIn(place)).toBeUndefined()
    vendor.reset()
    expect(await ask<Replayed>(replay, { sink: 'segment', from, apply: true })).toMatchObject({
      ...preview,
      applied: true,
      message: expect.anything(),
    })
    expect(await place.settled()).toMatchObject({ delivered: 26, problems: [] })
    expect(arrived()).toEqual(events.slice(34).map(({ id }) => id))
    expect(await stateIn(place)).toBeUndefined()
  })

  test('older than the vendor likes - the preview says what it will do with it; shift goes back by events', async ({
    ask,
    place,
  }) => {
    await place.start()
    await place.produce(timedEvents(6, Date.now() - 25 * 60 * MINUTE, 1_000).map(({ record }) => ({ ...record, partition: 0 })))
    await place.produce(timedEvents(4, Date.now() - MINUTE, 1_000).map(({ record }) => ({ ...record, partition: 0 })))
    await place.settled()
    const old = await ask<Replayed>(replay, { sink: 'segment', from: 'earliest' })
    expect(old.repeats).toMatch(/^Segment drops an event that it got less than 24 h ago/)
    const [hoursSpan, youngest] = [Date.parse(old.lastAt) - Date.parse(old.firstAt), Date.now() - Date.parse(old.lastAt)]
    expect([Math.round(hoursSpan / 60 / MINUTE), Math.round(youngest / MINUTE)]).toEqual([25, 1])
    expect(old.warnings.join()).toContain('Segment forgets a messageId after 24 h')
    const young = await ask<Replayed>(replay, { sink: 'segment', from: 'shift:-4' })
    expect(young).toMatchObject({ events: 4, warnings: [] })
  })

  test('from a time, in some partitions - the others stay; an operator state stays too', async ({
    ask,
    place,
    vendor,
    arrived,
  }) => {
    const events = await delivered(place, 'stopped')
    const before = await offsetsIn(place)
    const from = new Date(events[30].time).toISOString()
    const done = await ask<Replayed>(replay, { sink: 'segment', from, partitions: '0,2', apply: true })
    const after = await offsetsIn(place)
    expect(after).toEqual([done.partitions[0].to, before[1], done.partitions[1].to])
    expect(await stateIn(place)).toMatchObject({ state: 'stopped', by: 'test' })
    vendor.reset()
    await place.setState('running')
    await place.settled()
    const again = arrived()
    expect(again).toHaveLength(done.events)
    expect(again.every((id) => id >= events[30].id)).toBe(true)
  })

  test('the standard Kafka tool - resets a stopped sink, and what it says is what is delivered', async ({
    place,
    vendor,
    arrived,
  }) => {
    await delivered(place, 'stopped')
    const artifacts = await kafkaArtifacts(
      process.env,
      () => {},
      AbortSignal.timeout(60_000),
      () => {},
    )
    if (!('libs' in artifacts)) throw new Error(artifacts.problem)
    const tool = spawn('java', [
      '-cp',
      `${artifacts.libs}/*`,
      'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
      ...`--bootstrap-server ${testBroker().brokers} --group ${place.group} --topic ${place.topic}`.split(' '),
      ...'--reset-offsets --shift-by -5 --execute'.split(' '),
    ])
    let told = ''
    tool.stdout.on('data', (data: Buffer) => (told += data.toString()))
    await once(tool, 'close')
    const rows = [...told.matchAll(/^\S+\s+\S+\s+(\d)\s+(\d+)/gm)].map(([, partition, offset]) => [
      Number(partition),
      Number(offset),
    ])
    expect(rows).toHaveLength(3)
    const ends = (await place.accounts()).map(({ end }) => end)
    const said = rows.reduce((sum, [partition, offset]) => sum + ends[partition] - offset, 0)
    expect(said).toBe(15)
    vendor.reset()
    await place.setState('running')
    expect(await place.settled()).toMatchObject({ delivered: 15, problems: [] })
    expect(arrived()).toHaveLength(15)
  })

  test('killed at any step, with the sink running - ends either way, and the sink goes on', async ({ ask, place, arrived }) => {
    const events = await delivered(place)
    await killedAt(place, 4, { from: events[30].id })
    await expect(ask(replay, { sink: 'segment', from: 'earliest' })).rejects.toThrow(
      /begun by killed operator .* --finish, or --abort/,
    )
    await ask(replay, { sink: 'segment', abort: true })
    expect(await stateIn(place)).toBeUndefined()
    expect(await place.settled()).toMatchObject({ problems: [] })
    expect(arrived()).toHaveLength(60)
    await killedAt(place, 4, { from: events[30].id })
    await ask(replay, { sink: 'segment', finish: true })
    expect(await stateIn(place)).toBeUndefined()
    expect(await place.settled()).toMatchObject({ delivered: 36, problems: [] })
    expect(arrived()).toHaveLength(60 + 36)
  })

  test.for([
    [1, 'abort'],
    [2, 'finish'],
    [3, 'abort'],
    [3, 'finish'],
    [5, 'abort'],
    [5, 'finish'],
    [6, 'abort'],
    [6, 'finish'],
  ] as const)('killed at step %i - %s ends it: offsets and state are right', async ([step, how], { ask, place }) => {
    await idle(place)
    const before = await stateIn(place)
    await killedAt(place, step, { from: 'offset:3', partitions: '0' })
    await ask(replay, { sink: 'segment', [how]: true })
    expect(openReset(await readControl(testKafka(testBroker().brokers, place.prefix), 'test'), 'segment')).toBeUndefined()
    expect(await stateIn(place)).toEqual(before)
    expect((await offsetsIn(place))[0]).toBe(how === 'finish' ? 3 : 8)
  })

  test('broken off while a member stays - nothing is changed, and it says who stays', async ({ place }) => {
    await delivered(place)
    const before = await offsetsIn(place)
    const stays = await testBroker().commit(place.group, place.topic, String(before[0]), '')
    const giveUp = AbortSignal.timeout(3_000)
    const impatient = operator(testBroker().brokers, place.prefix, { signal: giveUp })
    await expect(impatient.do(replay, { sink: 'segment', from: 'earliest', apply: true })).rejects.toThrow(Refusal)
    await Promise.all([stays.leave(), impatient.close()])
    expect(await stateIn(place)).toBeUndefined()
    expect((await place.control()).get('job/segment/reset') ?? null).toBeNull()
  })

  test('wrong use - names the input', async ({ ask, place }) => {
    await idle(place)
    const wrong: [object, string][] = [
      [{ from: 'tomorrow' }, 'from'],
      [{ from: 'offset:-1' }, 'from'],
      [{ from: '2026-13-01T00:00:00Z' }, 'from'],
      [{ from: 'earliest', to: 'offset:' }, 'to'],
      [{ from: 'earliest', partitions: '0,99' }, 'partitions'],
      [{ from: 'earliest', rate: 5 }, 'rate'],
      [{}, 'from'],
    ]
    for (const [given, field] of wrong) {
      const failure: unknown = await ask(replay, { sink: 'segment', ...given }).catch((error: unknown) => error)
      expect([given, failure instanceof WrongUse && failure.field]).toEqual([given, field])
    }
  })
})
