// The sinks of the project and their vendors' stand-ins, found by their folders as `npm start` finds them.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sandboxSettings } from '../../services/local/check.ts'
import { readRoster } from '../../services/local/roster.ts'
import { findStandIns, loadStandIn, type StartStandIn } from '../../services/sandbox/find.ts'
import type { StandIn } from '../../services/sandbox/stand-in.ts'
import type { Sink } from '../../services/sinks/runtime/contract.ts'

export const SERVICES = join(import.meta.dirname, '../../services')

export type FoundSink = {
  sink: Sink
  /** Starts the vendor's stand-in. */
  start: StartStandIn
  /** The sink's settings for its stand-in, as `npm start` gives them. */
  env: (standIn: StandIn) => Record<string, string>
}

export const sinkNames = (services = SERVICES): string[] => readRoster(services).sinks.toSorted()

/** @param services the folder `services`, or one built like it. @throws where a sink's folder lacks the sink or its stand-in */
export async function findSink(name: string, services = SERVICES): Promise<FoundSink> {
  const file = join(services, 'sinks', name, 'sink.ts')
  const exported = Object.values((await import(pathToFileURL(file).href)) as Record<string, Partial<Sink> | undefined>)
  const sink = exported.find((one) => one?.name === name) as Sink | undefined
  if (!sink) throw new Error(`${file} exports no sink with the name of its folder`)
  const standIn = findStandIns(services).find((one) => one.name === name)
  if (!standIn) throw new Error(`sinks/${name} has no stand-in/start.ts`)
  return {
    sink,
    start: await loadStandIn(standIn),
    env: ({ origin, host, port, facts }) => sandboxSettings(sink.sandbox, { origin, host, port, ...facts }),
  }
}

export const findSinks = (services = SERVICES): Promise<FoundSink[]> =>
  Promise.all(sinkNames(services).map((name) => findSink(name, services)))
