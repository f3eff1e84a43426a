// All stand-ins and the control page in one process.
import type { Lifecycle } from '../platform/lifecycle.ts'
import type { Settings } from '../platform/settings.ts'
import { startControl } from './control.ts'
import type { SandboxFields } from './fields.ts'
import { type FoundStandIn, loadStandIn } from './find.ts'
import type { StandIn } from './stand-in.ts'

/** What the sandbox tells about itself, for those who point services at it. */
export type SandboxAddresses = {
  control: { origin: string }
  /** By name: `origin`, `host`, `port`, and what else a service must know of that vendor, e.g. `caFile`. */
  standIns: Record<string, Record<string, string | number>>
}

/** Starts everything; what is open is closed with the lifecycle. */
export async function startSandbox(
  found: readonly FoundStandIn[],
  settings: Settings<SandboxFields>,
  lifecycle: Lifecycle,
): Promise<SandboxAddresses> {
  const { host, dir } = settings
  const standIns: StandIn[] = []
  for (const one of found) {
    const start = await loadStandIn(one)
    const standIn = await start({ host, port: settings[`${one.name}Port`], dir: dir || undefined })
    lifecycle.onClose(standIn.name, standIn.close)
    standIns.push(standIn)
  }
  const control = await startControl(standIns, settings.port, host)
  lifecycle.onClose('the control page', control.close)
  const addressOf = ({ origin, host, port, facts }: StandIn) => ({ origin, host, port, ...facts })
  return {
    control: { origin: `http://${host}:${control.port}` },
    standIns: Object.fromEntries(standIns.map((standIn) => [standIn.name, addressOf(standIn)])),
  }
}
