// The jobs of a sink, as control records ask for them: begun, paused with the sink, ended. Replays go one after another, redrives too.
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
/** Every member has read a job's last record within this time after the job's group was deleted. */
const RECORD_COMES_MS = 3_000
/** Of jobs that ended before this start: their groups may be left over from a crash. */
const TIDY_JOBS = 20

export type JobOptions = JobSink & {
  producer: TopicProducer
  /** As in control records, `segment` or `segment.sandbox`. */
  service: string
  instance: string
}

export const runJobs = (options: JobOptions): Jobs => new Jobs(options)

export class Jobs {
  readonly #options: JobOptions
  readonly #running = new Map<string, RunningJob>()
  /** Jobs that have ended and whose groups are being deleted. */
  readonly #finishing = new Set<string>()
  readonly #stopping = new AbortController()
  readonly #timer: NodeJS.Timeout
  #jobs: JobRecord[] = []
  #state: DesiredState = 'stopped'
  #tidied = false
  #turn: Promise<void> = Promise.resolve()

  constructor(options: JobOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
  }

  /** What operators want now; called with every change of the control topic. Jobs deliver only while the sink is to run. */
  heed(records: ControlRecords, state: DesiredState): void {
    this.#jobs = jobsOf(records, this.#options.service)
    this.#state = state
    this.#look()
  }

