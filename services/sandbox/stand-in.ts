// What every stand-in of a vendor is: an address, what it received, and the faults it can show.
import type { Fault, FaultName, Faults } from './faults.ts'
import type { Received, Recorder, RecorderOptions } from './received.ts'

export type { Fault, FaultName } from './faults.ts'
export type { Received, ReceivedEvent, RefusedEvent } from './received.ts'

/** Where stand-ins listen unless told otherwise: on this machine only. */
export const HOST = '127.0.0.1'

export type StandInOptions = RecorderOptions & {
  /** 0 or not given: any free one. */
  port?: number
  /** Address or host name to listen on; HOST when not given. */
  host?: string
  /** Keeps what must be the same after a restart, such as certificates; a temporary folder, removed at the end, when not given. */
  dir?: string
}

export type StandIn = {
  name: string
  host: string
  port: number
  /** Where a sink is pointed at, e.g. `http://127.0.0.1:4566`. */
  origin: string
  /** What else a service must know of this vendor, by the name under which the sandbox announces it, e.g. `caFile`. */
  facts?: Readonly<Record<string, string | number>>
  received: Received
  /** The fault that the next request may meet. */
  readonly fault: Fault | undefined
  /**
   * Shows a fault from now on, instead of any other, for `times` requests or until `behave`.
   * @throws when this vendor cannot show it
   */
  misbehave: (fault: FaultName | Fault, times?: number) => void
  /** Clears the fault; what hangs because of it is let go. */
  behave: () => void
  /** As just started: counts, faults and what the vendor remembers are gone, the address stays. */
  reset: () => void
  close: () => Promise<void>
  /** For the control page: what it holds beside what it received, in words. */
  note?: () => string
  /** What else the control API can have it do, by name. What it answers is JSON. @throws with what is wrong with the input, in words */
  actions?: Readonly<Record<string, (input: Record<string, unknown>) => object | Promise<object>>>
}

/** The part that is the same for all: name, address, counts and faults put together. */
export function standIn(
  name: string,
  address: { host: string; port: number; origin: string; close: () => Promise<void> },
  recorder: Recorder,
  faults: Faults,
  forget?: () => void,
): StandIn {
  return {
    name,
    host: address.host,
    port: address.port,
    origin: address.origin,
    received: recorder.received,
    get fault() {
      return faults.current
    },
    misbehave: faults.set,
    behave: faults.clear,
    reset() {
      faults.clear()
      recorder.reset()
      forget?.()
    },
    close() {
      faults.clear()
      return address.close()
    },
  }
}
