// Members of a sink's group come, go, and do what an operator asks.
import { expect } from 'vitest'
import { sleep } from '../../../services/platform/lifecycle.ts'
import type { StandIn } from '../../../services/sandbox/stand-in.ts'
import { makeEvents, recordOf, type TestEvent } from '../../support/test-events.ts'
import { until } from '../../support/wait.ts'
import type { Suite } from '../conformance.ts'
import { arrivals, timesArrived } from './arrivals.ts'

const BATCH = 25
const IN_FLIGHT = 4

export function testMembers<S extends StandIn>({ test, own }: Suite<S>): void {
  test('rebalance - a second member joins and leaves under load: nothing is lost, the accounts are right', async ({
    vendor,
    place,
  }) => {
    const env = { [own('BATCH_SIZE')]: String(BATCH), [own('IN_FLIGHT')]: String(IN_FLIGHT) }
    await place.start(env)
    const sent: TestEvent[] = []
    let producing = true
    const load = (async () => {
      while (producing) {
        const events = makeEvents(20)
        sent.push(...events)
        await place.produce(events.map((event) => recordOf(event)))
        await sleep(50)
      }
    })()
    await sleep(300)
    const second = await place.start(env)
    await until(
      'work of the second member',
      () => second.metric('delivered_total'),
      (count) => count > 0,
    )
    await second.close()
    await sleep(300)
    producing = false
    await load
    expect(await place.settled()).toMatchObject({ delivered: sent.length, duplicates: 0, problems: [] })
    const times = timesArrived(vendor, sent)
    expect(times.filter((count) => count === 0)).toEqual([])
    // Each of the two rebalances may catch what is under way, which nobody can call back; no more than that is sent again.
    expect(times.reduce((sum, count) => sum + count - 1, 0)).toBeLessThanOrEqual(2 * BATCH * IN_FLIGHT)
  })

  test("an operator's state - paused keeps its place in the group, stopped leaves it, running goes on", async ({
    vendor,
    place,
  }) => {
    const member = await place.start()
    let sent = 0
    const send = async (count: number) => {
      await place.produce(makeEvents(count).map((event) => recordOf(event)))
      sent += count
    }
    await place.setState('paused')
    await until(
      'events that wait',
      async () => {
        await send(1)
        await sleep(500)
        return sent - arrivals(vendor).length
      },
      (waiting) => waiting > 0,
    )
    await send(20)
    const arrived = arrivals(vendor).length
    await sleep(1_000)
    expect([arrivals(vendor).length, await place.members(), await member.status('/readyz')]).toEqual([arrived, 1, 200])
    await place.setState('running')
    expect(await place.settled()).toMatchObject({ delivered: sent, problems: [] })
    await place.setState('stopped')
    await until('the empty group', place.members, (count) => count === 0)
    await send(20)
    expect([await member.status('/readyz'), await member.status('/livez')]).toEqual([200, 200])
    await place.setState('running')
    expect(await place.settled()).toMatchObject({ delivered: sent, problems: [] })
    await place.setState('stopped')
    await until('the empty group', place.members, (count) => count === 0)
    await member.close()
    await place.start() // ready, for an operator stopped it
    const delivered = sent
    await send(20)
    await sleep(500)
    expect([arrivals(vendor).length, await place.members()]).toEqual([delivered, 0])
  })
}
