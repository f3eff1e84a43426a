// The life of a sink's process: settings, Kafka, control, the flow, health, reports. No sink's name appears here.
import { hostname } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { unknownTypes } from '../../events/filter.ts'
import { createRedactor, redactBytes } from '../../events/redact.ts'
import { errorText, SettingsError } from '../../platform/errors.ts'
import { createApp, healthRoutes, listen } from '../../platform/http.ts'
import { type Lifecycle, type Process, runProcess, sleep } from '../../platform/lifecycle.ts'
import { createLogger, type Logger } from '../../platform/logger.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { CONTINUOUS, nextRun } from '../../platform/schedule.ts'
import { type Environment, type Fields } from '../../platform/settings.ts'
import { version } from '../../platform/version.ts'
import { connectKafka } from '../../topics/client.ts'
import { type GroupConsumer } from '../../topics/consume.ts'
import {
  type DesiredState,
  followControl,
  isDesiredState,
  publishControl,
  type SettingsRecord,
  type StateRecord,
} from '../../topics/control.ts'
import { ensureTopics } from '../../topics/create.ts'
import { sendDeadLetters } from '../../topics/dead-letters.ts'
import { logRanges } from '../../topics/groups.ts'
import { groupNames, topicNames } from '../../topics/names.ts'
import { openProducer } from '../../topics/produce.ts'
import { publishReport } from '../../topics/reports.ts'
import { createRuns } from '../../topics/runs.ts'
import { checkSink } from './check.ts'
import type { Connection, Sink } from './contract.ts'
import { createFlow, type Flow, type FlowOptions } from './flow.ts'
import { type Jobs, runJobs } from './jobs.ts'
import { gauges } from './gauges.ts'
import { nextOf, oldestOpen } from './lane.ts'
import { createMember } from './member.ts'
import { anchorNewGroup, findPlaces } from './places.ts'
import { createReporter } from './reporter.ts'
import { applyStartFrom } from './start-from.ts'
import { changeable, readSinkSettings, scheduleOf } from './settings.ts'
import { followTicks, lastTickOf } from './ticks.ts'

/** How often the log's ends are asked for: lag is right also while nothing is fetched. */
const ENDS_MS = 5_000
/** Kafka answers, but this consumer has not been heard of for so long: it hangs, and a restart mends it. */
const SILENT_MS = 60_000
/**
 * Events live for milliseconds, but V8 lets garbage grow by 200 MB before it looks. Both work on a running process and
 * take 140 MB for a tenth more CPU; a smaller percentage costs half as much again.
 */
const HEAP_FLAGS = ['--semi-space-growth-factor=1', '--heap-growing-percent=100']

/** Runs a sink to its end. With `--check` in the arguments: prints one JSON line of what its settings are worth, and ends. */
export async function runSink<F extends Fields, Item>(sink: Sink<F, Item>, proc: Process): Promise<void> {
  const untyped = sink as unknown as Sink
  if (proc.argv.includes('--check')) return checkSink(untyped, proc)
  HEAP_FLAGS.forEach((flag) => setFlagsFromString(flag))
  await runProcess(proc, async (env, lifecycle) => {
    await startSink(untyped, env, lifecycle)
  })
}

