// All stand-ins and the control page in one process.
import type { Lifecycle } from '../platform/lifecycle.ts'
import type { Settings } from '../platform/settings.ts'
import { type Auth0StandIn, startAuth0 } from './auth0.ts'
import { startCloudWatch } from './cloudwatch.ts'
import { startControl } from './control.ts'
import type { sandboxFields } from './fields.ts'
import { type Papertrail, startPapertrail } from './papertrail.ts'
import { startSegment } from './segment.ts'
import { startSlack } from './slack.ts'
import type { StandIn } from './stand-in.ts'

/** What the sandbox tells about itself, for those who point services at it. */
export type SandboxAddresses = {
  control: { origin: string }
  standIns: Record<string, Address>
}

type Address = { origin: string; host: string; port: number } & Partial<
  Pick<Papertrail, 'tcpPort' | 'udpPort' | 'caFile'> & Pick<Auth0StandIn, 'domain' | 'clientId' | 'clientSecret'>
>

type AnyStandIn = StandIn | Papertrail | Auth0StandIn

/** Starts everything; what is open is closed with the lifecycle. */
export async function startSandbox(settings: Settings<typeof sandboxFields>, lifecycle: Lifecycle): Promise<SandboxAddresses> {
  const standIns: AnyStandIn[] = []
  async function add(starting: Promise<AnyStandIn>): Promise<void> {
    const standIn = await starting
    lifecycle.onClose(standIn.name, standIn.close)
    standIns.push(standIn)
  }
  const { host } = settings
  await add(startCloudWatch({ host, port: settings.cloudwatchPort }))
  await add(startSegment({ host, port: settings.segmentPort }))
  await add(startPapertrail({ host, port: settings.papertrailPort, dir: settings.dir || undefined }))
  await add(startSlack({ host, port: settings.slackPort }))
  await add(startAuth0({ host, port: settings.auth0Port }))
  const control = await startControl(standIns, settings.port, host)
  lifecycle.onClose('the control page', control.close)
  return {
    control: { origin: `http://${host}:${control.port}` },
    standIns: Object.fromEntries(standIns.map((standIn) => [standIn.name, addressOf(standIn)])),
  }
}

function addressOf(standIn: AnyStandIn): Address {
  const { origin, host, port } = standIn
  if ('caFile' in standIn) {
    const { tcpPort, udpPort, caFile } = standIn
    return { origin, host, port, tcpPort, udpPort, caFile }
  }
  if ('domain' in standIn) {
    const { domain, clientId, clientSecret } = standIn
    return { origin, host, port, domain, clientId, clientSecret }
  }
  return { origin, host, port }
}
