// What the console knows of Kafka, and tells its pages of: services, runs, audit records, events as they arrive. One of each for all pages.
import { errorText } from '../platform/errors.ts'
import { type Lifecycle, sleep } from '../platform/lifecycle.ts'
import type { KafkaClient } from '../topics/client.ts'
import { type ControlRecords, followControl } from '../topics/control.ts'
import { logRanges, offsetsAt } from '../topics/groups.ts'
import { topicNames } from '../topics/names.ts'
import { type NotUnderstood, notUnderstood } from '../topics/not-understood.ts'
import { followTopic, type TopicRecord } from '../topics/read.ts'
import { parse, type Told } from '../topics/reports.ts'
import { createAuditTrail, createRunIndex } from './history.ts'
import { createLive } from './live.ts'
import { loggedOut } from './sessions.ts'
import { withLastRuns } from './status-routes.ts'
import { watchStatus } from './status-watch.ts'
import { frame, type Stream } from './streams.ts'

/** Runs and audit records that are read back at start. */
const MOST_REPORTS = 100_000
/** The status is made from the newest of them. */
const MOST_TOLD = 2_000
const AGAIN_MS = 2_000
/** Nothing comes for so long although offsets are left: there are no records behind them (markers of a transaction, compaction). */
const QUIET_MS = 3_000

export type KafkaView = ReturnType<typeof viewKafka>

/** @param met resolves when Kafka has been met and the topics are there */
export function viewKafka(options: {
  client: KafkaClient
  lifecycle: Pick<Lifecycle, 'signal' | 'onClose'>
  met: Promise<void>
  /** How far back logouts count. */
  sessionMs: number
  /** A session was logged out, here or at another console. */
  onLogout: (session: { id: string; end: number }) => void
}) {
  const { client, lifecycle, met, sessionMs, onLogout } = options
  const updates = new Set<Stream>()
  const index = createRunIndex(MOST_REPORTS)
  const audit = createAuditTrail()
  const told: Told[] = []
  const tell = (event: string, data: object) => {
    if (updates.size === 0) return
    const bytes = frame(event, data)
    for (const stream of updates) stream.send(bytes, 1)
  }
  function take(one: Told, isNew: boolean): void {
    const ended = one.kind === 'audit' ? loggedOut(one.audit) : undefined
    if (ended) return onLogout(ended)
    const run = index.add(one)
    const record = audit.add(one)
    told.push(one)
    if (told.length > MOST_TOLD * 1.5) told.splice(0, told.length - MOST_TOLD)
    if (isNew && run) tell('run', run)
    if (isNew && record) tell('audit', record)
  }
  const following = { client, lifecycle, met }
  const reports = followReports(following, take, sessionMs)
  const control = followAllControl(following, () => watch.hurry())
  const watch = watchStatus({
    client,
    control: control.records,
    told: () => told,
    leftOut: reports.leftOut,
    watched: () => updates.size > 0,
    changed: (status) => tell('status', withLastRuns(status, index)),
    signal: lifecycle.signal,
  })
  void Promise.all([control.ready, reports.ready]).then(watch.hurry)
  const topic = topicNames.events(client.settings.prefix)
  const live = createLive(async (onRecord, lost) => {
    const ends = await logRanges(client, topic)
    return followTopic(client, 'live', topic, new Map(ends.map(({ partition, end }) => [partition, end])), onRecord, lost)
  }, client.log)
  lifecycle.onClose('live', live.close)
  return {
    live,
    index,
    audit,
    watch,
    control: control.records,
    reportsRead: reports.areRead,
    isReady: () => reports.areRead() && control.records() !== undefined,
    joinUpdates(stream: Stream) {
      updates.add(stream)
      stream.onClose(() => updates.delete(stream))
      const status = watch.last()
      if (status) stream.send(frame('status', withLastRuns(status, index)), 0)
      watch.hurry()
    },
  }
}

type Following = { client: KafkaClient; lifecycle: Pick<Lifecycle, 'signal' | 'onClose'>; met: Promise<void> }
type Reader = { close: () => Promise<void> }

