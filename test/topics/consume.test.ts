// A member of a consumer group on a real Kafka: what is read, from where, what is committed, and what a rebalance does.
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { afterAll, test as base, beforeAll, describe, expect, inject, type TestContext } from 'vitest'
import { sleep } from '../../services/platform/lifecycle.ts'
import { createLogger } from '../../services/platform/logger.ts'
import { readSettings } from '../../services/platform/settings.ts'
import { connectKafka, type KafkaClient } from '../../services/topics/client.ts'
import { type Assignment, consume, type GroupConsumer, type Handlers } from '../../services/topics/consume.ts'
import { kafkaFields } from '../../services/topics/fields.ts'
import { type Broker, openBroker, transact } from '../support/plain-kafka.ts'
import { until } from '../support/wait.ts'

const SESSION_S = 6
const PARTITIONS = 3

let broker: Broker
let client: KafkaClient
beforeAll(async () => {
  const env = { KAFKA_BROKERS: inject('brokers'), KAFKA_SESSION_TIMEOUT: String(SESSION_S) }
  client = connectKafka(readSettings(kafkaFields, env), createLogger('test', 'silent'), 'test')
  broker = await openBroker(inject('brokers'))
})
afterAll(() => broker.close())

type Place = { topic: string; group: string; fill: (count: number) => Promise<void>; members: () => Promise<number> }

/** A topic of its own with this many records in each partition; their values are their offsets. */
async function openPlace(count: number): Promise<Place> {
  const topic = `test-${randomUUID()}`
  const group = `${topic}.group`
  await broker.createTopic(topic, PARTITIONS)
  let next = 0
  async function fill(more: number): Promise<void> {
    const messages = Array.from({ length: PARTITIONS * more }, (_, n) => ({
      partition: n % PARTITIONS,
      value: String(next + Math.floor(n / PARTITIONS)),
    }))
    next += more
    if (messages.length > 0) await broker.producer.send({ topic, messages })
  }
  await fill(count)
  const members = () => broker.admin(async (admin) => (await admin.describeGroups([group])).groups[0].members.length)
  return { topic, group, fill, members }
}

type Taken = { partition: number; offset: number }

/** Joins; takes everything from offset 0 on unless told otherwise. Left after the test. */
async function join({ onTestFinished }: TestContext, { topic, group }: Place, more: Partial<Handlers> = {}) {
  const taken: Taken[] = []
  const terms: Assignment[] = []
  const take = (partition: number, offsets: number[]) => taken.push(...offsets.map((offset) => ({ partition, offset })))
  const handlers: Handlers = {
    assigned: async ({ partitions }) => new Map(partitions.map((partition) => [partition, 0])),
    async records(partition, records) {
      take(
        partition,
        records.map(({ offset }) => Number(offset)),
      )
      return records.length
    },
    rebalancing: async () => {},
    crashed: (error) => expect.unreachable(error.message),
    ...more,
  }
  const { assigned } = handlers
  const consumer: GroupConsumer = await consume(client, {
    group,
    topic,
    handlers: {
      ...handlers,
      assigned(term) {
        terms.push(term)
        return assigned(term)
      },
    },
  })
  onTestFinished(() => consumer.close())
  const offsetsOf = (partition: number) => taken.filter((one) => one.partition === partition).map(({ offset }) => offset)
  return { consumer, terms, taken, take, offsetsOf }
}

const committed = ({ topic, group }: Place) =>
  broker.admin(async (admin) => {
    const [{ partitions }] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
    return partitions.toSorted((a, b) => a.partition - b.partition).map(({ offset, metadata }) => [Number(offset), metadata])
  })

const from = (start: number, end: number) => Array.from({ length: end - start }, (_, n) => start + n)
const enough = (count: number) => (taken: Taken[]) => taken.length >= count

