// `explain` and `tail`: what can be known of one event, and events as they come, beside all groups.
import { describe, expect, vi } from 'vitest'
import { type Explained, explain } from '../../services/operations/explain.ts'
import { FIND_MS } from '../../services/operations/find-log.ts'
import { Refusal } from '../../services/operations/operation.ts'
import { type Replayed, replay } from '../../services/operations/replay.ts'
import type { ShownEvent } from '../../services/operations/shown-event.ts'
import { followEvents, tail } from '../../services/operations/tail.ts'
import { hashOf } from '../../services/topics/partition.ts'
import { until } from '../support/wait.ts'
import { operator, timedEvents, type TimedEvent } from './asking.ts'
import { sceneTest, testBroker } from './scene.ts'

const test = sceneTest()
const recordOf = ({ record }: TimedEvent) => record
const typed = ({ record }: TimedEvent, type: string) => ({ ...record, headers: { source: 'poll', type } })

describe('explain', { concurrent: true, timeout: 60_000 }, () => {
  test('each ending - delivered, filtered, duplicate, dead-lettered, waiting, before a reset, unknown', async ({
    ask,
    place,
    vendor,
  }) => {
    const member = await place.start({ SEGMENT_LOG_TYPES: 's' })
    const events = timedEvents(8, Date.now() - 60_000, 1_000)
    const [delivered, filtered, repeated, bad, waiting, ...others] = events
    vendor.misbehave('reject', 1)
    await place.produce([recordOf(bad)])
    await until('the dead letter', place.accounts, (all) => all.some(({ dead_lettered }) => dead_lettered === 1))
    await place.produce([...[delivered, repeated, repeated, ...others].map(recordOf), typed(filtered, 'f')])
    await place.settled()
    const of = (id: string) => ask<Explained>(explain, { log_id: id })
    const partition = hashOf(Buffer.from(delivered.id)) % 3
    expect(await of(delivered.id)).toMatchObject({
      logId: delivered.id,
      storedAt: new Date(delivered.time).toISOString(),
      copies: [{ partition, receivedAt: new Date(delivered.time).toISOString(), source: 'webhook', type: 's' }],
      sinks: [{ sink: 'segment', outcome: 'delivered', certain: true }],
    })
    expect((await of(filtered.id)).sinks).toMatchObject([
      { outcome: 'filtered', detail: 'by type, as the settings are today', certain: false },
    ])
    const twice = await of(repeated.id)
    expect(twice.sinks).toMatchObject([
      { outcome: 'delivered' },
      { outcome: 'duplicate', detail: expect.stringContaining(`offset ${twice.copies[0].offset},`) as string },
    ])
    expect(twice.notes.join()).toMatch(/2 copies/)
    expect((await of(bad.id)).sinks).toMatchObject([
      { outcome: 'dead_lettered', detail: expect.stringMatching(/^deliver: http_400: .*dead letter 0/) as string },
    ])
    await member.close()
    await place.produce([recordOf(waiting)])
    expect((await of(waiting.id)).sinks).toMatchObject([{ outcome: 'waiting', detail: 'next of its partition' }])
    await ask(replay, { sink: 'segment', from: 'latest', apply: true })
    expect((await of(delivered.id)).sinks).toMatchObject([{ outcome: 'not_counted', certain: false }])
    const unknown = timedEvents(1, Date.now() - 30_000, 1)[0].id
    await expect(of(unknown)).rejects.toThrow(Refusal)
    await expect(of(unknown)).rejects.toThrow(/it was never received/)
  })

  test('a log that another producer wrote - is found in any partition, under any key, with what became of it', async ({
    ask,
    place,
    vendor,
    arrived,
  }) => {
    await place.start()
    const [strayed, twice, renamed, rejected, keyless, missing] = timedEvents(6, Date.now() - 60_000, 1_000)
    const own = (id: string) => hashOf(Buffer.from(id)) % 3
    const away = ({ id, record }: TimedEvent, by = 1) => ({ ...record, partition: (own(id) + by) % 3 })
    vendor.misbehave({ fault: 'reject', marker: ({ id }) => id === 'u|2' })
    await place.produce([
      away(strayed),
      away(twice, 1),
      away(twice, 2),
      { ...renamed.record, key: 'u|1', headers: {} },
      { ...rejected.record, key: 'u|2' },
      { ...away(keyless, 2), key: null },
    ])
    await place.settled()
    const of = ({ id }: TimedEvent) => ask<Explained>(explain, { log_id: id })
    const found = await of(strayed)
    const partition = (own(strayed.id) + 1) % 3
    expect(found).toMatchObject({ copies: [{ partition }], sinks: [{ partition, outcome: 'delivered', certain: true }] })
    expect(found.notes.join()).toContain(`it is in partition ${partition}, its log_id belongs to ${own(strayed.id)}`)
    const both = await of(twice)
    // Each partition has a memory of its own, so both copies went out.
    expect(both.sinks.map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered'])
    expect(both.copies.map((copy) => copy.partition)).toEqual(both.sinks.map((sink) => sink.partition))
    const other = await of(renamed)
    expect([other.sinks, arrived().includes('u|1')]).toMatchObject([[{ outcome: 'delivered' }], true])
    expect(other.notes.join()).toContain('its key is "u|1", although the event says that this is its log_id')
    expect((await of(rejected)).sinks).toMatchObject([
      { outcome: 'dead_lettered', detail: expect.stringMatching(/^deliver: http_400/) as string },
    ])
    const none = await of(keyless)
    expect(none.sinks).toMatchObject([
      { outcome: 'dead_lettered', detail: expect.stringMatching(/^parse: not_an_event/) as string },
    ])
    expect(none.notes.join()).toContain('it has no key')
    await expect(of(missing)).rejects.toThrow(/it was never received/)
    const at = await ask<Replayed>(replay, { sink: 'segment', from: 'earliest', to: strayed.id })
    expect(at.events).toBeGreaterThan(0)
  })

  test('tail - only what is asked for, masked, from now on, in no group', async ({ ask, place }) => {
    await place.start()
    await place.produce(timedEvents(5, Date.now() - 60_000, 1).map(recordOf))
    await place.settled()
    const own = operator(testBroker().brokers, place.prefix)
    const stop = new AbortController()
    const seen: ShownEvent[] = []
    const streaming = tail.stream!(
      { ...own.context, signal: stop.signal },
      { type: ['f'] },
      (event) => void seen.push(event as ShownEvent),
    )
    const later = timedEvents(40, Date.now(), 1, {
      ip: '203.0.113.7',
      user_name: 'eve@example.com',
      client_name: 'app',
      details: { a: 1 },
      of_later: 'who knows',
    })
    const deep = { key: 'deep', value: Buffer.from(`{"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`), headers: { type: 'f' } }
    let sent = 0
    await until(
      'an event',
      async () => {
        const [one, other] = later.slice(sent, (sent += 2))
        await place.produce([typed(one, 'f'), recordOf(other), deep])
        return seen
      },
      (all) => all.some(({ logId }) => logId === 'deep') && all.some(({ logId }) => logId !== 'deep'),
      { everyMs: 300 },
    )
    stop.abort()
    await streaming
    expect(seen.every(({ type }) => type === 'f')).toBe(true)
    expect(seen.find(({ logId }) => logId !== 'deep')).toMatchObject({
      level: 'Error',
      source: 'poll',
      data: { ip: '***', user_name: '***', details: { a: '***' }, of_later: '***', client_name: 'app' },
    })
    const groups = await testBroker().admin(async (admin) => (await admin.listGroups()).groups.map(({ groupId }) => groupId))
    expect(groups.filter((group) => group.startsWith(`${place.prefix}.tail`))).toEqual([])
    await own.close()
    await expect(ask(tail, { level: 9 })).rejects.toThrow(/must be 0 to 4/)
  })

  test('tail - a slow reader loses events and is told how many', async ({ place }) => {
    await place.start()
    const { context, close } = operator(testBroker().brokers, place.prefix)
    const stop = new AbortController()
    let count = 0
    let leftOut = 0
    const slow = Promise.withResolvers<void>()
    const following = followEvents(
      context.client,
      { unmask: true },
      async (event) => {
        if ('left_out' in event) leftOut += event.left_out
        else if (count++ === 0) await slow.promise
      },
      stop.signal,
    )
    let sent = 0
    await until(
      'the first',
      async () => {
        await place.produce(timedEvents(1, Date.now() - 5_000, 1).map(recordOf))
        sent++
        return count
      },
      (seen) => seen === 1,
      { everyMs: 300 },
    )
    const before = sent
    await place.produce(timedEvents(3_000, Date.now() - 5_000, 1).map(recordOf))
    await until('all delivered', place.accounts, (all) => all.reduce((sum, { delivered }) => sum + delivered, 0) >= 2_999)
    await new Promise((resolve) => setTimeout(resolve, 500))
    slow.resolve()
    await until(
      'what was left out',
      () => leftOut,
      (lost) => lost > 0,
    )
    stop.abort()
    await following
    expect(count).toBeGreaterThanOrEqual(1_001)
    expect(count).toBeLessThanOrEqual(1_000 + before)
    expect(count + leftOut).toBeGreaterThanOrEqual(3_001)
    await close()
  })
})

describe('explain', { timeout: 60_000 }, () => {
  test('looking through all partitions - ends in time, and says that it did', async ({ ask, place, onTestFinished }) => {
    await place.start()
    const [lost, known] = timedEvents(2, Date.now() - 60_000, 1)
    await place.produce([recordOf(known)])
    await place.settled()
    const timeout = AbortSignal.timeout.bind(AbortSignal)
    const spy = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(ms === FIND_MS ? 1 : ms))
    onTestFinished(() => spy.mockRestore())
    const said = ask<Explained>(explain, { log_id: lost.id })
    await expect(said).rejects.toThrow(/no log .* is in its partition .* looked through for 10 s, not to their ends/)
    expect((await ask<Explained>(explain, { log_id: known.id })).copies).toHaveLength(1)
  })
})
