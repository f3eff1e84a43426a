// The jobs of a sink, as control records wish them: begun, paused with the sink, ended. Replays go one after another, redrives too.
//
// wanted --all ranges done--> done        written by the one member that has the first range
//    └----an operator------> cancelled    ended when all members have left: then it is said how far it came
// Only when the record says that it has ended, and how far it came, its group is deleted.
import { errorText } from '../../platform/errors.ts'
import { sleep } from '../../platform/lifecycle.ts'
import { type ControlRecords, type DesiredState, type JobRecord, publishControl } from '../../topics/control.ts'
import { deleteGroup, describeGroups } from '../../topics/groups.ts'
import { endedJob, isOpen, jobKey, jobPlace, jobProgress, jobsOf } from '../../topics/jobs.ts'
import type { TopicProducer } from '../../topics/produce.ts'
import { publishReport } from '../../topics/reports.ts'
import { newReport, type ReportStatus } from '../../topics/records.ts'
import { type JobSink, type RunningJob, startJob } from './job.ts'

/** How often it is asked whether a job is done, and a start that failed is tried again. */
const LOOK_MS = 1_000
/** Members leave a job that has ended within a session's timeout, also those that were killed. */
const EMPTY_MS = 30_000
/** A record written before a group was deleted has come to every member this long after. */
const RECORD_COMES_MS = 3_000
/** Of jobs that ended before this start: their groups may be left over from a crash. */
const TIDY_JOBS = 20

export type Jobs = {
  /** What operators wish now; called with every change of the control topic. Jobs deliver only while the sink is wished to run. */
  heed: (records: ControlRecords, state: DesiredState) => void
  /** Leaves all jobs where they are: the next start goes on there. */
  close: () => Promise<void>
}

