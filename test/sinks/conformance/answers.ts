// Sinks over HTTP: what answers in the vendor's place is not the vendor, and a connection that was forgotten on the way is no failure.
import { expect } from 'vitest'
import { sleep } from '../../../services/platform/lifecycle.ts'
import type { Fault, StandIn } from '../../../services/sandbox/stand-in.ts'
import { makeEvents, recordOf } from '../../support/test-events.ts'
import { until } from '../../support/wait.ts'
import type { Suite } from '../conformance.ts'
import { arrivals, idsOf } from './arrivals.ts'

/** After a fault ends, delivery goes on within 30 s. */
const GOES_ON_MS = 35_000

const html = (words: string) => `<html><head><title>no</title></head><body>${words}</body></html>`

/** Status and body, and how the report tells them. */
const FOREIGN: [string, Fault, string][] = [
  ['a login page with 200', { fault: 'answer', body: html('Please sign in') }, 'http_200: HTTP 200: Please sign in'],
  ['another service with 200', { fault: 'answer', body: '{"success":false}' }, 'http_200: HTTP 200: {"success":false}'],
  ['nothing, with 204', { fault: 'answer', status: 204 }, 'http_204: HTTP 204'],
  [
    "a gateway's 403",
    { fault: 'answer', status: 403, body: html('Denied: ticket 4711') },
    'http_403: HTTP 403: Denied: ticket 4711',
  ],
  [
    'a redirect',
    { fault: 'answer', status: 302, headers: { location: 'https://login.example/' } },
    'http_302: HTTP 302: to https://login.example/',
  ],
  ['a proxy that wants a login', { fault: 'answer', status: 407, body: 'Authenticate' }, 'http_407: HTTP 407: Authenticate'],
]

export function testAnswers<S extends StandIn>({ subject, test }: Suite<S>): void {
  for (const [what, fault, told] of FOREIGN)
    test(`${what} - is not the vendor: a hold in its own words, then all goes on`, async ({ vendor, place }) => {
      await place.start()
      const { reports } = await place.follow({ onlyReports: true })
      vendor.misbehave(fault)
      const events = makeEvents(30)
      await place.produce(events.map((event) => recordOf(event)))
      const held = await until(
        'the hold told',
        () => reports.find(({ status }) => status === 'held'),
        (report) => report !== undefined,
      )
      expect(held?.error).toBe(told)
      expect((await place.accounts()).map(({ committed }) => committed)).toEqual([-1, -1, -1])
      expect(vendor.received.total).toBe(0)
      vendor.behave()
      expect(await place.settled(place.group, GOES_ON_MS)).toMatchObject({ delivered: 30, dead_lettered: 0, problems: [] })
      expect(idsOf(arrivals(vendor))).toEqual(idsOf(events))
    })

  test("a gateway's 413 above a size - batches are halved until they pass, nothing is put aside", async ({ vendor, place }) => {
    vendor.misbehave({ fault: 'answer', status: 413, body: html('Request Entity Too Large'), overBytes: 20_000 })
    await place.start()
    const events = makeEvents(100)
    await place.produce(events.map((event) => recordOf(event, 0)))
    expect(await place.settled(place.group, GOES_ON_MS)).toMatchObject({ delivered: 100, dead_lettered: 0, problems: [] })
    expect(idsOf(arrivals(vendor))).toEqual(idsOf(events))
    expect(vendor.received.counts.faults).toBeGreaterThan(0)
  })

  test('connections that die while they lie idle - are no failure: nothing is told, nothing comes late', async ({
    vendor,
    place,
  }) => {
    await place.start()
    const { reports } = await place.follow({ onlyReports: true })
    const [first] = makeEvents(1)
    await place.produce([recordOf(first)])
    await place.settled()
    vendor.misbehave({ fault: 'reset', reused: true })
    const events = makeEvents(6)
    for (const [n, event] of events.entries()) {
      await place.produce([recordOf(event)])
      await sleep(n % 2 === 0 ? 300 : 1_000)
    }
    expect(await place.settled()).toMatchObject({ delivered: 7, problems: [] })
    expect(idsOf(arrivals(vendor))).toEqual(idsOf([first, ...events]))
    expect(reports.filter(({ status }) => status !== 'success' && status !== 'idle' && status !== 'running')).toEqual([])
  })

  test('a secret that is repeated in the answer - is told nowhere; a long answer is cut to 1 KB', async ({ vendor, place }) => {
    await place.start({ [subject.secret!.name]: 'a-secret-of-ours' })
    const { reports } = await place.follow({ onlyReports: true })
    vendor.misbehave({
      fault: 'answer',
      status: 403,
      body: `unknown key a-secret-of-ours ${'x'.repeat(2_000)}`,
      bodyBytes: 3_000_000,
    })
    await place.produce(makeEvents(3).map((event) => recordOf(event)))
    const held = await until(
      'the hold told',
      () => reports.find(({ status }) => status === 'held'),
      (report) => report !== undefined,
    )
    expect(held?.error).toMatch(/^http_403: HTTP 403: unknown key \*\*\* x+…?$/)
    expect(Buffer.byteLength(held?.error ?? '')).toBeLessThan(1_100)
  })
}
