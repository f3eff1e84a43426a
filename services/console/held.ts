// What the console holds of Kafka, and tells its pages of: services, runs, audit records, events as they arrive.
import type { Lifecycle } from '../platform/lifecycle.ts'
import type { KafkaClient } from '../topics/client.ts'
import { logRanges } from '../topics/groups.ts'
import { topicNames } from '../topics/names.ts'
import { followTopic } from '../topics/read.ts'
import type { Told } from '../topics/reports.ts'
import { createAuditTrail } from './audit-trail.ts'
import { followAllControl, followAllReports } from './followed.ts'
import { createLive } from './live.ts'
import { createRunIndex } from './run-index.ts'
import { withLastRuns } from './status-routes.ts'
import { watchStatus } from './status-watch.ts'
import { createStreams, frame, type Stream } from './stream.ts'

/** Runs and audit records that are read back at start. */
const MOST_REPORTS = 100_000
/** The status is made from the newest of them. */
const MOST_TOLD = 2_000

export type Held = ReturnType<typeof holdOfKafka>

/** One of each for all pages together, kept up to date from when `met` resolves. */
export function holdOfKafka(client: KafkaClient, lifecycle: Lifecycle, met: Promise<void>) {
  const { prefix } = client.settings
  const streams = createStreams()
  const updates = new Set<Stream>()
  const index = createRunIndex(MOST_REPORTS)
  const audit = createAuditTrail()
  const told: Told[] = []
  let reportsRead = false
  const tell = (event: string, data: object) => {
    if (updates.size === 0) return
    const bytes = frame(event, data)
    for (const stream of updates) stream.send(bytes, 1)
  }
  const onTold = (one: Told, isNew: boolean) => {
    told.push(one)
    if (told.length > MOST_TOLD * 1.5) told.splice(0, told.length - MOST_TOLD)
    const run = index.add(one)
    const record = audit.add(one)
    if (isNew && run) tell('run', run)
    if (isNew && record) tell('audit', record)
  }
  const { records, ready: controlRead } = followAllControl({ client, lifecycle, met }, () => watch.hurry())
  const reports = followAllReports({ client, lifecycle, met }, onTold, MOST_REPORTS)
  void reports.ready.then(() => (reportsRead = true))
  const watch = watchStatus({
    client,
    control: records,
    told: () => told,
    watched: () => updates.size > 0,
    changed: (status) => tell('status', withLastRuns(status, index)),
    signal: lifecycle.signal,
  })
  void Promise.all([controlRead, reports.ready]).then(watch.hurry)
  const topic = topicNames.events(prefix)
  const live = createLive(async (take, lost) => {
    const ends = await logRanges(client, topic)
    return followTopic(client, 'live', topic, new Map(ends.map(({ partition, end }) => [partition, end])), take, lost)
  }, client.log)
  lifecycle.onClose('live', live.close)
  return {
    streams,
    live,
    index,
    audit,
    watch,
    control: records,
    reportsRead: () => reportsRead,
    isReady: () => reportsRead && records() !== undefined,
    joinUpdates(stream: Stream) {
      updates.add(stream)
      stream.onClose(() => updates.delete(stream))
      const status = watch.last()
      if (status) stream.send(frame('status', withLastRuns(status, index)), 0)
      watch.hurry()
    },
  }
}