/** Once, kafkajs goes on from another offset than it should, as after the answer of a former leader. Stays, for this topic. */
function moveOnce(topic: string, to: number): () => boolean {
  type Fetching = { offsetManager: { resolveOffset: (at: { topic: string; partition: number; offset: number }) => void } }
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup.js')
  const { fetch } = prototype
  let moved = false
  prototype.fetch = async function (this: Fetching & { topics: string[] }, nodeId: number) {
    const batches = await fetch.call(this, nodeId)
    if (!moved && this.topics.includes(topic) && batches.length > 0) {
      moved = true
      this.offsetManager.resolveOffset({ topic, partition: 0, offset: to - 1 })
      return []
    }
    return batches
  }
  return () => moved
}

type KafkajsGroup = {
  cluster: { connect: () => Promise<void>; disconnect: () => Promise<void> }
  joinAndSync: () => Promise<void>
  leave: () => Promise<void>
}

/** kafkajs' inside of the member that reads this topic. Tests run side by side: what each puts over `fetch` stays. */
function groupOf(topic: string): () => KafkajsGroup {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup.js')
  const { fetch } = prototype
  const seen: KafkajsGroup[] = []
  prototype.fetch = function (this: KafkajsGroup & { topics: string[] }, nodeId: number) {
    if (this.topics.includes(topic)) seen.push(this)
    return fetch.call(this, nodeId)
  }
  return () => seen[0]
}