/** @param options service: as in control records, `segment` or `segment.sandbox` */
export function runJobs(options: JobSink & { producer: TopicProducer; service: string; instance: string }): Jobs {
  const { client, producer, service, instance, log } = options
  const running = new Map<string, RunningJob>()
  const finishing = new Set<string>()
  const stopping = new AbortController()
  let jobs: JobRecord[] = []
  let state: DesiredState = 'stopped'
  let tidied = false
  let turn: Promise<void> = Promise.resolve()
  const timer = setInterval(() => void look(), LOOK_MS)

  /** One look at a time; a look that fails is followed by the next. */
  const look = () =>
    (turn = turn.then(reconcile).catch((error) => log.warn({ error: errorText(error) }, 'jobs wait: Kafka or the sink refused')))

  async function reconcile(): Promise<void> {
    if (stopping.signal.aborted || jobs.length + running.size === 0) return
    const due = [...firstOpen('replay'), ...firstOpen('redrive')]
    for (const [id, job] of running) if (!due.some((one) => one.id === id)) await leave(id, job)
    for (const job of jobs) {
      if (job.state === 'cancelled' && job.ended_at === '' && !finishing.has(job.id)) void finish(job.id, false)
    }
    for (const job of due) {
      if (state !== 'stopped' && !running.has(job.id)) await begin(job)
      const under = running.get(job.id)
      under?.setPaused(state !== 'running')
      if (under?.first()) await endIfDone(job)
    }
    if (!tidied) await tidy()
  }

  const firstOpen = (kind: JobRecord['kind']) => jobs.filter((job) => job.kind === kind && isOpen(job)).slice(0, 1)

  async function begin(job: JobRecord): Promise<void> {
    const others = jobs.filter(({ kind, id }) => kind === 'redrive' && id !== job.id)
    // One that has not ended owns what it came to; two can be open only where two operators asked in the same moment.
    const earlier = await Promise.all(
      others.map(async (one) => (isOpen(one) ? { ...one, ranges: (await jobProgress(client, one)).ranges } : one)),
    )
    const started = await startJob(options, job, earlier, {
      troubled: ({ kind, reason, message }) => report(job, kind === 'hold' ? 'held' : 'failed', `${reason}: ${message}`),
      recovered: () => report(job, 'recovered', ''),
      crashed: (error) => {
        log.error({ job: job.id, error: errorText(error) }, 'the consumer of a job ended; it is begun again where it was')
        const dead = running.get(job.id)
        running.delete(job.id)
        void dead?.close().catch(() => {})
      },
    })
    running.set(job.id, started)
    log.info({ job: job.id, kind: job.kind, by: job.by, events: job.ranges.reduce((n, r) => n + r.to - r.from, 0) }, 'job begun')
  }

  async function endIfDone(job: JobRecord): Promise<void> {
    const progress = await jobProgress(client, job)
    if (progress.done < progress.total) return
    await publishControl(client, producer, jobKey(job), endedJob(job, 'done', progress, new Date()))
    const { delivered, failed } = progress
    log.info({ job: job.id, delivered, failed }, failed > 0 ? 'job done; what failed is in the dead letters' : 'job done')
    report(job, 'success', '', progress)
    // The record comes back through `heed`; the members leave then.
    jobs = jobs.map((one) => (one.id === job.id ? endedJob(job, 'done', progress, new Date()) : one))
    const under = running.get(job.id)
    if (under) await leave(job.id, under)
  }

  async function leave(id: string, job: RunningJob): Promise<void> {
    running.delete(id)
    await job.close()
    if (!jobs.some((one) => one.id === id && isOpen(one))) void finish(id, true)
  }

  /** Of a job that ended: says how far it came where nobody did yet, and deletes its group, as soon as all members have left. */
  async function finish(id: string, wasMember: boolean): Promise<void> {
    if (finishing.has(id)) return
    finishing.add(id)
    try {
      const began = Date.now()
      for (; Date.now() < began + EMPTY_MS; await sleep(LOOK_MS / 4, stopping.signal)) {
        const job = jobs.find((one) => one.id === id)
        if (!job || isOpen(job) || stopping.signal.aborted) return
        const { group } = jobPlace(client, job)
        const [{ members, state }] = await describeGroups(client, [group])
        if (members.length > 0) continue
        if (job.ended_at === '') {
          // Gone: another member ended it, and its record is on the way; unless nothing was ever committed.
          if (state === 'Dead' && wasMember && Date.now() < began + RECORD_COMES_MS) continue
          const progress = await jobProgress(client, job)
          const [now] = await describeGroups(client, [group])
          if (now.state !== state) continue
          await publishControl(client, producer, jobKey(job), endedJob(job, 'cancelled', progress, new Date()))
          log.info({ job: id, delivered: progress.delivered, done: progress.done, of: progress.total }, 'job cancelled')
        }
        if (state === 'Dead' || (await deleteGroup(client, group))) return
      }
      log.warn({ job: id }, 'the group of a job that has ended still has members; the next start deletes it')
    } catch (error) {
      log.warn({ job: id, error: errorText(error) }, 'a job has ended but its group is still there; the next start deletes it')
    } finally {
      finishing.delete(id)
    }
  }

  /** Groups of ended jobs that a crash left behind. */
  async function tidy(): Promise<void> {
    const ended = jobs.filter((job) => job.ended_at !== '').slice(-TIDY_JOBS)
    const groups = ended.map((job) => jobPlace(client, job).group)
    for (const { group, state } of await describeGroups(client, groups)) if (state === 'Empty') await deleteGroup(client, group)
    tidied = true
  }

  /** In the reports topic, so that whoever watches the sink hears of its jobs too. */
  function report(job: JobRecord, status: ReportStatus, error: string, counts = { delivered: 0, failed: 0, leftOut: 0 }): void {
    const { delivered, failed, leftOut } = counts
    const at = new Date().toISOString()
    const told = newReport({
      service,
      instance,
      run: `job-${job.id}`,
      status,
      started_at: job.at,
      ended_at: at,
      processed: delivered + failed + leftOut,
      delivered,
      filtered: leftOut,
      dead_lettered: failed,
      error,
    })
    publishReport(client, producer, told).catch((failure) =>
      log.warn({ error: errorText(failure) }, 'the report of a job could not be written'),
    )
  }

  return {
    heed(records, wished) {
      jobs = jobsOf(records, service)
      state = wished
      void look()
    },
    async close() {
      clearInterval(timer)
      stopping.abort()
      await turn
      await Promise.all([...running.values()].map((job) => job.close()))
      running.clear()
    },
  }
}
