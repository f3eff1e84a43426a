// One soak: three brokers, all services, a stream of events, the faults of the plan, and what came of it.
import { freePort } from '../../services/local/ports.ts'
import { startWatchdog } from '../../services/local/watchdog.ts'
import { hashPassword } from '../../services/platform/passwords.ts'
import type { Environment } from '../../services/platform/settings.ts'
import { send, type SendResult } from '../../services/sandbox/simulate/send.ts'
import { readAccounts, sumOf } from '../support/account.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { SINKS, type SinkName } from '../support/vendors.ts'
import { pause } from '../support/wait.ts'
import { carryOut } from './faults.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { createMeter, medianOf, type Sample, type Usage } from './measures.ts'
import type { Options } from './options.ts'
import { makePlan } from './plan.ts'
import { type Counted, openVendors, type Vendors } from './vendors.ts'

const PREFIX = 'soak'
const TOKEN = 'Bearer of-the-soak'
const USER = 'soak'
/** Code that runs for the first time is compiled, and the heap has its working size. */
const WARM_MS = 20_000
const SAMPLE_MS = 2_000
const PROGRESS_MS = 15_000
/** Everything has to be delivered this long after the last event. */
const DRAIN_MS = 150_000

export type Result = {
  seed: number
  answered: number
  faults: number
  sinks: Record<SinkName, Counted & { account: string[] }>
  usage: Record<string, Usage & { ageSeconds: number }>
  slackMessages: number
  /** What may not be: a service that ended by itself, a fault that could not be carried out or undone, … */
  problems: string[]
}

/** @param say gets a line of progress */
export async function soak({ minutes, rate, seed }: Options, say: (line: string) => void): Promise<Result> {
  const problems: string[] = []
  const problem = (text: string) => {
    problems.push(text)
    say(`! ${text}`)
  }
  const watchdog = startWatchdog()
  const cluster = await startCluster()
  const vendors = await openVendors(watchdog)
  const env = await environment(cluster, vendors)
  const fleet = startFleet(services(env), env, problem)
  try {
    await fleet.untilReady()
    say(`three brokers and ${fleet.names().length} processes are up; ${minutes} minutes at ${rate} events a second, seed ${seed}`)
    const totalMs = minutes * 60_000
    const calmMs = Math.min(120_000, Math.max(20_000, totalMs / 10))
    // Calm, faults, calm: what is measured at the beginning and at the end is the same work.
    const faultsEnd = totalMs - calmMs - WARM_MS
    const plan = makePlan(seed, WARM_MS + calmMs, faultsEnd)
    const asked = new Map<SinkName, number>()
    const stop = new AbortController()
    const sending = stream(env, rate, vendors, stop.signal)
    const began = performance.now()
    const now = () => performance.now() - began
    const samples = { begin: new Map<string, Sample[]>(), end: new Map<string, Sample[]>() }
    const watching = watch(
      fleet,
      vendors,
      now,
      (name, sample) => {
        const at = now()
        const part =
          at > WARM_MS && at < WARM_MS + calmMs ? samples.begin : at > totalMs - calmMs && at < totalMs ? samples.end : undefined
        if (part) part.set(name, [...(part.get(name) ?? []), sample])
      },
      stop.signal,
    )
    const telling = tell(plan.length, vendors, now, say, stop.signal)
    const world = {
      cluster,
      fleet,
      vendors,
      asked: (sink: SinkName, events: number) => void asked.set(sink, (asked.get(sink) ?? 0) + events),
    }
    await Promise.all(
      plan.map(async (planned) => {
        await pause(planned.at - now())
        say(`${clock(now())} ${planned.fault}: ${planned.target}, ${((planned.until - planned.at) / 1_000).toFixed(1)} s`)
        const failed = await carryOut(world, planned)
        if (failed) problem(failed)
      }),
    )
    await cluster.heal()
    await pause(totalMs - now())
    stop.abort()
    const sent = await sending
    await Promise.all([watching, telling])
    if (sent.accepted < sent.sent) problem(`${sent.sent - sent.accepted} events were never answered`)
    say(`${clock(now())} ${sent.accepted} events answered; waiting for what is under way`)
    await drained(vendors)
    const sinks = {} as Result['sinks']
    for (const sink of SINKS) sinks[sink] = { ...vendors.counted(sink, asked.get(sink)), account: await accountOf(cluster, sink) }
    return {
      seed,
      answered: sent.accepted,
      faults: plan.length,
      sinks,
      usage: usageOf(samples, fleet),
      slackMessages: vendors.messages(),
      problems,
    }
  } finally {
    await fleet.close()
    vendors.close()
    await cluster.discard()
  }
}

