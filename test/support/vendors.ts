// The three vendors' stand-ins, and what arrived at each: every id and how often it came.
import { start as startCloudWatch } from '../../services/sinks/cloudwatch/stand-in/start.ts'
import { start as startPapertrail } from '../../services/sinks/papertrail/stand-in/start.ts'
import { start as startSegment } from '../../services/sinks/segment/stand-in/start.ts'

export const SINKS = ['cloudwatch', 'segment', 'papertrail'] as const
export type SinkName = (typeof SINKS)[number]

export type Vendors = Awaited<ReturnType<typeof openVendors>>

type StandIns = {
  cloudwatch: { origin: string }
  segment: { origin: string }
  papertrail: Awaited<ReturnType<typeof startPapertrail>>
}

export async function openVendors() {
  const times = new Map(SINKS.map((sink) => [sink, new Map<string, number>()]))
  const count = (sink: SinkName) => {
    const ids = times.get(sink)!
    return { fast: true, onEvent: ({ id }: { id: string }) => void ids.set(id, (ids.get(id) ?? 0) + 1) }
  }
  const [cloudwatch, segment, papertrail] = await Promise.all([
    startCloudWatch(count('cloudwatch')),
    startSegment(count('segment')),
    startPapertrail(count('papertrail')),
  ])
  const standIns = { cloudwatch, segment, papertrail }
  return {
    ...standIns,
    /** Every id that arrived, with how often. */
    arrived: (sink: SinkName): ReadonlyMap<string, number> => times.get(sink)!,
    /** How many arrivals were of an event that had arrived before. */
    repeats(sink: SinkName): number {
      const again = [...times.get(sink)!.values()].reduce((sum, count) => sum + count - 1, 0)
      // Segment knows a repeat by its messageId and throws it away.
      return again + (standIns[sink].received.counts.deduplicated ?? 0)
    },
    env: vendorsEnv(standIns),
    close: async () => void (await Promise.all(Object.values(standIns).map((standIn) => standIn.close()))),
  }
}

/** What the sinks need to reach the stand-ins. */
export const vendorsEnv = ({ cloudwatch, segment, papertrail }: StandIns) => ({
  CLOUDWATCH_LOG_GROUP_NAME: 'group',
  CLOUDWATCH_LOG_STREAM_NAME: 'stream',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: cloudwatch.origin,
  SEGMENT_KEY: 'key',
  SEGMENT_HOST: segment.origin,
  PAPERTRAIL_HOST: papertrail.host,
  PAPERTRAIL_PORT: String(papertrail.port),
  PAPERTRAIL_CA_FILE: papertrail.caFile,
})
