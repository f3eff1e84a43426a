// The life of a sink's process: settings, Kafka, what operators ask for, the flow, jobs, reports. No sink's name appears here.
import type { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { errorText } from '../../platform/errors.ts'
import { createApp, healthRoutes, listen } from '../../platform/http.ts'
import { type Lifecycle, type Process, runProcess } from '../../platform/lifecycle.ts'
import { CONTINUOUS } from '../../platform/schedule.ts'
import type { Environment, Fields } from '../../platform/settings.ts'
import { ensureTopics } from '../../topics/create.ts'
import { sendDeadLetters } from '../../topics/dead-letters.ts'
import { logRanges } from '../../topics/groups.ts'
import { openProducer } from '../../topics/produce.ts'
import { announce, followOrders, untilKafka } from '../../topics/service.ts'
import { openFlow, openSink, type Own, WAITS } from './assemble.ts'
import { checkSink } from './check.ts'
import { confirmAtVendor } from './confirm.ts'
import type { Connection, Sink } from './contract.ts'
import { changeable, readSinkSettings, scheduleOf } from './settings.ts'
import { tellFilter } from './filter-told.ts'
import { healthOf, type Vital } from './health.ts'
import { type Jobs, runJobs } from './jobs.ts'
import { createMember } from './member.ts'
import { sinkMetrics } from './metrics.ts'
import { anchorNewGroup } from './places.ts'
import { watchStanding } from './standing.ts'
import { applyStartFrom } from './start-from.ts'
import { followTicks, lastTickOf } from './ticks.ts'

/** Consumers bring their deliveries home and leave their groups, all at once. */
const LEAVE_MS = 9_000
/**
 * Events live for milliseconds, but V8 lets garbage grow by 200 MB before it collects. These flags work on a running process and keep
 * it to 140 MB less, for a tenth more CPU; a smaller percentage costs half as much again.
 */
const HEAP_FLAGS = ['--semi-space-growth-factor=1', '--heap-growing-percent=100']

/**
 * Runs a sink to its end. With `--check` in the arguments: prints one JSON line of what its settings are worth, and ends. With `--confirm`:
 * see `confirmAtVendor`.
 */
export async function runSink<F extends Fields, Item>(sink: Sink<F, Item>, proc: Process & { stdin?: Readable }): Promise<void> {
  const untyped = sink as unknown as Sink
  if (proc.argv.includes('--check')) return checkSink(untyped, proc)
  if (proc.argv.includes('--confirm')) return confirmAtVendor(untyped, proc)
  HEAP_FLAGS.forEach((flag) => setFlagsFromString(flag))
  await runProcess(proc, async (env, lifecycle) => {
    await startSink(untyped, env, lifecycle)
  })
}

/** Resolves when the sink runs, which is before its first assignment. @throws SettingsError at once; without Kafka it goes on trying. */
export async function startSink(sink: Sink, env: Environment, lifecycle: Lifecycle): Promise<{ port: number }> {
  const own = openSink(sink, env)
  const { settings, log, metrics } = own
  const vital: Vital = {}
  const app = createApp()
  healthRoutes(app, healthOf(vital), metrics)
  const { port, close } = await listen(app, { port: settings.port, host: settings.listenHost })
  lifecycle.onClose('http', close)
  log.info({ port }, 'listening')
  try {
    await deliverEvents(own, env, lifecycle, vital)
  } catch (error) {
    if (!lifecycle.signal.aborted) throw error
  }
  return { port }
}

/** Meets Kafka and the vendor, and delivers until the service closes. @throws the signal's reason where it closes before that */
async function deliverEvents(own: Own, env: Environment, lifecycle: Lifecycle, vital: Vital): Promise<void> {
  const { sink, settings, log, metrics, client, service, group, topic } = own
  const { signal } = lifecycle
  const orWait = <T>(ask: () => Promise<T>) => untilKafka(log, signal, WAITS, ask)
  await orWait(() => ensureTopics(client, ['events', { deadLetters: sink.name }, 'reports', 'control']))
  const producer = openProducer(client, `auth0-logs-${sink.name}`)
  lifecycle.onClose('producer', producer.close)
  const { runs, flow, steps } = await openFlow(own, producer, lifecycle, vital)

  /** A scheduled sink fetches nothing between its ticks. */
  let open = settings.schedule === CONTINUOUS
  const member = createMember(client, group, topic, flow, () => open, log)
  vital.member = member
  let jobs: Jobs | undefined
  const orders = await orWait(() =>
    followOrders(client, service, {
      fallback: settings.state,
      log,
      state(state) {
        void member.set(state)
        if (state === 'running') flow.tryNow()
      },
      settings(values, by) {
        const before = own.inForce
        own.inForce = withValues(own, env, values, by)
        Object.assign(steps, changeable(sink, own.inForce))
        flow.change(steps)
        tellFilter({ client, producer, service, flow }, before, own.inForce)
      },
      jobs: (records, state) => jobs?.heed(records, state),
      lost: lifecycle.fail,
    }),
  )
  vital.state = orders.state
  lifecycle.onClose('control', orders.close)
  const { records } = orders
  const applied = await orWait(() =>
    applyStartFrom({ client, producer, service, group, topic, startFrom: settings.startFrom, records, log, signal }),
  )
  await orWait(() =>
    announce(client, producer, {
      service,
      kind: 'sink',
      group,
      state: settings.state,
      sandbox: settings.sandbox,
      start_from: applied,
      fields: own.shown,
      ...(sink.replayLimit ? { replay_limit: sink.replayLimit } : {}),
      ...(sink.repeats ? { repeats: sink.repeats } : {}),
    }),
  )
  await anchorNewGroup(client, group, topic, settings.sinkStart).catch((error) =>
    log.warn({ error: errorText(error) }, 'SINK_START could not be committed; the group has members already'),
  )
  const last = settings.schedule === CONTINUOUS ? undefined : await orWait(() => lastTickOf(client, service))
  await member.set(orders.state())
  own.changed = true

  const skipped = metrics.counter(sinkMetrics.ticksSkipped)
  followTicks({
    flow,
    schedule: () => scheduleOf(own.inForce.settings),
    mayRun: () => orders.state() === 'running',
    gate(wanted) {
      if (wanted === open) return
      open = wanted
      flow.setPaused(orders.state() === 'paused' || !open)
    },
    ends: () => orWait(() => logRanges(client, topic)),
    runs,
    asked: orders.runAt,
    last,
    skipped: (ticks) => skipped.inc({ sink: sink.name }, ticks),
    signal,
  }).catch((error) => signal.aborted || lifecycle.fail(error as Error))
  const isDue = () => open && orders.state() === 'running' && vital.kafka?.answers() === true
  void watchStanding(flow, member, isDue, signal)
  jobs = runJobs({
    client,
    producer,
    service,
    instance: own.instance,
    steps: () => steps,
    connect: () => sink.connect(own.own) as Promise<Connection<unknown>>,
    sendDeadLetters: (letters) => sendDeadLetters(client, producer, sink.name, letters),
    log,
  })
  jobs.heed(records, orders.state())
  const windows = setInterval(() => void runs.window(), settings.runWindow * 1000)
  lifecycle.onClose('reports', () => {
    clearInterval(windows)
    return runs.end()
  })
  // All at once: each may have deliveries to bring home.
  lifecycle.onClose('consumers', () => Promise.all([member.leave(), jobs?.close()]), LEAVE_MS)
  const facts = { group, topic, state: orders.state(), sandbox: settings.sandbox }
  log.info(facts, settings.sandbox ? 'started; delivers to the sandbox' : 'started')
}

/**
 * Settings with what an operator changed. Where some of it is not understood, those before stay in force; at the start there are none
 * before, and what is understood counts: a filter must not fall away because of a slip beside it.
 */
function withValues(own: Own, env: Environment, values: Readonly<Record<string, string>>, by?: string): Own['inForce'] {
  const { sink, log, inForce, changed } = own
  const read = readSinkSettings(sink, { ...env, ...values })
  if (read.problems.length === 0) {
    log.info({ by, values }, 'settings in force')
    own.changed = true
    return read
  }
  const wrong = new Set(read.problems.map(({ setting }) => setting))
  const rest = Object.fromEntries(Object.entries(values).filter(([name]) => !wrong.has(name)))
  const facts = { by, problems: read.problems }
  if (changed) {
    log.error(facts, "an operator's settings are not understood; those before stay in force")
    return inForce
  }
  log.error({ ...facts, in_force: rest }, "some of an operator's settings are not understood; the others are in force")
  return readSinkSettings(sink, { ...env, ...rest })
}