/** Resolves when the sink runs, which is before its first assignment. @throws SettingsError at once; without Kafka it goes on trying. */
export async function startSink(sink: Sink, env: Environment, lifecycle: Lifecycle): Promise<{ port: number }> {
  const { settings, own, problems, shown } = readSinkSettings(sink, env)
  if (problems.length > 0) throw new SettingsError(problems)
  /** The settings in force: the operator may change the live ones. */
  let now = { settings, own }
  const log = createLogger(sink.name, settings.loggerLevel)
  const metrics = createMetrics(sink.name, version)
  const client = connectKafka(settings, log, `auth0-logs-${sink.name}`)
  const service = settings.sandbox ? `${sink.name}.sandbox` : sink.name
  const group = groupNames.sink(settings.prefix, sink.name, settings.sandbox)
  const topic = topicNames.events(settings.prefix)
  const unknown = unknownTypes(settings.types)
  if (unknown.length > 0) log.warn({ types: unknown }, 'LOG_TYPES names codes that are not known: nothing may ever match them')

  // What is here tells whether the process is well; it answers while Kafka is still away.
  let kafkaAnswers = false
  let consumer: GroupConsumer | undefined
  let flow: Flow | undefined
  let state: DesiredState = settings.state
  const app = createApp()
  healthRoutes(
    app,
    {
      live: () =>
        kafkaAnswers && consumer && consumer.silentForMs() > SILENT_MS ? 'Kafka answers but this consumer hangs' : undefined,
      ready: () => {
        if (!kafkaAnswers) return 'Kafka does not answer'
        if (state !== 'running') return undefined
        return flow && flow.lanes().length > 0 ? undefined : 'no partitions assigned yet'
      },
    },
    metrics,
  )
  const { port, close: closeHttp } = await listen(app, { port: settings.port, host: settings.listenHost })
  lifecycle.onClose('http', closeHttp)
  log.info({ port }, 'listening')

  const partitions = await untilKafka(log, lifecycle, async () => {
    const found = await ensureTopics(client, ['events', { deadLetters: sink.name }, 'reports', 'control'])
    return found.get(topic) ?? settings.partitions
  })
  if (lifecycle.signal.aborted) return { port }
  kafkaAnswers = true
  const producer = openProducer(client, `auth0-logs-${sink.name}`)
  lifecycle.onClose('producer', producer.close)

  const connection = (await sink.connect(own)) as Connection<unknown>
  lifecycle.onClose('connection', connection.close)
  await connection
    .check()
    .catch((error) => log.error({ error: errorText(error) }, 'the sink cannot be written to as it is; deliveries will tell'))

  const runs = createRuns({
    service,
    instance: `${hostname()}-${process.pid}`,
    publish: (report) =>
      publishReport(client, producer, report).catch((error) =>
        log.warn({ error: errorText(error) }, 'the report of a run could not be written'),
      ),
    place: () => placeOf(flow),
    nextRun: () => nextRun(scheduleOf(now.settings)),
    counted: ['deliveries', 'delivery_ms'],
  })
  const redactor = settings.redact.length > 0 ? createRedactor(settings.redact, settings.redactKey) : undefined
  const steps: Pick<FlowOptions, 'limits' | 'filter' | 'redact' | 'encode'> = {
    ...changeable(sink, now),
    redact: redactor ? (value) => redactBytes(value, redactor) : undefined,
    encode: (event) => sink.encode(event, own),
  }
  const createdFlow = createFlow({
    ...steps,
    inFlight: settings.inFlight,
    partitions,
    connection,
    places: (assigned) => findPlaces(client, group, topic, assigned),
    sendDeadLetters: (letters) => sendDeadLetters(client, producer, sink.name, letters),
    crashed: lifecycle.fail,
    topic,
    log,
    watch: createReporter({ service, metrics, runs }),
  })
  flow = createdFlow
  if (connection.broken) void followBreaks(connection.broken, createdFlow, lifecycle.signal)
  gauges(metrics, sink.name, createdFlow)

  /** What an operator wrote wins over the environment; anything that is no state is no wish. */
  const wished = (record: unknown): DesiredState => {
    const wish = (record as StateRecord | undefined)?.state
    return isDesiredState(wish) ? wish : settings.state
  }
  /** A scheduled sink fetches nothing between its ticks. */
  let open = settings.schedule === CONTINUOUS
  const member = createMember(
    client,
    group,
    topic,
    createdFlow,
    () => open,
    (joined) => {
      consumer = joined
    },
  )
  const change = (record: unknown) => {
    const { values = {}, by } = (record ?? {}) as Partial<SettingsRecord>
    const read = readSinkSettings(sink, { ...env, ...values })
    if (read.problems.length > 0)
      return log.error({ by, problems: read.problems }, "an operator's settings are not understood: those before stay in force")
    now = read
    createdFlow.change(Object.assign(steps, changeable(sink, now)))
    log.info({ by, values }, 'settings in force')
  }
  lifecycle.onClose('consumer', member.leave, 9_500)
  let jobs: Jobs | undefined
  const control = await untilKafka(log, lifecycle, () =>
    followControl(
      client,
      service,
      (key, value) => {
        if (key.startsWith(`job/${service}/`)) jobs?.heed(control.records, state)
        if (key === `settings/${service}`) change(value)
        if (key !== `state/${service}`) return
        state = wished(value)
        log.info({ state, by: (value as StateRecord | undefined)?.by }, 'state changed by an operator')
        void member.set(state)
        jobs?.heed(control.records, state)
      },
      lifecycle.fail,
    ),
  )
  if (!control) return { port }
  lifecycle.onClose('control', control.close)
  state = wished(control.records.get(`state/${service}`))
  const changed = control.records.get(`settings/${service}`)
  if (changed) change(changed)
  const startFrom = { startFrom: settings.startFrom, records: control.records, log, signal: lifecycle.signal }
  const applied = await untilKafka(log, lifecycle, () =>
    applyStartFrom({ client, producer, service, group, topic, ...startFrom }),
  )
  await publishControl(client, producer, `service/${service}`, {
    service,
    kind: 'sink',
    version,
    group,
    started_at: new Date().toISOString(),
    state: settings.state,
    sandbox: settings.sandbox,
    start_from: applied ?? '',
    fields: shown,
    ...(sink.replayLimit ? { replay_limit: sink.replayLimit } : {}),
  })
  await anchorNewGroup(client, group, topic, settings.sinkStart).catch((error) =>
    log.warn({ error: errorText(error) }, 'SINK_START could not be committed; the group has members already'),
  )
  await member.set(state)
  const skipped = metrics.counter('ticks_skipped_total', 'Ticks that came due while the last run was under way', ['sink'])
  void followTicks({
    flow: createdFlow,
    schedule: () => scheduleOf(now.settings),
    mayRun: () => state === 'running',
    gate(wanted) {
      if (wanted === open) return
      open = wanted
      createdFlow.setPaused(state === 'paused' || !open)
    },
    ends: () => untilKafka(log, lifecycle, () => logRanges(client, topic)),
    runs,
    last: settings.schedule === CONTINUOUS ? undefined : await lastTickOf(client, service),
    skipped: (ticks) => skipped.inc({ sink: sink.name }, ticks),
    signal: lifecycle.signal,
  })
  jobs = runJobs({
    client,
    producer,
    service,
    instance: `${hostname()}-${process.pid}`,
    steps: () => steps,
    connect: () => sink.connect(own) as Promise<Connection<unknown>>,
    sendDeadLetters: (letters) => sendDeadLetters(client, producer, sink.name, letters),
    log,
  })
  lifecycle.onClose('jobs', jobs.close, 9_500)
  jobs.heed(control.records, state)
  log.info({ group, topic, state, sandbox: settings.sandbox }, settings.sandbox ? 'started; delivers to the sandbox' : 'started')

  const windows = setInterval(() => void runs.window(), settings.runWindow * 1000)
  const ends = setInterval(async () => {
    const answered = kafkaAnswers
    try {
      const ranges = await logRanges(client, topic)
      kafkaAnswers = true
      createdFlow.heard(new Map(ranges.map(({ partition, end }) => [partition, end])))
      if (!answered) log.info('Kafka answers again; delivery goes on at the last commit')
    } catch (error) {
      kafkaAnswers = false
      if (answered)
        log.warn({ error: errorText(error) }, 'Kafka does not answer; nothing is lost, delivery goes on as soon as it does')
    }
  }, ENDS_MS)
  lifecycle.onClose(
    'reports',
    async () => {
      clearInterval(windows)
      clearInterval(ends)
      await member.leave()
      await runs.end()
    },
    9_500,
  )
  return { port }
}

/** Tries until Kafka answers, saying so when it takes longer. Answers undefined when the service is closing. */
async function untilKafka<T>(log: Logger, lifecycle: Lifecycle, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (lifecycle.signal.aborted) return undefined as T
      const facts = { error: errorText(error) }
      if (attempt % 30 === 3) log.warn(facts, 'Kafka does not answer; nothing is lost, delivery begins as soon as it does')
      await sleep(1_000, lifecycle.signal)
    }
  }
}

async function followBreaks(broken: () => Promise<string>, flow: Flow, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) flow.broke(await broken())
}

function placeOf(flow: Flow | undefined): { offsets: Record<string, number>; checkpoint: string } {
  const lanes = flow?.lanes() ?? []
  const open = lanes.map((lane) => oldestOpen(lane)?.id ?? '').filter((id) => id !== '')
  const done = lanes.map(({ account }) => account.checkpoint).filter((id) => id !== '')
  const checkpoint = open.length > 0 ? open.toSorted()[0] : (done.toSorted().at(-1) ?? '')
  return { offsets: Object.fromEntries(lanes.map(({ partition, ready }) => [partition, nextOf(ready)])), checkpoint }
}
