// The control topic: read to its end, then followed.
import { afterAll, beforeAll, describe, expect, inject, type TestContext, test } from 'vitest'
import { within } from '../../services/platform/lifecycle.ts'
import type { Logger } from '../../services/platform/logger.ts'
import type { KafkaClient } from '../../services/topics/client.ts'
import { followControl, isDesiredState, leftOutOf, publishControl, readControl } from '../../services/topics/control.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import { openProducer } from '../../services/topics/produce.ts'
import { type Broker, openBroker, transact } from '../support/plain-kafka.ts'
import { newPrefix, testKafka } from '../support/kafka.ts'
import { schemaProblems } from '../support/schemas.ts'
import { until } from '../support/wait.ts'

let broker: Broker
beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
})
afterAll(() => broker.close())

/** A control topic of its own, and a way to write to it as a service does. */
async function open({ onTestFinished }: TestContext) {
  const prefix = newPrefix()
  const client = testKafka(inject('brokers'), prefix)
  const producer = openProducer(client, 'test')
  onTestFinished(() => producer.close())
  await ensureTopics(client, ['control'])
  const write = (key: string, value: object | null) => publishControl(client, producer, key, value)
  const raw = (key: string, value: string) => broker.producer.send({ topic: `${prefix}.control`, messages: [{ key, value }] })
  return { prefix, client, write, raw }
}

async function follow({ onTestFinished }: TestContext, client: KafkaClient) {
  const changes: [string, unknown][] = []
  const work = followControl(
    client,
    'test',
    (key, value) => changes.push([key, value]),
    (error) => expect.unreachable(error.message),
  )
  const control = await within(work, 15_000, 'reading the control topic')
  onTestFinished(() => control.close())
  return { ...control, changes }
}

const state = (asked: string) => ({ state: asked, by: 'test', at: '2026-03-04T05:06:07Z' })

describe('control', { concurrent: true }, () => {
  test('control - an empty topic is read at once', async (context) => {
    const { client } = await open(context)
    expect((await follow(context, client)).records).toEqual(new Map())
  })

  test('control - the last record of each key counts, a deleted one is gone; what comes later is told', async (context) => {
    const { client, write } = await open(context)
    await write('state/a', state('paused'))
    await write('state/b', state('paused'))
    await write('state/a', state('stopped'))
    await write('state/b', null)
    const { records, changes } = await follow(context, client)
    expect(records).toEqual(new Map([['state/a', { v: 1, ...state('stopped') }]]))
    expect(schemaProblems('control-state', records.get('state/a'))).toEqual([])
    expect(changes).toEqual([])
    await write('state/a', state('running'))
    await write('state/a', null)
    await until(
      'changes',
      () => changes,
      ({ length }) => length === 2,
    )
    expect(changes).toEqual([
      ['state/a', { v: 1, ...state('running') }],
      ['state/a', undefined],
    ])
  })

  test('control - what is not understood is left out: no JSON, or of a newer version', async (context) => {
    const { client, write, raw } = await open(context)
    await write('state/a', state('paused'))
    await raw('state/a', 'no JSON')
    await raw('state/a', '{"v":2,"state":"asleep"}')
    const { records, changes } = await follow(context, client)
    expect(records.get('state/a')).toMatchObject({ state: 'paused' })
    await raw('state/a', '{"v":2}')
    await write('state/c', state('running'))
    await until(
      'the change that is understood',
      () => changes,
      ({ length }) => length > 0,
    )
    expect(changes).toEqual([['state/c', { v: 1, ...state('running') }]])
  })

  test('control - what is not understood is told once a record, however often the topic is read', async (context) => {
    const { client, raw } = await open(context)
    const told: number[] = []
    const log = {
      ...client.log,
      debug: () => {},
      warn: ({ offset }: { offset: number }) => told.push(offset),
    } as unknown as Logger
    await raw('state/a', 'no JSON')
    await raw('odd', '{}')
    for (let again = 0; again < 3; again++) await readControl({ ...client, log }, 'test')
    await raw('state/a', 'no JSON')
    expect(leftOutOf(await readControl({ ...client, log }, 'test'))).toHaveLength(2)
    expect(told).toEqual([0, 1, 2])
  })

  test('control - a topic that ends with the marker of a transaction is read to its end at once', async (context) => {
    const { prefix, client } = await open(context)
    const value = JSON.stringify({ v: 1, ...state('paused') })
    await transact(inject('brokers'), `${prefix}.control`, [{ key: 'state/a', value }])
    // The marker is written after the commit is acknowledged.
    const end = () => broker.admin(async (admin) => (await admin.fetchTopicOffsets(`${prefix}.control`))[0].high)
    await until('the marker', end, (high) => high === '2')
    const begun = performance.now()
    expect((await follow(context, client)).records.get('state/a')).toMatchObject({ state: 'paused' })
    expect(performance.now() - begun).toBeLessThan(10_000)
  })

  test('control - a topic whose beginning is gone is read from what is left', async (context) => {
    const { prefix, client, write } = await open(context)
    const topic = `${prefix}.control`
    for (const asked of ['paused', 'stopped', 'running']) await write('state/a', state(asked))
    await broker.admin(async (admin) => {
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: 2, name: topic, configEntries: [{ name: 'cleanup.policy', value: 'delete' }] }],
      })
    })
    // The broker answers before the new policy is in force.
    const expire = () =>
      broker.expire(topic, 0, 2).then(
        () => true,
        () => false,
      )
    await until('the beginning to be gone', expire, Boolean)
    expect((await follow(context, client)).records.get('state/a')).toMatchObject({ state: 'running' })
  })

  test('control - followers leave no group behind', async (context) => {
    const { prefix, client, write } = await open(context)
    await write('state/a', state('paused'))
    const { close } = await follow(context, client)
    const groups = () => broker.admin(async (admin) => (await admin.listGroups()).groups.map(({ groupId }) => groupId))
    const own = async () => (await groups()).filter((group) => group.startsWith(prefix))
    expect(await own()).toHaveLength(1)
    await within(close(), 5_000, 'closing')
    expect(await own()).toEqual([])
  })

  test.each([
    ['running', true],
    ['paused', true],
    ['stopped', true],
    ['Running', false],
    ['', false],
    [undefined, false],
    [1, false],
  ])('isDesiredState - %j: %s', (asked, is) => {
    expect(isDesiredState(asked)).toBe(is)
  })
})
