// The sandbox as `npm start` sees it: a service that announces its stand-ins in one JSON line on stdout.
import { sleep } from '../platform/lifecycle.ts'
import type { StandIn } from './check.ts'
import type { OnLine } from './child.ts'
import type { Service } from './supervise.ts'

export type Announcement = { control: { origin: string }; standIns: Record<string, StandIn> }

export type Sandbox = {
  service: Service
  /** What it announced last. */
  current: () => Announcement | undefined
  /** Settles when it has announced its stand-ins; also when it does not in time. */
  announced: (signal: AbortSignal) => Promise<void>
}

const announceLimitMs = 20_000

/** @param onMove told when a sandbox that died and came back has other addresses than before */
export function startSandbox(start: (onLine: OnLine) => Service, onLine: OnLine, onMove: () => void): Sandbox {
  let current: Announcement | undefined
  const service = start((line, stream) => {
    const heard = stream === 'stdout' ? readAnnouncement(line) : undefined
    if (!heard) return onLine(line, stream)
    const moved = current !== undefined && JSON.stringify(current) !== JSON.stringify(heard)
    current = heard
    if (moved) onMove()
  })
  return {
    service,
    current: () => current,
    announced: async (signal) => {
      const deadline = Date.now() + announceLimitMs
      const waiting = () => current === undefined && service.state() !== 'refused' && Date.now() < deadline && !signal.aborted
      while (waiting()) await sleep(50, signal)
    },
  }
}

/** `{"sandbox":{"control":{"origin":…},"standIns":{"cloudwatch":{"origin":…,"host":…,"port":…},…}}}` */
export function readAnnouncement(line: string): Announcement | undefined {
  if (!line.startsWith('{"sandbox"')) return undefined
  try {
    const { sandbox } = JSON.parse(line) as { sandbox?: Partial<Announcement> }
    return sandbox?.control && sandbox.standIns ? (sandbox as Announcement) : undefined
  } catch {
    return undefined
  }
}
