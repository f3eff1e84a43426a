// `find` and `show` against a real Kafka: what is found, what is said of the rest, what is masked, what is on record.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { find, type Found } from '../../services/operations/find.ts'
import { perform } from '../../services/operations/index.ts'
import { readInput } from '../../services/operations/operation.ts'
import type { ShownEvent } from '../../services/operations/shown-event.ts'
import { show } from '../../services/operations/show.ts'
import { newPrefix } from '../support/kafka.ts'
import { type Broker, openBroker } from '../support/plain-kafka.ts'
import { operator, timedEvents } from './asking.ts'

const prefix = newPrefix()
const now = Date.now()
let broker: Broker
let own: ReturnType<typeof operator>
/** One a minute, over the last 10 hours; every hundredth is eve's. */
const events = timedEvents(600, now - 600 * 60_000, 60_000).map((event, i) => {
  const type = i % 2 === 0 ? 's' : 'fp'
  const data = {
    log_id: event.id,
    type,
    user_name: i % 100 === 99 ? 'Eve@example.com' : 'ann@example.com',
    ip: `203.0.113.${i % 250}`,
  }
  const value = Buffer.from(JSON.stringify(data))
  return { ...event, record: { ...event.record, value, headers: { source: 'webhook', type } } }
})
const idsOf = ({ events: found }: Found) => found.map(({ logId }) => logId)
const look = (given: Record<string, unknown>) => own.do<Found>(find, given)

beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
  await broker.createTopic(prefix, 3)
  await broker.createTopic(`${prefix}.reports`, 1)
  await broker.producer.send({
    topic: prefix,
    acks: -1,
    messages: events.map(({ record }) => ({ ...record, headers: record.headers })),
  })
  own = operator(inject('brokers'), prefix)
})
afterAll(async () => {
  await own.close()
  await broker.close()
})

describe('find', () => {
  it('a text - is found in values and ids, in any case, newest first, masked, within the hours asked for', async () => {
    const found = await look({ text: 'eve@EXAMPLE.com', hours: 24 })
    const eves = events
      .filter((_, i) => i % 100 === 99)
      .map(({ id }) => id)
      .toReversed()
    expect(idsOf(found)).toEqual(eves)
    expect(found).toMatchObject({ searched: 600, left: 0, rest: '', searchedBackTo: found.since })
    expect(JSON.stringify(found)).not.toMatch(/eve@example/i)
    const recent = await look({ text: 'eve@example.com', hours: 3 })
    expect(idsOf(recent)).toEqual(eves.slice(0, 2))
    expect(recent.searched).toBeLessThan(190)
    expect(idsOf(await look({ text: events[300].id }))).toEqual([events[300].id])
  })

  it('types and level - leave out the others', async () => {
    expect((await look({ text: 'ann@example.com', type: 'fp', limit: 1000 })).events).toHaveLength(294)
    expect(idsOf(await look({ text: 'example.com', level: '3', limit: 2 }))).toEqual([events[599].id, events[597].id])
    await expect(look({ text: 'ann', level: 9 })).rejects.toThrow(/level/)
  })

  it('limit - what was not searched is told, and going on finds the rest, each once', async () => {
    const all: string[] = []
    let rest: string | undefined
    let searched = 0
    for (let turn = 0; turn < 40 && rest !== ''; turn++) {
      const found: Found = await look({ text: 'example.com', limit: 50, ...(rest ? { rest } : {}) })
      all.push(...idsOf(found))
      searched += found.searched
      expect(searched + found.left).toBe(600)
      if (found.left > 0)
        expect(Date.parse(found.searchedBackTo)).toBeLessThanOrEqual(Date.parse(found.events.at(-1)!.receivedAt))
      rest = found.rest
    }
    expect([all.length, new Set(all).size]).toEqual([600, 600])
    expect(all).toEqual(events.map(({ id }) => id).toReversed())
  })

  it('input that makes no sense - is refused by the name of its field', async () => {
    for (const [field, given] of Object.entries({
      text: { text: ' a ' },
      hours: { text: 'eve', hours: 0 },
      limit: { text: 'eve', limit: 1_001 },
      seconds: { text: 'eve', seconds: 51 },
      rest: { text: 'eve', rest: '0:1' },
    }))
      await expect(look(given), field).rejects.toMatchObject({ name: 'WrongUse', field })
    const gone = await look({ text: 'eve', rest: '0:900000-900001,77:0-5' })
    expect(gone).toMatchObject({ events: [], searched: 0, left: 0, rest: '' })
  })

  it('personal data - for operators alone, on record without the text that was looked for', async () => {
    const given = { text: 'eve@example.com', unmask: true }
    expect(JSON.stringify(await perform(own.context, 'operator', 'find', given))).toContain('Eve@example.com')
    await expect(perform(own.context, 'viewer', 'find', given)).rejects.toThrow(/role operator/)
    expect((await perform(own.context, 'viewer', 'find', { text: 'eve@example.com' })) as Found).toHaveProperty('events')
    expect(find.audited?.(given)).toEqual({ text: '***', unmask: true })
  })

  it('without a topic - says that nothing was received', async () => {
    const nobody = operator(inject('brokers'), newPrefix())
    await expect(nobody.do(find, { text: 'eve' })).rejects.toThrow(/no log was received yet/)
    await nobody.close()
  })

  it('an asker who has gone - ends it', async () => {
    const signal = AbortSignal.abort(new Error('gone'))
    await expect(find.run({ ...own.context, signal }, readInput(find.inputs, { text: 'eve' }))).rejects.toThrow('gone')
  })
})

describe('show', () => {
  const placesOf = (found: readonly ShownEvent[]) => found.map(({ partition, offset }) => `${partition}:${offset}`)

  it('places - those events and no others, masked unless asked for', async () => {
    const { events: found } = await look({ text: 'eve@example.com' })
    const asked = placesOf(found)
    const closed = await own.do<{ events: ShownEvent[] }>(show, { places: [...asked, '0:999999', '9:0'] })
    expect(placesOf(closed.events).toSorted()).toEqual(asked.toSorted())
    expect(closed.events.map(({ data }) => data?.user_name)).toEqual(found.map(() => '***'))
    const open = await own.do<{ events: ShownEvent[] }>(show, { places: asked, unmask: true })
    expect(open.events.map(({ data }) => data?.user_name)).toEqual(found.map(() => 'Eve@example.com'))
    await expect(perform(own.context, 'viewer', 'show', { places: asked, unmask: true })).rejects.toThrow(/role operator/)
  })

  it('odd places - are refused', async () => {
    for (const places of ['1', 'a:1', '1:-1', Array.from({ length: 501 }, (_, n) => `0:${n}`)])
      await expect(own.do(show, { places })).rejects.toMatchObject({ field: 'places' })
  })
})