describe('consume', { concurrent: true }, () => {
  const test = base

  test('consume - begins where `assigned` says, below the commit too, and moves no commit by reading', async (context) => {
    const place = await openPlace(10)
    const first = await join(context, place)
    await until('all', () => first.taken, enough(30))
    await first.consumer.commit([{ partition: 0, offset: 8, metadata: '' }])
    await first.consumer.close()
    const starts = new Map([
      [0, 5],
      [1, 0],
      [2, 9],
    ]) // prettier-ignore
    const second = await join(context, place, { assigned: async () => starts })
    await until('the rest', () => second.taken, enough(16))
    await sleep(300)
    expect([0, 1, 2].map(second.offsetsOf)).toEqual([from(5, 10), from(0, 10), from(9, 10)])
    expect((await committed(place)).map(([offset]) => offset)).toEqual([8, -1, -1])
  })

  test('consume - a partition without a first offset, or left out, is read no more: also after a pause; a seek reads it again', async (context) => {
    const place = await openPlace(3)
    const { consumer, taken, offsetsOf } = await join(context, place, {
      assigned: async () =>
        new Map([
          [0, 0],
          [1, 0],
        ]),
    })
    await until('both', () => taken, enough(6))
    consumer.leaveOut(1)
    consumer.pause()
    consumer.resume()
    await place.fill(3)
    await until(
      'the rest of one',
      () => offsetsOf(0),
      ({ length }) => length === 6,
    )
    await sleep(700)
    expect([offsetsOf(1), offsetsOf(2)]).toEqual([from(0, 3), []])
    consumer.seek(new Map([[1, 2]]))
    await until(
      'the other again',
      () => offsetsOf(1),
      ({ length }) => length === 7,
    )
    expect([offsetsOf(1), offsetsOf(2)]).toEqual([[...from(0, 3), ...from(2, 6)], []])
  })

  test('consume - kafkajs going on from further on leaves nothing out', async (context) => {
    const place = await openPlace(10)
    const moved = moveOnce(place.topic, 6)
    const passed: number[] = []
    const member = await join(context, place, { passed: (partition, next) => partition === 0 && void passed.push(next) })
    await until('all', () => member.taken, enough(30))
    expect([moved(), member.offsetsOf(0), passed.at(-1)]).toEqual([true, from(0, 10), 10])
  })

  test('consume - kafkajs going on from further on, where no record is, leaves nothing out', async (context) => {
    const place = await openPlace(0)
    await transact(
      inject('brokers'),
      place.topic,
      from(0, 3).map((n) => ({ partition: 0, value: String(n) })),
    ) // offset 3: its marker
    const moved = moveOnce(place.topic, 3)
    const told: [what: string, offset: number][] = []
    const member = await join(context, place, {
      async records(_, records) {
        told.push(...records.map(({ offset }): [string, number] => ['record', Number(offset)]))
        return records.length
      },
      passed: (_, next) => void told.push(['passed', next]),
    })
    await until(
      'all',
      () => told,
      (all) => all.some(([what, next]) => what === 'passed' && next === 4),
    ) // prettier-ignore
    await sleep(1_200)
    expect([moved(), told.slice(0, 4)]).toEqual([
      true,
      [
        ['record', 0],
        ['record', 1],
        ['record', 2],
        ['passed', 4],
      ],
    ]) // prettier-ignore
    await member.consumer.close()
  })

  test('consume - what was not taken comes again, from the first record that was not', async (context) => {
    const place = await openPlace(10)
    let calls = 0
    const member = await join(context, place, {
      async records(partition, records) {
        const count = calls++ % 3 === 0 ? 0 : Math.min(4, records.length)
        member.take(
          partition,
          records.slice(0, count).map(({ offset }) => Number(offset)),
        )
        return count
      },
    })
    await until('all', () => member.taken, enough(30))
    await sleep(300)
    expect([0, 1, 2].map(member.offsetsOf)).toEqual([from(0, 10), from(0, 10), from(0, 10)])
  })

  test('consume - paused it reads nothing and stays a member; resumed it goes on where it was', async (context) => {
    const place = await openPlace(5)
    const member = await join(context, place)
    await until('all', () => member.taken, enough(15))
    member.consumer.pause()
    await sleep(600) // a fetch under way ends
    await place.fill(5)
    await sleep(1_200)
    expect([member.taken.length, member.consumer.paused(), await place.members()]).toEqual([15, true, 1])
    expect(member.consumer.silentForMs()).toBeLessThan(3_000)
    member.consumer.resume()
    await until('the rest', () => member.taken, enough(30))
    expect([0, 1, 2].map(member.offsetsOf)).toEqual([from(0, 10), from(0, 10), from(0, 10)])
  })

  test('consume - paused before it has partitions, it reads nothing when it gets them', async (context) => {
    const place = await openPlace(5)
    const member = await join(context, place)
    member.consumer.pause()
    await until(
      'the assignment',
      () => member.terms,
      ({ length }) => length > 0,
    )
    await sleep(1_200)
    expect(member.taken).toEqual([])
    member.consumer.resume()
    await until('all', () => member.taken, enough(15))
  })

  test('consume - a seek drops what was fetched already, of every partition', async (context) => {
    const place = await openPlace(20)
    let seeking = false
    const member = await join(context, place, {
      async records(partition, records) {
        const offsets = records.map(({ offset }) => Number(offset))
        member.take(partition, offsets)
        if (seeking && offsets.at(-1) === 39) {
          // One fetch brought all partitions; the others' records of it are still to be offered.
          seeking = false
          member.taken.length = 0
          member.consumer.seek(new Map([0, 1, 2].map((each) => [each, 3])))
        }
        return offsets.length
      },
    })
    await until('all', () => member.taken, enough(60))
    member.consumer.pause()
    await sleep(600)
    seeking = true
    await place.fill(20)
    member.consumer.resume()
    await until('all again', () => member.taken, enough(3 * 37))
    expect([0, 1, 2].map(member.offsetsOf)).toEqual([from(3, 40), from(3, 40), from(3, 40)])
  })

  test('consume - a seek while its records are being taken wins over them', async (context) => {
    const place = await openPlace(10)
    let sought = false
    const member = await join(context, place, {
      async records(partition, records) {
        member.take(
          partition,
          records.map(({ offset }) => Number(offset)),
        )
        if (partition === 1 && !sought) {
          sought = true
          member.consumer.seek(new Map([[1, 4]]))
        }
        return records.length
      },
    })
    await until('some again', () => member.taken, enough(36))
    expect(member.offsetsOf(1)).toEqual([...from(0, 10), ...from(4, 10)])
  })

  test('consume - commits offsets with their metadata, as soon as it has partitions', async (context) => {
    const place = await openPlace(0)
    const member = await join(context, place)
    await until(
      'an assignment',
      () => member.terms,
      ({ length }) => length > 0,
    )
    const metadata = JSON.stringify({ v: 1, text: 'Зоя' })
    expect(await member.consumer.commit([{ partition: 2, offset: 3, metadata }])).toBe(true)
    expect(await committed(place)).toEqual(
      [
        [-1, expect.anything()],
        [-1, expect.anything()],
        [3, metadata],
      ].map(([o, m]) => [o, o === -1 ? null : m]),
    )
  })

  test('consume - closed, it hears of no join that kafkajs still makes', async (context) => {
    const place = await openPlace(1)
    const group = groupOf(place.topic)
    let rebalanced = 0
    const rebalancing = async () => void rebalanced++
    const member = await join(context, place, { rebalancing })
    await until('all', () => member.taken, enough(3))
    await member.consumer.close()
    const zombie = group()
    await zombie.cluster.connect()
    await zombie.joinAndSync()
    expect([rebalanced, member.terms.length]).toEqual([0, 1])
    await zombie.leave()
    await zombie.cluster.disconnect()
  })

  test('consume - a member that has been put out may not commit', async (context) => {
    const place = await openPlace(3)
    const member = await join(context, place)
    await until('all', () => member.taken, enough(9))
    await member.consumer.close()
    await expect(member.consumer.commit([{ partition: 0, offset: 3, metadata: '' }])).rejects.toThrow()
    expect((await committed(place)).map(([offset]) => offset)).toEqual([-1, -1, -1])
    expect(await place.members()).toBe(0)
  })

  test('consume - nothing is read until the places are known, however often they are asked for', async (context) => {
    const place = await openPlace(3)
    let asked = 0
    const member = await join(context, place, {
      async assigned({ partitions }) {
        if (++asked === 1) throw new Error('Kafka does not answer')
        expect(member.taken).toEqual([])
        return new Map(partitions.map((partition) => [partition, 0]))
      },
    })
    await until('all', () => member.taken, enough(9))
    expect(asked).toBe(2)
  })

  test("consume - a second member takes its share, at the last moment of the first one's term; what that commits is kept", async (context) => {
    const place = await openPlace(3)
    const working = Promise.withResolvers<void>()
    let atTheEnd: Promise<boolean> | undefined
    const first = await join(context, place, {
      async records(partition, records) {
        first.take(
          partition,
          records.map(({ offset }) => Number(offset)),
        )
        working.resolve()
        await sleep(10_000, first.terms.at(-1)?.signal)
        return 0
      },
      rebalancing: async () => {
        atTheEnd ??= first.consumer.commit([{ partition: first.taken[0].partition, offset: 3, metadata: 'brought home' }])
        await atTheEnd
      },
    })
    await working.promise
    const second = await join(context, place)
    const share = ({ terms }: { terms: Assignment[] }) => terms.at(-1)?.partitions ?? []
    await until(
      'shares',
      () => [...share(first), ...share(second)].toSorted(),
      (all) => all.join() === '0,1,2',
    )
    expect(await atTheEnd).toBe(true)
    expect(first.terms[0].signal.aborted).toBe(true)
    expect((await committed(place))[first.taken[0].partition]).toEqual([3, 'brought home'])
    await until('its records', () => second.taken, enough(3 * share(second).length))
    await second.consumer.close()
    await until(
      'all partitions again',
      () => share(first).length,
      (count) => count === PARTITIONS,
    )
    expect(second.terms.at(-1)!.signal.aborted).toBe(true)
  }, 40_000)

  test('consume - one that works longer than its session stays a member: heartbeats go on', async (context) => {
    const place = await openPlace(3)
    let calls = 0
    const member = await join(context, place, {
      async records(partition, records) {
        if (calls++ === 0) await sleep(SESSION_S * 1_000 + 1_500)
        member.take(
          partition,
          records.map(({ offset }) => Number(offset)),
        )
        return records.length
      },
    })
    await until('all', () => member.taken, enough(9), { limitMs: 20_000 })
    expect([member.terms.length, calls]).toEqual([1, 3])
    expect(await member.consumer.commit([{ partition: 0, offset: 3, metadata: '' }])).toBe(true)
  })
})