async function environment(cluster: Cluster, vendors: Vendors): Promise<Environment> {
  return {
    KAFKA_BROKERS: cluster.brokers,
    KAFKA_REPLICATION_FACTOR: '3',
    TOPIC_PREFIX: PREFIX,
    PARTITIONS: '6',
    RUN_WINDOW: '5',
    INGEST_TOKENS: TOKEN,
    INGEST_PORT: String(await freePort()),
    CONSOLE_PORT: String(await freePort()),
    CONSOLE_USERS: `${USER}:viewer:${await hashPassword(USER)}`,
    ...vendors.env,
  }
}

function services(env: Environment): Record<string, { folder: string; env?: Environment }> {
  const sinks = SINKS.flatMap((sink) => ['a', 'b'].map((member) => [`${sink} ${member}`, { folder: `sinks/${sink}` }] as const))
  return {
    ingest: { folder: 'ingest', env: { INGEST_PORT: env.INGEST_PORT } },
    console: { folder: 'console', env: { CONSOLE_PORT: env.CONSOLE_PORT } },
    slack: { folder: 'slack' },
    ...Object.fromEntries(sinks),
  }
}

/** As Auth0: posts again until it is answered. */
function stream(env: Environment, rate: number, vendors: Vendors, signal: AbortSignal): Promise<SendResult> {
  return send({
    url: `http://127.0.0.1:${env.INGEST_PORT}/logs`,
    token: TOKEN,
    count: Number.POSITIVE_INFINITY,
    rate,
    perBody: Math.max(1, Math.round(rate / 10)),
    concurrency: 8,
    limitMs: 24 * 3_600_000,
    signal,
    onSent: ({ log_id }) => vendors.expect(log_id),
  })
}

/** Measures every process, and looks at the console as an operator's browser does. */
async function watch(
  fleet: Fleet,
  vendors: Vendors,
  now: () => number,
  take: (name: string, sample: Sample) => void,
  signal: AbortSignal,
): Promise<void> {
  const meter = createMeter()
  const authorization = `Basic ${Buffer.from(`${USER}:${USER}`).toString('base64')}`
  while (!signal.aborted) {
    const began = now()
    for (const name of fleet.names()) {
      const sample = meter(fleet.pid(name))
      if (sample) take(name, sample)
    }
    const vendorsNow = meter(vendors.pid)
    if (vendorsNow) take('vendors', vendorsNow)
    const status = async () =>
      fetch(`${await fleet.origin('console')}/api/status`, { headers: { authorization }, signal: AbortSignal.timeout(5_000) })
    await status().then(
      (answer) => answer.arrayBuffer(),
      () => undefined,
    ) // it may be down just now
    await pause(Math.max(0, SAMPLE_MS - (now() - began)))
  }
}

async function tell(
  faults: number,
  vendors: Vendors,
  now: () => number,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await Promise.race([pause(PROGRESS_MS), new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))])
    const waiting = SINKS.map((sink) => `${sink} ${vendors.counted(sink).lost}`).join(', ')
    say(`${clock(now())} events not yet at: ${waiting}; ${faults} faults in all`)
  }
}

async function drained(vendors: Vendors): Promise<void> {
  for (const deadline = performance.now() + DRAIN_MS; performance.now() < deadline; await pause(500)) {
    if (SINKS.every((sink) => vendors.counted(sink).lost === 0)) break
  }
  await pause(8_000) // Papertrail counts what it sent 5 s ago; commits and the last repeats are on their way
}

/** What is wrong with the account of a sink; empty where it adds up and nothing lags. */
async function accountOf(cluster: Cluster, sink: SinkName): Promise<string[]> {
  for (let attempt = 0; ; attempt++) {
    const read = await readAccounts(cluster.brokers, `${PREFIX}.${sink}`, PREFIX).catch((error: Error) => error)
    const wrong =
      read instanceof Error
        ? [read.message]
        : [...sumOf(read).problems, ...(sumOf(read).lag > 0 ? [`lag ${sumOf(read).lag}`] : [])]
    if (wrong.length === 0 || attempt === 30) return wrong
    await pause(1_000)
  }
}

function usageOf(samples: { begin: Map<string, Sample[]>; end: Map<string, Sample[]> }, fleet: Fleet): Result['usage'] {
  const usage: Result['usage'] = {}
  for (const [name, first] of samples.begin) {
    const [begin, end] = [medianOf(first), medianOf(samples.end.get(name) ?? [])]
    const ageSeconds = fleet.names().includes(name) ? Math.round(fleet.age(name)) : 0
    if (begin && end) usage[name] = { begin, end, ageSeconds }
  }
  return usage
}

export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
}
