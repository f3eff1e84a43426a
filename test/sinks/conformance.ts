// What every sink keeps, whatever the vendor: one suite, run for each sink's folder against its stand-in on a real Kafka, with what the
// sink's own conformance.test.ts says of its vendor where there is one, else with what conformance.test.ts beside this file takes for given.
// Each test is an installation of its own; several run at a time, since most of a test is waiting.
import { afterAll, beforeAll, describe, inject, test as base } from 'vitest'
import { type Environment, readSettings } from '../../services/platform/settings.ts'
import type { Fault, ReceivedEvent, StandIn } from '../../services/sandbox/stand-in.ts'
import type { Sink } from '../../services/sinks/runtime/contract.ts'
import { type Installation, install } from '../support/installation.ts'
import { type Broker, openBroker } from '../support/plain-kafka.ts'
import type { FoundSink } from '../support/sinks.ts'
import { testAnswers } from './conformance/answers.ts'
import { testEvents } from './conformance/events.ts'
import { testFaults } from './conformance/faults.ts'
import { testMembers } from './conformance/members.ts'
import { testOffsets } from './conformance/offsets.ts'

/** How a vendor shows a fault, and what the report says of it: the reason, a colon, the vendor's own words. */
export type KnownFault = { fault: Fault; told: RegExp }

export type Subject<S extends StandIn = StandIn> = {
  sink: Sink
  /** The stand-in, on the port where one was before. */
  open: (port?: number) => Promise<S>
  env: (vendor: S) => Environment
  /** `data` as the vendor received it. */
  dataOf: (received: ReceivedEvent) => unknown
  /** Bytes of `data` that no delivery can hold. */
  tooLargeBytes: number
  /** Faults that pass. */
  passing: KnownFault[]
  /** What a person must fix; undefined where the stand-in cannot show it. */
  hold?: KnownFault & { reason: string }
  /** How the vendor refuses a call for good: reason and words of the dead letter; undefined where it cannot. */
  rejected?: { reason: string; words: RegExp }
  /** Of sinks over HTTP: the setting that a vendor may repeat in its answer. */
  secret?: { name: string }
  /** Whether the vendor says what it took: a delivery without an answer then comes again, and nothing else does. */
  acknowledges: boolean
}

/** The subject that a folder makes: a sink that POSTs to its vendor by `connectHttpPost`, and whose stand-in receives `data` as text. */
export async function subjectOf({ sink, start, env }: FoundSink): Promise<Subject> {
  const standIn = await start({})
  await standIn.close()
  const { bytesAnEvent, settleMs } = sink.limits(readSettings(sink.fields, env(standIn)))
  const secret = Object.values(sink.fields).find((field) => field.secret)
  const told = (status: number) => new RegExp(`^http_${status}: .`)
  return {
    sink,
    open: (port) => start({ port }),
    env,
    dataOf: ({ text }) => JSON.parse(text),
    tooLargeBytes: bytesAnEvent,
    passing: [
      { fault: { fault: '429', times: 1, retryAfter: 1 }, told: told(429) },
      { fault: { fault: '500', times: 2 }, told: told(500) },
      { fault: { fault: '503', times: 2 }, told: told(503) },
      { fault: { fault: 'reset', times: 2 }, told: /^econnreset: (socket hang up|read ECONNRESET)/ },
    ],
    hold: { fault: { fault: '403' }, reason: 'http_403', told: told(403) },
    rejected: { reason: 'http_400', words: /./ },
    ...(secret ? { secret: { name: secret.names[0] } } : {}),
    acknowledges: settleMs === undefined,
  }
}

/** What a test of the suite works with: a stand-in, and an installation that is pointed at it. Both are closed after the test. */
export type Scene<S extends StandIn> = { vendor: S; place: Installation }
export type Suite<S extends StandIn> = {
  subject: Subject<S>
  test: typeof base<Scene<S>>
  /** The sink's own name of a setting: LOG_LEVEL as CLOUDWATCH_LOG_LEVEL. */
  own: (name: string) => string
}

export function conformance<S extends StandIn>(subject: Subject<S>, more: (suite: Suite<S>) => void = () => {}): void {
  let broker: Broker
  beforeAll(async () => {
    broker = await openBroker(inject('brokers'))
  })
  afterAll(() => broker.close())

  const test = base.extend<Scene<S>>({
    // oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern what a fixture needs
    vendor: async ({}, use) => {
      const vendor = await subject.open()
      const { close } = vendor
      let closed: Promise<void> | undefined
      await use(Object.assign(vendor, { close: () => (closed ??= close()) }))
      await vendor.close()
    },
    place: async ({ vendor }, use) => {
      const place = install(broker, subject.sink, subject.env(vendor))
      await use(place)
      await place.close()
    },
  })
  const suite = { subject, test, own: (name: string) => `${subject.sink.name.toUpperCase()}_${name}` } as unknown as Suite<S>

  describe(subject.sink.name, { concurrent: true, timeout: 60_000 }, () => {
    testFaults(suite)
    testOffsets(suite)
    testEvents(suite)
    testMembers(suite)
    if (subject.secret) testAnswers(suite)
    more(suite)
  })
}
