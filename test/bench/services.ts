// The real processes that are measured, and those at both their ends: ingest, sinks, sender, receiver.
import { join } from 'node:path'
import { execPath } from 'node:process'
import { askCheck, planDelivery } from '../../services/local/check.ts'
import { describeEnding } from '../../services/local/child.ts'
import { freePort } from '../../services/local/ports.ts'
import { sleep, within } from '../../services/platform/lifecycle.ts'
import type { Environment } from '../../services/platform/settings.ts'
import { groupNames } from '../../services/topics/names.ts'
import { nowUs } from './events.ts'
import type { LoadOptions, LoadResult } from './load.ts'
import type { Measured } from './measured.ts'
import type { Arrived, Latency, ReceiverLine, ReceiverOptions } from './receiver.ts'
import { type Prefixed, type Surroundings, untilEnded } from './surroundings.ts'

const services = join(import.meta.dirname, '../../services')
/** A service ends within 10 s. */
const GRACE_MS = 12_000
const READY_MS = 30_000
const TOKEN = 'bench'
const WARNINGS_SHOWN = 3

/** A running service; `warnings` are the lines that it logs at level warn and above, or writes to stderr. */
export type Service = Measured & { port: number; warnings: string[]; stop: () => Promise<void> }

export async function startIngest(around: Surroundings, { env }: Prefixed): Promise<Service> {
  const port = await freePort()
  const ingest = startService(around, 'ingest', { ...env, INGEST_PORT: String(port), INGEST_TOKENS: TOKEN }, port)
  await untilReady(ingest, 'ingest')
  return ingest
}

/** A sink set up for the receiver as `npm start` sets it up for the sandbox. */
export async function startSink(around: Surroundings, { env, prefix }: Prefixed, receiver: Receiver) {
  const port = await freePort()
  const plan = planDelivery(await askCheck(join(services, 'sinks', receiver.sink, 'main.ts'), env), receiver.address)
  if (plan.refused) throw new Error(`${receiver.sink} refuses its settings: ${plan.refused.join('; ')}`)
  const service = startService(around, `sinks/${receiver.sink}`, { ...env, ...plan.env, SINK_PORT: String(port) }, port)
  return Object.assign(service, { group: groupNames.sink(prefix, receiver.sink, true) })
}

function startService(around: Surroundings, name: string, env: Environment, port: number): Service {
  const warnings: string[] = []
  const child = around.start(
    { command: execPath, args: [join(services, name, 'main.ts')], env },
    (line) => void warnings.push(line),
  )
  const stop = async () => {
    const hadEnded = child.hasEnded()
    await child.end(GRACE_MS)
    const ending = await child.ended
    if (hadEnded || ending.status !== 0) warnings.push(`${name} ended with ${describeEnding(ending)}`)
  }
  return Object.assign(child, { port, warnings, stop })
}

/** Waits until /readyz answers 200. @throws where the service ends or takes too long */
export async function untilReady(service: Service, name: string): Promise<void> {
  const deadline = Date.now() + READY_MS
  while (Date.now() < deadline) {
    if (service.hasEnded()) throw new Error([`${name} ended before it was ready:`, ...service.lastLines()].join('\n  '))
    const answer = await fetch(`http://127.0.0.1:${service.port}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    )
    if (answer?.ok) return
    await sleep(50)
  }
  throw new Error([`${name} is not ready after ${READY_MS / 1_000} s:`, ...service.lastLines()].join('\n  '))
}

/** The first warnings of a service, as problems of the measurement. */
export function warningsOf(service: Service): string[] {
  const more = service.warnings.length - WARNINGS_SHOWN
  return [...service.warnings.slice(0, WARNINGS_SHOWN), ...(more > 0 ? [`and ${more} more lines`] : [])]
}

/** Posts events to the ingest from a process of its own. */
export async function runLoad(
  around: Surroundings,
  ingest: Service,
  options: Omit<LoadOptions, 'port' | 'token'>,
): Promise<LoadResult> {
  let result: LoadResult | undefined
  const all: LoadOptions = { ...options, port: ingest.port, token: TOKEN }
  const args = [join(import.meta.dirname, 'load', 'main.ts'), JSON.stringify(all)]
  const child = around.start({ command: execPath, args, env: {} }, (line, stream) => {
    if (stream === 'stdout') result = JSON.parse(line) as LoadResult
  })
  await within(untilEnded(child, 'the sender'), options.limitMs + READY_MS, 'the sender').finally(() => child.end(1_000))
  if (!result) throw new Error('the sender printed no result')
  return result
}

export type Receiver = {
  sink: string
  address: Record<string, string | number>
  /** Waits for so many different events; gives up when nothing new has come for `quietMs`. */
  untilUnique: (events: number, quietMs: number) => Promise<void>
  /** Ends it and answers all that it saw. */
  stop: () => Promise<{ arrived: Arrived; latency?: Latency }>
}

export async function startReceiver(around: Surroundings, options: ReceiverOptions): Promise<Receiver> {
  let arrived: Arrived = { total: 0, unique: 0, requests: 0, counts: {}, firstUs: 0, lastUs: 0 }
  let latency: Latency | undefined
  const ready = Promise.withResolvers<Record<string, string | number>>()
  const args = [join(import.meta.dirname, 'receiver', 'main.ts'), JSON.stringify(options)]
  const child = around.start({ command: execPath, args, env: around.env }, (line, stream) => {
    if (stream === 'stderr') return around.log(`receiver: ${line}`)
    const told = JSON.parse(line) as ReceiverLine
    if (told.address) ready.resolve(told.address)
    arrived = told.arrived ?? arrived
    latency = told.latency ?? latency
  })
  const address = await within(ready.promise, READY_MS, 'starting the receiver')
  return {
    sink: options.sink,
    address,
    async untilUnique(events, quietMs) {
      const begun = nowUs()
      while (arrived.unique < events && !child.hasEnded()) {
        if (nowUs() - Math.max(begun, arrived.lastUs) > quietMs * 1_000) return
        await sleep(20, around.lifecycle.signal)
      }
    },
    async stop() {
      await child.end(GRACE_MS)
      await child.ended
      return { arrived, latency }
    },
  }
}