  /** Leaves all jobs where they are: the next start goes on there. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#stopping.abort()
    await this.#turn
    await Promise.all([...this.#running.values()].map((job) => job.close()))
    this.#running.clear()
  }

  /** One look at a time; a look that fails is followed by the next. */
  #look(): void {
    this.#turn = this.#turn.then(() =>
      this.#reconcile().catch((error) =>
        this.#options.log.warn({ error: errorText(error) }, 'jobs are waiting: Kafka or the vendor refused; retrying'),
      ),
    )
  }

  async #reconcile(): Promise<void> {
    if (this.#stopping.signal.aborted || this.#jobs.length + this.#running.size === 0) return
    const due = [...this.#firstOpen('replay'), ...this.#firstOpen('redrive')]
    for (const [id, job] of this.#running) if (!due.some((one) => one.id === id)) await this.#leave(id, job)
    for (const job of this.#jobs) if (job.state === 'cancelled' && job.ended_at === '') void this.#finish(job.id, false)
    for (const job of due) {
      if (this.#state !== 'stopped' && !this.#running.has(job.id)) await this.#begin(job)
      const under = this.#running.get(job.id)
      under?.setPaused(this.#state !== 'running')
      if (under?.first()) await this.#endIfDone(job)
    }
    if (!this.#tidied) await this.#tidy()
  }

  #firstOpen(kind: JobRecord['kind']): JobRecord[] {
    return this.#jobs.filter((job) => job.kind === kind && isOpen(job)).slice(0, 1)
  }

  async #begin(job: JobRecord): Promise<void> {
    const { client, log } = this.#options
    const others = this.#jobs.filter(({ kind, id }) => kind === 'redrive' && id !== job.id)
    // One that has not ended owns what it came to; two can be open only where two operators asked in the same moment.
    const earlier = await Promise.all(
      others.map(async (one) => (isOpen(one) ? { ...one, ranges: (await jobProgress(client, one)).ranges } : one)),
    )
    const started = await startJob(this.#options, job, earlier, {
      troubled: ({ kind, reason, message }) => this.#report(job, kind === 'hold' ? 'held' : 'failed', `${reason}: ${message}`),
      recovered: () => this.#report(job, 'recovered', ''),
      crashed: (error) => {
        log.error({ job: job.id, error: errorText(error) }, 'the consumer of a job stopped; restarting it where it was')
        const dead = this.#running.get(job.id)
        this.#running.delete(job.id)
        dead?.close().catch((failure) => log.debug({ job: job.id, error: errorText(failure) }, 'not closed properly'))
      },
    })
    this.#running.set(job.id, started)
    const events = job.ranges.reduce((count, { from, to }) => count + to - from, 0)
    log.info({ job: job.id, kind: job.kind, by: job.by, events }, 'job started')
  }

  async #endIfDone(job: JobRecord): Promise<void> {
    const { client, producer, log } = this.#options
    const progress = await jobProgress(client, job)
    if (progress.done < progress.total) return
    const done = endedJob(job, 'done', progress, new Date())
    await publishControl(client, producer, jobKey(job), done)
    const { delivered, failed } = progress
    log.info({ job: job.id, delivered, failed }, failed > 0 ? 'job done; what failed is in the dead letters' : 'job done')
    this.#report(job, 'success', '', progress)
    // The record comes back through `heed`; the members leave then.
    this.#jobs = this.#jobs.map((one) => (one.id === job.id ? done : one))
    const under = this.#running.get(job.id)
    if (under) await this.#leave(job.id, under)
  }

  async #leave(id: string, job: RunningJob): Promise<void> {
    this.#running.delete(id)
    await job.close()
    if (!this.#jobs.some((one) => one.id === id && isOpen(one))) void this.#finish(id, true)
  }

  /** Of a job that ended: says how far it came where nobody did yet, and deletes its group, as soon as all members have left. */
  async #finish(id: string, wasMember: boolean): Promise<void> {
    if (this.#finishing.has(id)) return
    this.#finishing.add(id)
    const { log } = this.#options
    try {
      const began = performance.now()
      for (; performance.now() < began + EMPTY_MS; await sleep(LOOK_MS / 4, this.#stopping.signal)) {
        if (this.#stopping.signal.aborted) return
        if (await this.#isGone(id, wasMember && performance.now() < began + RECORD_COMES_MS)) return
      }
      log.warn({ job: id }, 'the group of a job that has ended still has members; the next start deletes it')
    } catch (error) {
      log.warn({ job: id, error: errorText(error) }, 'a job has ended but its group is still there; the next start deletes it')
    } finally {
      this.#finishing.delete(id)
    }
  }

  /** Whether nothing is left to do for a job that has ended. @param recordMayCome another member may have written its end */
  async #isGone(id: string, recordMayCome: boolean): Promise<boolean> {
    const { client, producer, log } = this.#options
    const job = this.#jobs.find((one) => one.id === id)
    if (!job || isOpen(job)) return true
    const { group } = jobPlace(client, job)
    const [{ members, state }] = await describeGroups(client, [group])
    if (members.length > 0) return false
    if (job.ended_at === '') {
      // No group: another member ended the job and deleted it (its record is on the way), or nobody ever committed.
      if (state === 'Dead' && recordMayCome) return false
      const progress = await jobProgress(client, job)
      const [now] = await describeGroups(client, [group])
      if (now.state !== state) return false
      await publishControl(client, producer, jobKey(job), endedJob(job, 'cancelled', progress, new Date()))
      log.info({ job: id, delivered: progress.delivered, done: progress.done, of: progress.total }, 'job cancelled')
    }
    return state === 'Dead' || deleteGroup(client, group)
  }

  /** Groups of ended jobs that a crash left behind. */
  async #tidy(): Promise<void> {
    const { client } = this.#options
    const ended = this.#jobs.filter((job) => job.ended_at !== '').slice(-TIDY_JOBS)
    const groups = ended.map((job) => jobPlace(client, job).group)
    for (const { group, state } of await describeGroups(client, groups)) if (state === 'Empty') await deleteGroup(client, group)
    this.#tidied = true
  }

  /** In the reports topic, so that whoever watches the sink hears of its jobs too. */
  #report(job: JobRecord, status: ReportStatus, error: string, counts = { delivered: 0, failed: 0, leftOut: 0 }): void {
    const { client, producer, service, instance, log } = this.#options
    const { delivered, failed, leftOut } = counts
    const told = newReport({
      service,
      instance,
      run: `job-${job.id}`,
      status,
      started_at: job.at,
      ended_at: new Date().toISOString(),
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
}
