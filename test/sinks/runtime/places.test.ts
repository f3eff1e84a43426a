// Where a group stands, from a real Kafka.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { WINDOW_MS } from '../../../services/sinks/runtime/dedupe.ts'
import { anchorNewGroup, findPlaces } from '../../../services/sinks/runtime/places.ts'
import { encodeAccount, markOf, newAccount } from '../../../services/topics/records.ts'
import { testKafka } from '../../support/kafka.ts'
import { type Broker, openBroker } from '../../support/plain-kafka.ts'

const MINUTE_MS = 60_000
const topic = `test-${randomUUID()}`
const client = testKafka(inject('brokers'), topic)
const now = Date.now()
const isoAgo = (minutes: number) => new Date(now - minutes * MINUTE_MS).toISOString()
/** What a group had done when retention overtook it. */
const behind = { ...newAccount(0), delivered: 2 }
let broker: Broker
let below = ''

/** Partition 0 holds a record a minute, the last one of a minute ago; partition 1 none. Records 0 to 4 have expired. */
beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
  await broker.createTopic(topic, 2)
  const at = (n: number) => String(now - (30 - n) * MINUTE_MS)
  const messages = Array.from({ length: 30 }, (_, n) => ({ partition: 0, value: String(n), timestamp: at(n) }))
  await broker.producer.send({ topic, messages })
  below = await committed(2, encodeAccount(behind)) // kafkajs would move it if it lay below already
  await broker.expire(topic, 0, 5)
})
afterAll(() => broker.close())

const placeOf = async (group: string) => (await findPlaces(client, group, topic, [0]))[0]
const committed = async (offset: number, metadata: string) => {
  const group = `${topic}.${randomUUID()}`
  await (await broker.commit(group, topic, String(offset), metadata)).leave()
  return group
}

describe('findPlaces', { concurrent: true }, () => {
  test('a new group - begins at what Kafka still holds, with nothing before it to compare', async () => {
    expect(await placeOf(`${topic}.nobody`)).toEqual({
      partition: 0,
      account: newAccount(5),
      logStart: 5,
      end: 30,
      refillFrom: 5,
    })
  })

  test('a committed account - goes on, and is refilled with ten minutes before the receipt of its next record', async () => {
    const account = { ...newAccount(0), delivered: 20, expired: 5, checkpoint: 'id' }
    const place = await placeOf(await committed(25, encodeAccount(account))) // received 5 minutes ago
    expect(place).toMatchObject({ account, logStart: 5, end: 30 })
    expect(place.refillFrom).toBeLessThanOrEqual(15)
    expect(WINDOW_MS).toBe(10 * MINUTE_MS)
  })

  test('a commit far behind - is refilled by the number of ids alone, never below what Kafka holds', async () => {
    const place = await placeOf(await committed(8, encodeAccount({ ...newAccount(0), delivered: 8 })))
    expect(place.refillFrom).toBe(5)
  })

  test('an account of a replay - is compared with its own records only', async () => {
    const place = await placeOf(await committed(26, encodeAccount({ ...newAccount(24), delivered: 2 })))
    expect(place.refillFrom).toBe(24)
  })

  test('a reset from outside - a new base at the offset', async () => {
    expect(await placeOf(await committed(12, ''))).toMatchObject({ account: newAccount(12), refillFrom: 12 })
    expect(await placeOf(await committed(12, encodeAccount({ ...newAccount(0), delivered: 3 })))).toMatchObject({
      account: newAccount(12),
    })
  })

  test("an end before our own commit, as a new leader tells it - is asked for again; a stranger's commit past the end is none", async () => {
    const own = `${topic}-short`
    await broker.createTopic(own, 1)
    const send = (value: string) => broker.producer.send({ topic: own, messages: [{ partition: 0, value }] })
    await send('one')
    const ours = encodeAccount({ ...newAccount(0), delivered: 2, last: markOf('id', now) })
    const groups = { ours: `${own}.ours`, strange: `${own}.strange` }
    await (await broker.commit(groups.ours, own, '2', ours)).leave()
    await (await broker.commit(groups.strange, own, '2', '')).leave()
    const place = findPlaces(client, groups.ours, own, [0])
    expect((await findPlaces(client, groups.strange, own, [0]))[0].broken).toContain('the log ends at 1')
    await send('two')
    expect(await place).toMatchObject([{ end: 2, account: { delivered: 2 } }])
    expect((await place)[0].broken).toBeUndefined()
  })

  test('a commit below what Kafka holds - stays what it was: the account is the one that counts; read from the first that is held', async () => {
    expect(await placeOf(below)).toMatchObject({ account: behind, logStart: 5, refillFrom: 5 })
  })
})

describe('anchorNewGroup', { concurrent: true }, () => {
  const offsets = (group: string) =>
    broker.admin(async (admin) => {
      const [{ partitions }] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
      return partitions.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset))
    })

  test('a time - the first record not before it', async () => {
    const group = `${topic}.time`
    await anchorNewGroup(client, group, topic, isoAgo(10.5))
    expect(await offsets(group)).toEqual([20, 0])
  })

  test('earliest - commits nothing: a later log start is where it begins', async () => {
    const group = `${topic}.earliest`
    await anchorNewGroup(client, group, topic, 'earliest')
    expect(await offsets(group)).toEqual([-1, -1])
  })

  test('a group that has committed - is never moved', async () => {
    const group = await committed(7, 'account')
    await anchorNewGroup(client, group, topic, 'latest')
    expect(await offsets(group)).toEqual([7, -1])
  })
})
