// Where a sink begins and goes on: committed offsets are the replay points, whoever moved them, and whatever retention took.
import { expect } from 'vitest'
import { sleep } from '../../../services/platform/lifecycle.ts'
import type { StandIn } from '../../../services/sandbox/stand-in.ts'
import { makeEvents, recordOf } from '../../support/test-events.ts'
import { until } from '../../support/wait.ts'
import type { Suite } from '../conformance.ts'
import { arrivals, idsOf, timesArrived } from './arrivals.ts'

export function testOffsets<S extends StandIn>({ subject, test }: Suite<S>): void {
  if (subject.acknowledges)
    test('cut off in the middle of a delivery - only what was not committed comes again', async ({ vendor, place }) => {
      const first = await place.start()
      const before = makeEvents(30)
      await place.produce(before.map((event) => recordOf(event)))
      await place.settled()
      vendor.misbehave({ fault: 'slow', ms: 6_000 }) // longer than a closing sink waits
      const during = makeEvents(20)
      await place.produce(during.map((event) => recordOf(event)))
      await until(
        'the delivery under way',
        () => vendor.received.counts.faults ?? 0,
        (count) => count > 0,
      )
      await first.close()
      expect((await place.accounts()).reduce((sum, { lag }) => sum + lag, 0)).toBe(20)
      const taken = await until(
        'the cut-off delivery taken',
        () => idsOf(arrivals(vendor).slice(30)),
        ({ length }) => length > 0,
      )
      vendor.behave()
      await place.start()
      expect(await place.settled()).toMatchObject({ delivered: 50, problems: [] })
      expect(timesArrived(vendor, during)).toEqual(during.map(({ id }) => (taken.includes(id) ? 2 : 1)))
      expect(timesArrived(vendor, before)).toEqual(before.map(() => 1))
    })

  test('expiry - what retention took before delivery is counted and told, while down and while paused', async ({
    vendor,
    place,
  }) => {
    const first = await place.start()
    await place.produce(makeEvents(10).map((event) => recordOf(event, 0)))
    await place.settled()
    await first.close()
    await place.produce(makeEvents(10).map((event) => recordOf(event, 0)))
    await place.expire(0, 14)
    const second = await place.start()
    const { reports } = await place.follow()
    expect(await place.settled()).toMatchObject({ delivered: 16, expired: 4, problems: [] })
    expect(await second.metric('expired_total')).toBe(4)
    await until(
      'the loss told',
      () => reports.reduce((sum, { expired }) => sum + Number(expired), 0),
      (sum) => sum === 4,
    )

    await second.close()
    await place.setState('paused')
    const third = await place.start()
    await place.produce(makeEvents(10).map((event) => recordOf(event, 0)))
    await place.expire(0, 23)
    await place.setState('running')
    expect(await place.settled()).toMatchObject({ delivered: 23, expired: 7, problems: [] })
    expect([arrivals(vendor).length, await third.metric('expired_total')]).toEqual([23, 3])
  })

  test('reset from outside - the stopped group replays exactly that, from a new base', async ({ vendor, place }) => {
    const first = await place.start()
    const events = makeEvents(60)
    await place.produce(events.map((event, n) => recordOf(event, n % 3)))
    await place.settled()
    await first.close()
    await place.reset(1, 13)
    await place.start()
    expect(await place.settled()).toMatchObject({ delivered: 47, duplicates: 0, problems: [] })
    const accounts = await place.accounts()
    expect(accounts.map(({ base }) => base)).toEqual([0, 13, 0])
    expect(accounts.map(({ delivered }) => delivered)).toEqual([20, 7, 20])
    const again = events.filter((_, n) => n % 3 === 1).slice(13)
    expect(timesArrived(vendor, events)).toEqual(events.map((event) => (again.includes(event) ? 2 : 1)))
  })

  test('SINK_START=latest - a new group begins at the end, and stays there', async ({ vendor, place }) => {
    await place.createTopic()
    await place.produce(makeEvents(30).map((event, n) => recordOf(event, n % 3)))
    const first = await place.start({ SINK_START: 'latest' })
    await first.close()
    const events = makeEvents(30)
    await place.produce(events.map((event, n) => recordOf(event, n % 3)))
    await place.start({ SINK_START: 'latest' })
    expect(await place.settled()).toMatchObject({ delivered: 30, problems: [] })
    expect((await place.accounts()).map(({ base }) => base)).toEqual([10, 10, 10])
    expect(idsOf(arrivals(vendor))).toEqual(idsOf(events))
  })

  test('an account of a newer version - nothing is delivered or committed: this version must not touch it', async ({
    vendor,
    place,
  }) => {
    await place.createTopic()
    const metadata = JSON.stringify({ v: 2, base: '0', somehow: 'else' })
    await place.produce(makeEvents(30).map((event, n) => recordOf(event, n % 3)))
    await place.commit(5, metadata)
    const member = await place.begin()
    await until('a member', place.members, (count) => count === 1)
    await sleep(1_500)
    expect([await member.status('/readyz'), arrivals(vendor).length]).toEqual([503, 0])
    expect(await place.committed()).toEqual({ offset: '5', metadata })
  })
}
