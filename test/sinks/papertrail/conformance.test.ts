// Papertrail under the suite of all sinks.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { sleep } from '../../../services/platform/lifecycle.ts'
import { type Papertrail, start as startPapertrail } from '../../../services/sinks/papertrail/stand-in/start.ts'
import type { Sink } from '../../../services/sinks/runtime/contract.ts'
import { SETTLE_MS } from '../../../services/sinks/papertrail/settings.ts'
import { papertrail } from '../../../services/sinks/papertrail/sink.ts'
import { makeEvents, recordOf } from '../../support/test-events.ts'
import { until } from '../../support/wait.ts'
import { conformance, type Suite } from '../conformance.ts'
import { arrivals, idsOf } from '../conformance/arrivals.ts'

const dir = mkdtempSync(join(tmpdir(), 'papertrail-conformance-'))
afterAll(() => rmSync(dir, { recursive: true }))
await startPapertrail({ dir }).then((first) => first.close()) // makes the certificates that all of this file share

const untyped = papertrail as unknown as Sink

conformance(
  {
    // The vendor's settling time is kept by the tests below; in those of all sinks it would only make each commit slow.
    sink: { ...untyped, limits: (settings) => ({ ...untyped.limits(settings), settleMs: 300 }) },
    open: (port) => startPapertrail({ port, dir }),
    env: ({ host, port, caFile }) => ({
      PAPERTRAIL_HOST: host,
      PAPERTRAIL_PORT: String(port),
      PAPERTRAIL_CA_FILE: caFile,
    }),
    dataOf: ({ text }) => JSON.parse(text),
    tooLargeBytes: 100_000,
    passing: [{ fault: { fault: 'reset', times: 2 }, told: /^(connection_reset|econnreset): / }],
    acknowledges: false,
  },
  testSettling,
)

function testSettling({ subject, test }: Suite<Papertrail>): void {
  test('reset of the idle connection before all has settled - sent again, and committed a settling time after that', async ({
    vendor,
    place,
  }) => {
    await place.start({}, untyped)
    const events = makeEvents(10)
    await place.produce(events.map((event) => recordOf(event)))
    await until(
      'the events',
      () => arrivals(vendor).length,
      (count) => count === 10,
    )
    await sleep(1_000)
    vendor.misbehave('reset', 1)
    await until(
      'the events again',
      () => arrivals(vendor).length,
      (count) => count === 20,
    )
    const again = performance.now()
    expect(idsOf(arrivals(vendor))).toEqual(idsOf([...events, ...events]))
    expect((await place.accounts()).map(({ committed }) => committed)).toEqual([-1, -1, -1])
    expect(await place.settled()).toMatchObject({ delivered: 10, problems: [] })
    expect(performance.now() - again).toBeGreaterThan(SETTLE_MS - 500)
    vendor.misbehave('reset', 1)
    await sleep(1_000)
    expect(arrivals(vendor).length).toBe(20)
  })

  test('closing with events that have not settled - waits for them, commits, and ends within 10 s', async ({ vendor, place }) => {
    const member = await place.start({}, untyped)
    await place.produce(makeEvents(10).map((event) => recordOf(event)))
    await until(
      'the events',
      () => arrivals(vendor).length,
      (count) => count === 10,
    )
    const began = performance.now()
    await member.close()
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(await place.settled()).toMatchObject({ delivered: 10, problems: [] })
  })

  test('a certificate of another CA - a hold without a commit; all goes on with the right one', async ({ vendor, place }) => {
    await vendor.close()
    const impostor = await startPapertrail({ port: vendor.port })
    const member = await place.start()
    const { reports } = await place.follow()
    const events = makeEvents(10)
    await place.produce(events.map((event) => recordOf(event)))
    const held = await until(
      'the hold told',
      () => reports.find(({ status }) => status === 'held'),
      (report) => report,
    )
    expect(held?.error).toMatch(/^bad_tls: .*certificate/)
    expect(await member.metric('hold', 'reason="bad_tls"')).toBe(1)
    expect((await place.accounts()).map(({ committed }) => committed)).toEqual([-1, -1, -1])
    expect(impostor.received.total).toBe(0)
    await impostor.close()
    const back = await subject.open(vendor.port)
    try {
      expect(await place.settled(place.group, 35_000)).toMatchObject({ delivered: 10, problems: [] })
      expect(idsOf(arrivals(back))).toEqual(idsOf(events))
    } finally {
      await place.close()
      await back.close()
    }
  })
}
