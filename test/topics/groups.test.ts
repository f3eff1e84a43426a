// What Kafka says of groups and topics.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { committedOffsets, keepsMetadata, logRanges, offsetsAt, setOffsets } from '../../services/topics/groups.ts'
import { type Broker, openBroker } from '../support/plain-kafka.ts'
import { testKafka } from '../support/kafka.ts'

const topic = `test-${randomUUID()}`
const client = testKafka(inject('brokers'), topic)
const T = Date.now() - 60_000
let broker: Broker

beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
  await broker.createTopic(topic, 2)
  const messages = Array.from({ length: 10 }, (_, n) => ({ partition: 0, value: String(n), timestamp: String(T + n * 1_000) }))
  await broker.producer.send({ topic, messages })
})
afterAll(() => broker.close())

const byPartition = <P extends { partition: number }>(list: P[]) => list.toSorted((a, b) => a.partition - b.partition)

describe('groups', () => {
  test('logRanges - what Kafka holds, also after retention took a part', async () => {
    expect(byPartition(await logRanges(client, topic))).toEqual([
      { partition: 0, start: 0, end: 10 },
      { partition: 1, start: 0, end: 0 },
    ])
    await broker.expire(topic, 0, 4)
    expect(byPartition(await logRanges(client, topic))[0]).toEqual({ partition: 0, start: 4, end: 10 })
  })

  test.each([
    ['an offset exactly at the time', T + 6_000, 6],
    ['the next one after the time', T + 6_001, 7],
    ['the end where nothing is as late', T + 60_000, 10],
    ['the first that is left where all are later', 0, 4],
  ])('offsetsAt - %s', async (_, time, offset) => {
    const offsets = await offsetsAt(client, topic, time)
    expect([offsets.get(0), offsets.get(1)]).toEqual([offset, 0])
  })

  test('committedOffsets - of a group that never was: -1 and no metadata', async () => {
    expect(byPartition(await committedOffsets(client, `${topic}.nobody`, topic))).toEqual([
      { partition: 0, offset: -1, metadata: '' },
      { partition: 1, offset: -1, metadata: '' },
    ])
  })

  test.concurrent('setOffsets - moves a group without members and clears its metadata', async () => {
    const group = `${topic}.left`
    await (await broker.commit(group, topic, '8', 'account')).leave()
    expect(byPartition(await committedOffsets(client, group, topic))[0]).toEqual({ partition: 0, offset: 8, metadata: 'account' })
    await setOffsets(client, group, topic, new Map([[0, 5]]))
    expect(byPartition(await committedOffsets(client, group, topic))).toEqual([
      { partition: 0, offset: 5, metadata: '' },
      { partition: 1, offset: -1, metadata: '' },
    ])
  })

  test.concurrent('setOffsets - is refused while the group has members', async () => {
    const group = `${topic}.joined`
    const member = await broker.commit(group, topic, '8', 'account')
    await expect(setOffsets(client, group, topic, new Map([[0, 5]]))).rejects.toThrow(/no running instances/)
    expect(byPartition(await committedOffsets(client, group, topic))[0]).toEqual({ partition: 0, offset: 8, metadata: 'account' })
    await member.leave()
  })

  test('keepsMetadata - what a commit carries comes back as it was; the group is gone then', async () => {
    expect(await keepsMetadata(client, topic, 'Зоя'.repeat(100))).toBe(true)
    const { groups } = await broker.admin((admin) => admin.listGroups())
    expect(groups.filter(({ groupId }) => groupId.startsWith(`${topic}.validate.reader`))).toEqual([])
  })
})
