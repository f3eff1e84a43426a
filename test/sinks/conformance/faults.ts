// What a sink does while its vendor, or the dead-letter topic, does not take what it is given: nothing is lost, nothing goes twice.
import { expect } from 'vitest'
import { sleep } from '../../../services/platform/lifecycle.ts'
import type { StandIn } from '../../../services/sandbox/stand-in.ts'
import type { Report } from '../../support/installation.ts'
import { schemaProblems } from '../../support/schemas.ts'
import { makeEvents, recordOf, type TestEvent } from '../../support/test-events.ts'
import { until } from '../../support/wait.ts'
import type { Suite } from '../conformance.ts'
import { arrivals, idsOf } from './arrivals.ts'

/** A failure is in the topic within 10 s of the first refused attempt. */
const TOLD_MS = 10_000
/** After a fault ends, delivery goes on within 30 s. */
const GOES_ON_MS = 35_000

const untilTold = (status: string, reports: Report[], since = 0) =>
  until(
    `a report ${status}`,
    () => reports.slice(since).find((report) => report.status === status),
    (report) => report !== undefined,
    { limitMs: TOLD_MS },
  )

export function testFaults<S extends StandIn>({ subject, test }: Suite<S>): void {
  test('faults that pass - retried until delivered, none lost or repeated, told at the first attempt and at the end', async ({
    vendor,
    place,
  }) => {
    await place.start()
    const { reports } = await place.follow()
    const sent: TestEvent[] = []
    for (const { fault, told } of subject.passing) {
      const since = reports.length
      vendor.misbehave(fault)
      const began = Date.now()
      const events = makeEvents(20)
      sent.push(...events)
      await place.produce(events.map((event) => recordOf(event)))
      const failure = await untilTold('failed', reports, since)
      expect(failure?.error).toMatch(told)
      expect(schemaProblems('report', failure)).toEqual([])
      await untilTold('recovered', reports, since)
      expect(await place.settled()).toMatchObject({ delivered: sent.length, problems: [] })
      if (fault.retryAfter) expect(Date.now() - began).toBeGreaterThan(fault.retryAfter * 1_000)
      expect(vendor.received.counts.faults).toBeGreaterThan(0)
    }
    expect(idsOf(arrivals(vendor))).toEqual(idsOf(sent))
  })

  test('vendor away - everything waits, and arrives when it is back', async ({ vendor, place }) => {
    const member = await place.start()
    const { reports } = await place.follow()
    await vendor.close()
    const events = makeEvents(60)
    await place.produce(events.map((event) => recordOf(event)))
    expect((await untilTold('failed', reports))?.error).toMatch(/ECONNREFUSED/)
    expect(await place.accounts()).toMatchObject([{ delivered: 0 }, { delivered: 0 }, { delivered: 0 }])
    expect([await member.status('/livez'), await member.status('/readyz')]).toEqual([200, 200])
    const back = await subject.open(vendor.port)
    try {
      expect(await place.settled(place.group, GOES_ON_MS)).toMatchObject({ delivered: 60, problems: [] })
      expect(idsOf(arrivals(back))).toEqual(idsOf(events))
    } finally {
      await place.close()
      await back.close()
    }
  })

  if (subject.hold)
    test('hold - nothing is committed while a person must fix something; then all goes on', async ({ vendor, place }) => {
      const { fault, reason, told } = subject.hold!
      const member = await place.start()
      const { reports } = await place.follow()
      vendor.misbehave(fault)
      const events = makeEvents(60)
      await place.produce(events.map((event) => recordOf(event)))
      expect((await untilTold('held', reports))?.error).toMatch(told)
      await sleep(1_000)
      expect((await place.accounts()).map(({ committed }) => committed)).toEqual([-1, -1, -1])
      expect([arrivals(vendor).length, await member.metric('hold', `reason="${reason}"`)]).toEqual([0, 1])
      expect([await member.status('/livez'), await member.status('/readyz')]).toEqual([200, 200])
      vendor.behave()
      expect(await place.settled(place.group, GOES_ON_MS)).toMatchObject({ delivered: 60, problems: [] })
      expect(idsOf(arrivals(vendor))).toEqual(idsOf(events))
      await untilTold('recovered', reports)
      expect(await member.metric('hold')).toBe(0)
    })

  if (subject.rejected)
    test('poisoned events - one costs one event; when all are rejected it is not the events: hold', async ({ vendor, place }) => {
      const { reason, words } = subject.rejected!
      const member = await place.start()
      const { letters } = await place.follow()
      const events = makeEvents(80, (data, n) => n === 33 && Object.assign(data, { description: 'poison-33' }))
      vendor.misbehave({ fault: 'reject', marker: 'poison-33' })
      await place.produce(events.map((event) => recordOf(event)))
      expect(await place.settled()).toMatchObject({ delivered: 79, dead_lettered: 1, problems: [] })
      expect(idsOf(arrivals(vendor))).toEqual(idsOf(events.filter((_, n) => n !== 33)))
      const [letter] = await until(
        'the dead letter',
        () => letters,
        ({ length }) => length > 0,
      )
      expect(letter).toMatchObject({ key: events[33].id, value: events[33].value, headers: { stage: 'deliver', reason } })
      expect(schemaProblems('dead-letter-headers', letter.headers)).toEqual([])
      expect(letter.headers.error).toMatch(words)
      expect(Number(letter.headers.attempts)).toBeGreaterThan(1)

      vendor.misbehave({ fault: 'reject' })
      const later = makeEvents(90)
      await place.produce(later.map((event) => recordOf(event)))
      await until(
        'the hold',
        () => member.metric('hold', 'reason="rejections"'),
        (value) => value === 1,
      )
      const count = () => letters.length
      // 20 in a row; the one from before is among them where nothing was delivered after it.
      await until('20 dead letters in a row', count, (length) => length >= 20)
      await sleep(1_000)
      const put = letters.length
      expect([20, 21]).toContain(put)
      vendor.behave()
      expect(await place.settled(place.group, GOES_ON_MS)).toMatchObject({
        delivered: 170 - put,
        dead_lettered: put,
        problems: [],
      })
      expect(letters.length).toBe(put)
      const ended = [...arrivals(vendor), ...letters.map(({ key }) => ({ id: String(key) }))]
      expect(idsOf(ended)).toEqual(idsOf([...events, ...later]))
    })

  test('refused dead letter - a hold without a commit; when it is taken all goes on', async ({ vendor, place }) => {
    const member = await place.start()
    const { reports } = await place.follow({ onlyReports: true })
    const before = makeEvents(10)
    await place.produce(before.map((event) => recordOf(event, 0)))
    await place.settled()
    await place.deleteDeadLetters()
    const events = makeEvents(10)
    const [first, second] = [events.slice(0, 5), events.slice(5)].map((part) => part.map((event) => recordOf(event, 0)))
    await place.produce([...first, { key: null, value: Buffer.from('a stranger'), partition: 0 }, ...second])
    expect((await untilTold('held', reports))?.error).toMatch(/^dead_letter_refused: ./)
    await sleep(1_000)
    expect(await member.metric('hold', 'reason="dead_letter_refused"')).toBe(1)
    expect((await place.accounts())[0].committed).toBeLessThanOrEqual(15)
    await place.createDeadLetters()
    expect(await place.settled(place.group, GOES_ON_MS)).toMatchObject({ delivered: 20, dead_lettered: 1, problems: [] })
    const { letters } = await place.follow()
    await until(
      'the dead letter',
      () => letters.map(({ value }) => value.toString()),
      (values) => values.join() === 'a stranger',
    )
    expect(idsOf(arrivals(vendor))).toEqual(idsOf([...before, ...events]))
  })
}
