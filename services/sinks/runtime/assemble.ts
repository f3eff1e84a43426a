// The parts of a sink put together: what it is before it meets anybody, and the flow between Kafka and the vendor.
import { hostname } from 'node:os'
import { unknownTypes } from '../../events/filter.ts'
import type { LogEvent } from '../../events/log-event.ts'
import { errorText, SettingsError } from '../../platform/errors.ts'
import { type Lifecycle, within } from '../../platform/lifecycle.ts'
import { createLogger } from '../../platform/logger.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { nextRun } from '../../platform/schedule.ts'
import type { Environment } from '../../platform/settings.ts'
import { openTraces } from '../../platform/traces.ts'
import { version } from '../../platform/version.ts'
import { connectKafka } from '../../topics/client.ts'
import { sendDeadLetters } from '../../topics/dead-letters.ts'
import { type LogRange, logRanges, retentionOf } from '../../topics/groups.ts'
import { groupNames, topicNames } from '../../topics/names.ts'
import type { TopicProducer } from '../../topics/produce.ts'
import { publishReport } from '../../topics/reports.ts'
import { createRuns } from '../../topics/runs.ts'
import { repeat, watchKafka } from '../../topics/service.ts'
import { openTopicIds } from '../../topics/topic-ids.ts'
import { createAges } from './ages.ts'
import { followBreaks } from './breaks.ts'
import type { Connection, Sink } from './contract.ts'
import { changeable, readSinkSettings, redactorOf, scheduleOf } from './settings.ts'
import { createFlow, type Flow } from './flow.ts'
import type { Vital } from './health.ts'
import { nextOf } from './lane.ts'
import { findPlaces, MADE_ANEW } from './places.ts'
import { createReporter, gauges } from './reporter.ts'
import { sinkSpans } from './spans.ts'

/** How often the oldest waiting event, and the topic's id, are asked for. */
const AGES_MS = 5_000
/** Of the question at the start whether the vendor may be written to: a vendor that hangs keeps no sink from starting. */
const CHECK_MS = 10_000
const DAY_MS = 86_400_000
/** What it means for the logs that Kafka does not answer. */
export const WAITS = 'nothing is lost, delivery goes on at the last commit as soon as it does'

export type Own = ReturnType<typeof openSink>

/** What a sink is, before it meets anybody. @throws SettingsError */
export function openSink(sink: Sink, env: Environment) {
  const read = readSinkSettings(sink, env)
  if (read.problems.length > 0) throw new SettingsError(read.problems)
  const { settings } = read
  const log = createLogger(sink.name, settings.loggerLevel)
  const unknown = unknownTypes(settings.types)
  if (unknown.length > 0) log.warn({ types: unknown }, 'LOG_TYPES names codes that are not known: nothing may ever match them')
  return {
    ...read,
    /** The operator may change the live ones. */
    inForce: read as Pick<typeof read, 'settings' | 'own'>,
    /** There were settings in force before: by an operator, or since the sink runs. */
    changed: false,
    sink,
    log,
    metrics: createMetrics(sink.name, version),
    client: connectKafka(settings, log, `auth0-logs-${sink.name}`),
    service: settings.sandbox ? `${sink.name}.sandbox` : sink.name,
    group: groupNames.sink(settings.prefix, sink.name, settings.sandbox),
    topic: topicNames.events(settings.prefix),
    instance: `${hostname()}-${process.pid}`,
  }
}

/** The flow between Kafka and the vendor, not yet a member of its group, and what is told of it. */
export async function openFlow(own: Own, producer: TopicProducer, lifecycle: Lifecycle, vital: Vital) {
  const { sink, settings, log, metrics, client, service, group, topic, instance } = own
  const { signal } = lifecycle
  const traces = await openTraces(settings, { service: sink.name, instance, log, lifecycle })
  const topicIds = openTopicIds(client, `auth0-logs-${sink.name}`)
  lifecycle.onClose('topic ids', topicIds.close)
  const connection = (await sink.connect(own.own)) as Connection<unknown>
  lifecycle.onClose('connection', connection.close)
  within(connection.check(), CHECK_MS, 'the answer of the vendor').catch((error) =>
    log.error({ error: errorText(error) }, 'the vendor refused the check at start; deliveries will report it and be retried'),
  )
  const runs = createRuns({
    service,
    instance,
    publish: (report) =>
      publishReport(client, producer, report).catch((error) =>
        log.warn({ error: errorText(error) }, 'the report of a run could not be written'),
      ),
    place: () => placeOf(vital.flow),
    nextRun: () => nextRun(scheduleOf(own.inForce.settings)),
    counted: ['deliveries', 'delivery_ms'],
  })
  const steps = {
    ...changeable(sink, own),
    redact: redactorOf(settings),
    encode: (event: LogEvent) => sink.encode(event, own.own),
  }
  let ranges: LogRange[] = []
  let topicId: string | undefined
  const flow = createFlow({
    ...steps,
    inFlight: settings.inFlight,
    partitions: () => ranges.length,
    connection,
    async places(assigned, broken) {
      const id = await topicIds.idOf(topic)
      // Kafka deletes a group's offsets with the topic: that it is another one now is known here alone.
      const isAnew = topicId !== undefined && id !== undefined && id !== topicId
      if (isAnew) for (const partition of assigned) broken.set(partition, MADE_ANEW)
      topicId = id ?? topicId
      return findPlaces(client, group, topic, assigned, id, broken)
    },
    sendDeadLetters: (letters) => sendDeadLetters(client, producer, sink.name, letters),
    crashed: (error) => vital.member?.crashed(error),
    topic,
    log,
    watch: createReporter({ service, metrics, runs, log }),
    spans: sinkSpans(traces, { sink: service, topic, group }),
  })
  vital.flow = flow
  void followBreaks(connection, flow, signal)
  vital.kafka = watchKafka(
    log,
    signal,
    async () => {
      ranges = await logRanges(client, topic)
      flow.heard(new Map(ranges.map(({ partition, end }) => [partition, end])))
    },
    { away: WAITS, back: 'delivery continues at the last commit' },
  )
  const ages = createAges({ client, service, group, topic, flow, retentionMs: () => retentionMs(own), runs, log })
  gauges(metrics, sink.name, flow, ages)
  repeat(signal, AGES_MS, log, async () => {
    const id = await topicIds.idOf(topic)
    if (topicId !== undefined && id !== undefined && id !== topicId) flow.startOver()
    await ages.look(ranges)
  })
  return { runs, flow, steps }
}

/** How long the topic keeps an event; as set where Kafka does not tell. */
async function retentionMs({ client, topic, settings }: Own): Promise<number> {
  return (await retentionOf(client, topic)) ?? settings.retentionDays * DAY_MS
}

function placeOf(flow: Flow | undefined) {
  const lanes = flow?.lanes() ?? []
  const trouble = flow?.trouble()
  const open = lanes.map((lane) => lane.oldest()?.id ?? '').filter((id) => id !== '')
  const done = lanes.map(({ account }) => account.checkpoint).filter((id) => id !== '')
  const checkpoint = open.length > 0 ? open.toSorted()[0] : (done.toSorted().at(-1) ?? '')
  return {
    offsets: Object.fromEntries(lanes.map(({ partition, ready }) => [partition, nextOf(ready)])),
    checkpoint,
    lag: lanes.reduce((sum, lane) => sum + lane.lag, 0),
    ...(trouble ? { next_try: trouble.nextTry > Date.now() ? new Date(trouble.nextTry).toISOString() : '' } : {}),
  }
}