/** Opens a reader that ends only by being lost, again and again until the service closes. @param open resolves when it follows */
function keepOpen(
  what: string,
  { client: { log }, lifecycle: { signal, onClose }, met }: Following,
  open: (lost: (error: Error) => void) => Promise<Reader>,
): void {
  const closing = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))

  async function follow(): Promise<void> {
    const lost = Promise.withResolvers<never>()
    // It may be lost before anybody waits for that.
    lost.promise.catch(() => {})
    const opening = open(lost.reject)
    const reader = await Promise.race([opening, closing])
    if (!reader) return void opening.then((late) => late.close()).catch(() => {})
    await Promise.race([lost.promise, closing]).finally(reader.close)
  }
  async function followUntilClosed(): Promise<void> {
    await Promise.race([met, closing])
    while (!signal.aborted) {
      try {
        await follow()
      } catch (error) {
        if (signal.aborted) return
        log.warn({ error: errorText(error) }, `${what} cannot be read; the console tries again and shows what it knew`)
        await sleep(AGAIN_MS, signal)
      }
    }
  }
  // All readers close at once, as soon as closing begins.
  const ended = followUntilClosed()
  onClose(what, () => ended)
}

/**
 * The newest reports and audit records, at least those of `sinceMs`, then every later one. `ready` resolves when the first are read.
 * A record that is not understood is left out, and that is logged once.
 */
function followReports(following: Following, take: (told: Told, isNew: boolean) => void, sinceMs: number) {
  const { client } = following
  const { log } = client
  const topic = topicNames.reports(client.settings.prefix)
  const ready = Promise.withResolvers<void>()
  let areRead = false
  let next: number | undefined
  let oldEnd = 0
  let lastCame = Date.now()
  /** As many of the newest records are looked at as the status is made from: what is older is no news. */
  let leftOut: NotUnderstood[] = []
  let wasTold = false
  const isRead = () => {
    areRead = true
    ready.resolve()
  }
  function onRecord(record: TopicRecord): void {
    lastCame = Date.now()
    next = record.offset + 1
    try {
      const one = parse(record, (problem, json) => leave(record, problem, json))
      if (one) take(one, record.offset >= oldEnd)
    } catch (error) {
      leave(record, errorText(error))
    }
    if (next >= oldEnd) isRead()
  }
  function leave(record: TopicRecord, problem: string, json?: unknown): void {
    const one = notUnderstood({ topic, ...record }, problem, json)
    leftOut.push(one)
    if (leftOut.length > 2 * MOST_TOLD) leftOut = newest()
    log[wasTold ? 'debug' : 'warn'](
      one,
      'a record of the reports topic is not understood and left out; later ones are logged at debug, the page of jobs counts them',
    )
    wasTold = true
  }
  const newest = () => leftOut.filter(({ offset }) => offset >= (next ?? 0) - MOST_TOLD)
  keepOpen('the reports', following, async (lost) => {
    const [{ start, end }] = await logRanges(client, topic)
    if (next === undefined) oldEnd = end
    const since = (await offsetsAt(client, topic, Date.now() - sinceMs)).get(0) ?? end
    const from = Math.max(next ?? Math.min(end - MOST_REPORTS, since), start)
    if (from >= end) isRead()
    lastCame = Date.now()
    const reading = await followTopic(client, 'console', topic, new Map([[0, from]]), onRecord, lost)
    const quiet = setInterval(() => {
      if (!areRead && Date.now() - lastCame > QUIET_MS) isRead()
      if (areRead) clearInterval(quiet)
    }, QUIET_MS / 3)
    return {
      close() {
        clearInterval(quiet)
        return reading.close()
      },
    }
  })
  const counted = () => {
    leftOut = newest()
    return { count: leftOut.length, records: leftOut }
  }
  return { ready: ready.promise, areRead: () => areRead, leftOut: counted }
}

/** What the control topic says now, as long as the console runs. */
function followAllControl(following: Following, changed: () => void) {
  const ready = Promise.withResolvers<void>()
  let records: ControlRecords | undefined
  keepOpen('the control topic', following, async (lost) => {
    const reading = await followControl(following.client, 'console', () => changed(), lost)
    records = reading.records
    ready.resolve()
    changed()
    return reading
  })
  return { records: () => records, ready: ready.promise }
}
