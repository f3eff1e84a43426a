// The vendors of a soak, in a process of their own: tells its parent every id that arrives, and misbehaves as it is told.
import { start as startCloudWatch } from '../../../services/sinks/cloudwatch/stand-in/start.ts'
import { start as startPapertrail } from '../../../services/sinks/papertrail/stand-in/start.ts'
import { start as startSegment } from '../../../services/sinks/segment/stand-in/start.ts'
import { start as startSlack } from '../../../services/sandbox/slack/start.ts'
import type { Fault, StandIn } from '../../../services/sandbox/stand-in.ts'
import { vendorsEnv } from '../../support/vendors.ts'
import type { FromVendors, ToVendors } from '../vendors.ts'

const TELL_MS = 250

let waiting: Record<string, string[]> = {}
const told = (sink: string) => ({ fast: true, onEvent: ({ id }: { id: string }) => void (waiting[sink] ??= []).push(id) })
const [cloudwatch, segment, papertrail, slack] = await Promise.all([
  startCloudWatch(told('cloudwatch')),
  startSegment(told('segment')),
  startPapertrail(told('papertrail')),
  startSlack(),
])
const standIns: Record<string, StandIn> = { cloudwatch, segment, papertrail }
const tell = (message: FromVendors) => process.send?.(message)

process.on('message', ({ sink, fault }: ToVendors) => {
  if (fault) standIns[sink].misbehave(fault as Fault)
  else standIns[sink].behave()
})
// The parent is gone: nobody counts any more.
process.on('disconnect', () => process.exit(0))
setInterval(() => {
  const arrived = waiting
  waiting = {}
  // Segment knows a repeat by its messageId and throws it away.
  tell({ arrived, deduplicated: segment.received.counts.deduplicated ?? 0, messages: slack.received.total })
}, TELL_MS)
tell({
  env: { ...vendorsEnv({ cloudwatch, segment, papertrail }), SLACK_INCOMING_WEBHOOK: slack.origin },
})
