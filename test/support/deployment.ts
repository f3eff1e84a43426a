// One deployment on a cluster: ingest, sinks and more as processes, the vendors' stand-ins, a stream of events, and the verdict at the
// end: every answered event at every sink, and each account adding up by a Kafka client that shares no code with services/.
import { randomUUID } from 'node:crypto'
import { expect, onTestFailed, onTestFinished } from 'vitest'
import type { Environment } from '../../services/platform/settings.ts'
import { start as startSlack } from '../../services/sandbox/slack/start.ts'
import { send, type SendResult } from '../../services/sandbox/simulate/send.ts'
import { type PartitionAccount, readAccounts, sumOf } from './account.ts'
import { type Broker, openBroker } from './plain-kafka.ts'
import { runCommand, type Service, startService } from './processes.ts'
import { openVendors, SINKS, type SinkName, type Vendors } from './vendors.ts'
import { until } from './wait.ts'

const TOKEN = 'Bearer of-the-tests'
export const PARTITIONS = 3
/** Of each service where a test fails: warnings and errors. */
const SHOWN_LINES = 20
const SHOWN_CHARACTERS = 6_000

export type Stream = {
  /** Begins nothing more, and waits until all that was sent is answered. */
  end: () => Promise<SendResult>
}

export type Verdict = {
  events: number
  repeats: number
  delivered: number
  duplicates: number
  dead_lettered: number
  expired: number
}

export type Deployment = Awaited<ReturnType<typeof deploy>>

/**
 * Closed after the test.
 * @param brokers of a cluster, or of one broker
 * @param more settings of all services, over those of the tests
 */
export async function deploy(brokers: string, more: Environment = {}) {
  const prefix = `test-${randomUUID().slice(0, 8)}`
  const kafka: Broker = await openBroker(brokers)
  const vendors: Vendors = await openVendors()
  const slack = await startSlack({ burst: 1_000 })
  const services: Service[] = []
  const answered = new Set<string>()
  const env: Environment = {
    KAFKA_BROKERS: brokers,
    KAFKA_REPLICATION_FACTOR: String(Math.min(3, brokers.split(',').length)),
    KAFKA_SESSION_TIMEOUT: '6',
    TOPIC_PREFIX: prefix,
    PARTITIONS: String(PARTITIONS),
    RUN_WINDOW: '1',
    INGEST_TOKENS: TOKEN,
    SLACK_INCOMING_WEBHOOK: slack.origin,
    ...vendors.env,
    ...more,
  }

  /** @param name folder below services/; of a sink the sink's name is enough */
  function start(name: string, own: Environment = {}): Service {
    const isSink = SINKS.includes(name as SinkName)
    const service = startService(isSink ? `sinks/${name}` : name, { ...env, ...own })
    services.push(service)
    return service
  }

  /** Starts these and waits until they are ready. */
  async function startAll(...names: string[]): Promise<Service[]> {
    const started = names.map((name) => start(name))
    await Promise.all(started.map((service) => service.untilReady()))
    return started
  }

  const group = (sink: string) => `${prefix}.${sink}`
  const accounts = (sink: string): Promise<PartitionAccount[]> => readAccounts(brokers, group(sink), prefix)
  const committed = async (sink: string) => (await accounts(sink)).reduce((sum, { committed }) => sum + Math.max(0, committed), 0)
  /** kafkajs' admin throws while a leader moves. */
  const ends = async () => {
    const heads = await until(
      'the ends of the log',
      () => kafka.admin((it) => it.fetchTopicOffsets(prefix)).catch(() => []),
      ({ length }) => length > 0,
    )
    return heads.reduce((sum, { high }) => sum + Number(high), 0)
  }
  const missing = (sink: SinkName, of: Iterable<string> = answered) => {
    const there = vendors.arrived(sink)
    return [...of].filter((id) => !there.has(id))
  }

  /** Posts events to the ingest as Auth0 would, again and again where it refuses; `answered` holds all that it took. */
  async function post(options: {
    count: number
    rate?: number
    perBody?: number
    signal?: AbortSignal
    end?: AbortSignal
    limitMs?: number
  }): Promise<SendResult> {
    const ingest = services.find((service) => service.name === 'ingest' && !service.hasEnded())
    if (!ingest) throw new Error('no ingest is started')
    const sent = new Set<string>()
    const onSent = ({ log_id }: { log_id: string }) => sent.add(log_id)
    const result = await send({ url: `${await ingest.origin()}/logs`, token: TOKEN, limitMs: 120_000, ...options, onSent })
    expect(result.accepted, 'events that the ingest took').toBe(sent.size)
    for (const id of sent) answered.add(id)
    return result
  }

  /** A stream at this rate until it is told to end. */
  function stream(rate: number): Stream {
    const [end, giveUp] = [new AbortController(), new AbortController()]
    const sending = post({
      count: Number.POSITIVE_INFINITY,
      rate,
      perBody: Math.max(1, Math.round(rate / 20)),
      end: end.signal,
      signal: giveUp.signal,
      limitMs: 600_000,
    })
    sending.catch(() => {}) // told by `end`
    onTestFinished(() => giveUp.abort())
    return {
      end() {
        end.abort()
        return sending
      },
    }
  }

  /**
   * Waits until every answered event is at the sink and nothing lags, and adds the account up.
   * @throws with what is missing or does not add up
   */
  async function judge(sink: SinkName, { limitMs = 60_000 } = {}): Promise<Verdict> {
    const events = answered.size
    const lost = () => ({ count: missing(sink).length, of: events, first: missing(sink).slice(0, 3) })
    await until(`every event at ${sink}`, lost, ({ count }) => count === 0, { limitMs, everyMs: 100 })
    const read = () => accounts(sink).catch(() => [])
    const settled = (all: PartitionAccount[]) => all.length > 0 && all.every(({ lag }) => lag === 0)
    const sum = sumOf(await until(`no lag of ${sink}`, read, settled, { limitMs: 30_000, everyMs: 200 }))
    expect(sum.problems, `the account of ${sink}`).toEqual([])
    const { delivered, duplicates, dead_lettered, expired } = sum
    return { events, repeats: vendors.repeats(sink), delivered, duplicates, dead_lettered, expired }
  }

  async function close(): Promise<void> {
    await Promise.all(services.map((service) => service.kill()))
    await Promise.all([vendors.close(), slack.close(), kafka.close().catch(() => {})])
  }
  onTestFinished(close)
  onTestFailed(() => {
    for (const { name, lines } of services) {
      const loud = lines.filter((line) => !line.includes('"level":"info"')).slice(-SHOWN_LINES)
      if (loud.length > 0) console.log(`${name} of the failed test said:\n${loud.join('\n').slice(-SHOWN_CHARACTERS)}`)
    }
  })

  return {
    prefix,
    env,
    kafka,
    vendors,
    slack,
    answered,
    services,
    start,
    startAll,
    group,
    accounts,
    committed,
    ends,
    missing,
    post,
    stream,
    judge,
    /** The operator's command line. */
    cli: (...args: string[]) => runCommand(args, { ...env, LOGGER_LEVEL: 'error' }),
  }
}
