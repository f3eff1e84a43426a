// CloudWatch under the suite of all sinks.
import { expect } from 'vitest'
import { readSettings } from '../../../services/platform/settings.ts'
import type { StandIn } from '../../../services/sandbox/stand-in.ts'
import { connect } from '../../../services/sinks/cloudwatch/deliver.ts'
import { fields } from '../../../services/sinks/cloudwatch/settings.ts'
import { cloudwatch } from '../../../services/sinks/cloudwatch/sink.ts'
import { start as startCloudWatch } from '../../../services/sinks/cloudwatch/stand-in/start.ts'
import type { Sink } from '../../../services/sinks/runtime/contract.ts'
import { makeEvents, recordOf } from '../../support/test-events.ts'
import { until } from '../../support/wait.ts'
import { conformance, type Suite } from '../conformance.ts'
import { arrivals, idsOf } from '../conformance/arrivals.ts'

const DAY_MS = 86_400_000
const env = ({ origin }: StandIn) => ({
  CLOUDWATCH_LOG_GROUP_NAME: 'auth0',
  CLOUDWATCH_LOG_STREAM_NAME: 'logs',
  CLOUDWATCH_MAX_EVENT_BYTES: '50000',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: origin,
})

conformance(
  {
    sink: cloudwatch as unknown as Sink,
    open: (port) => startCloudWatch({ port }),
    env,
    dataOf: ({ text }) => JSON.parse(text),
    tooLargeBytes: 50_000,
    passing: [
      { fault: { fault: '429', times: 2 }, told: /^throttling: Rate exceeded/ },
      { fault: { fault: '500', times: 2 }, told: /^service_unavailable: The service cannot complete the request/ },
      { fault: { fault: '503', times: 2 }, told: /^service_unavailable: The service cannot complete the request/ },
      { fault: { fault: 'reset', times: 2 }, told: /^econnreset: (socket hang up|read ECONNRESET)/ },
    ],
    hold: { fault: { fault: '403' }, reason: 'access_denied', told: /^access_denied: User is not authorized to perform/ },
    rejected: { reason: 'invalid_parameter', words: /told to reject/ },
    secret: { name: 'AWS_SECRET_ACCESS_KEY' },
    acknowledges: true,
  },
  testCloudWatch,
)

function testCloudWatch({ test }: Suite<StandIn>): void {
  test('partial refusal - too old, too new: dead-lettered with the reason, all others delivered', async ({ vendor, place }) => {
    await place.start()
    const { letters } = await place.follow()
    const moved = new Map([
      [7, -20 * DAY_MS],
      [21, DAY_MS / 8],
      [22, 2 * DAY_MS],
    ]) // prettier-ignore
    const events = makeEvents(40, (data, n) => {
      if (moved.has(n)) data.date = new Date(Date.now() + moved.get(n)!).toISOString()
    })
    await place.produce(events.map((event) => recordOf(event)))
    expect(await place.settled()).toMatchObject({ delivered: 37, dead_lettered: 3, problems: [] })
    expect(idsOf(arrivals(vendor))).toEqual(idsOf(events.filter((_, n) => !moved.has(n))))
    await until(
      'the dead letters',
      () => letters.length,
      (count) => count === 3,
    )
    const reasons = new Map(letters.map(({ key, headers }) => [key, `${headers.stage} ${headers.reason}`]))
    const expected = ['deliver too_old', 'deliver too_new', 'deliver too_new']
    expect([7, 21, 22].map((n) => reasons.get(events[n].id))).toEqual(expected)
  })

  test('refusals at places that the call does not have - put nothing aside: a hold until the answers are true', async ({
    vendor,
    place,
  }) => {
    const member = await place.start()
    const { letters } = await place.follow()
    vendor.misbehave({ fault: 'answer', body: '{"rejectedLogEventsInfo":{"tooNewLogEventStartIndex":-1}}' })
    const events = makeEvents(20)
    await place.produce(events.map((event) => recordOf(event)))
    await until(
      'the hold',
      () => member.metric('hold', 'reason="answer_not_understood"'),
      (value) => value === 1,
    )
    vendor.behave()
    expect(await place.settled(place.group, 35_000)).toMatchObject({ delivered: 20, dead_lettered: 0, problems: [] })
    expect(letters).toEqual([])
  })

  test('absent group with CLOUDWATCH_CREATE=false - a hold until somebody creates it', async ({ vendor, place }) => {
    const member = await place.start({ CLOUDWATCH_CREATE: 'false' })
    const events = makeEvents(10)
    await place.produce(events.map((event) => recordOf(event)))
    await until(
      'the hold',
      () => member.metric('hold', 'reason="resource_not_found"'),
      (value) => value === 1,
    )
    expect((await place.accounts()).map(({ committed }) => committed)).toEqual([-1, -1, -1])
    const somebody = await connect(readSettings(fields, env(vendor)))
    await somebody.check()
    await somebody.close()
    expect(await place.settled(place.group, 35_000)).toMatchObject({ delivered: 10, problems: [] })
    expect(idsOf(arrivals(vendor))).toEqual(idsOf(events))
  })
}
