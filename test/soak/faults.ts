// What each fault of the plan does, and undoes.
import type { Fault } from '../../services/sandbox/faults.ts'
import type { Cluster } from '../support/cluster.ts'
import type { SinkName } from '../support/vendors.ts'
import { pause } from '../support/wait.ts'
import type { Fleet } from './fleet.ts'
import type { FaultName, Planned } from './plan.ts'
import type { Vendors } from './vendors.ts'

export type World = {
  cluster: Cluster
  fleet: Fleet
  vendors: Vendors
  /** Told how many events of a sink an operator asks for once more. */
  asked: (sink: SinkName, events: number) => void
}

const COMMAND_ATTEMPTS = 5

type Doing = (world: World, target: string, lasts: () => Promise<void>) => Promise<unknown>

const onBroker = ({ cluster }: World, target: string) => cluster.node(Number(target.split(' ')[1]))

const vendorFault =
  (fault: Fault): Doing =>
  async ({ vendors }, sink, lasts) => {
    vendors.misbehave(sink as SinkName, fault)
    await lasts()
    vendors.misbehave(sink as SinkName, null)
  }

/** As an operator, who tries again where a broker is away just then. */
async function command(fleet: Fleet, ...args: string[]): Promise<string> {
  for (let left = COMMAND_ATTEMPTS; ; await pause(2_000)) {
    try {
      return await fleet.command(...args)
    } catch (error) {
      if (--left === 0) throw error
    }
  }
}

const operator =
  (state: 'pause' | 'stop'): Doing =>
  async ({ fleet }, sink, lasts) => {
    await command(fleet, state, sink)
    await lasts()
    await command(fleet, 'start', sink)
  }

const doings: Record<FaultName, Doing> = {
  'kill -9': async ({ fleet }, name, lasts) => {
    await fleet.kill(name)
    await lasts()
    fleet.again(name)
  },
  SIGTERM: async ({ fleet }, name, lasts) => {
    await fleet.terminate(name)
    await lasts()
    fleet.again(name)
  },
  SIGSTOP: async ({ fleet }, name, lasts) => {
    fleet.freeze(name)
    await lasts()
    fleet.thaw(name)
  },
  'broker kill -9': async (world, target, lasts) => {
    await onBroker(world, target).kill()
    await lasts()
    await onBroker(world, target).start()
  },
  'broker restart': async (world, target, lasts) => {
    await onBroker(world, target).stop()
    await lasts()
    await onBroker(world, target).start()
  },
  'broker SIGSTOP': async (world, target, lasts) => {
    onBroker(world, target).freeze()
    await lasts()
    onBroker(world, target).thaw()
  },
  'vendor 503': vendorFault({ fault: '503' }),
  'vendor 403': vendorFault({ fault: '403' }),
  'vendor 429': vendorFault({ fault: '429', retryAfter: 2 }),
  'vendor slow': vendorFault({ fault: 'slow', ms: 1_500 }),
  'vendor hang': vendorFault({ fault: 'hang' }),
  'vendor reset': vendorFault({ fault: 'reset', times: 3 }),
  'third member': async ({ fleet }, sink, lasts) => {
    fleet.add(`${sink} c`, `sinks/${sink}`, {})
    await lasts()
    await fleet.remove(`${sink} c`)
  },
  'pause and start': operator('pause'),
  'stop and start': operator('stop'),
  'replay job': async ({ fleet, asked }, sink, lasts) => {
    const from = new Date(Date.now() - 30_000).toISOString()
    const answer = await command(fleet, 'replay', sink, '--from', from, '--to', 'latest', '--rate', '0', '--apply', '--json')
    asked(sink as SinkName, (JSON.parse(answer) as { events: number }).events)
    await lasts()
  },
}

/** Answers what went wrong, in words; undefined where nothing did. */
export async function carryOut(world: World, { fault, target, at, until }: Planned): Promise<string | undefined> {
  try {
    await doings[fault](world, target, () => pause(until - at))
    return undefined
  } catch (error) {
    return `${fault} of ${target}: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500)
  }
}
