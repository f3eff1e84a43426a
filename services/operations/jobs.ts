// `jobs list`, `jobs show`, `jobs cancel`: work beside the live groups, how far it is, and who asked for it.
import { sleep } from '../platform/lifecycle.ts'
import { type ControlRecords, type JobRecord, publishControl, readControl } from '../topics/control.ts'
import { deleteGroup, describeGroups } from '../topics/groups.ts'
import { endedJob, isOpen, jobKey, jobPlace, jobProgress, sinkOf } from '../topics/jobs.ts'
import { readReports } from '../topics/reports.ts'
import { adviceOf } from './advice.ts'
import { backfillProgress } from './backfill.ts'
import { desiredState, type Known, knownServices } from './services.ts'
import { type Context, type Operation, quoted, Refusal, WrongUse } from './operation.ts'

/** How far a job is. Counts of events, of a proof hours; times ISO 8601. */
export type JobRow = {
  id: string
  sink: string
  kind: JobRecord['kind']
  /** `waiting`: wanted, and no member of the sink is at it. */
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'
  done: number
  total: number
  /** What `done` and `total` count; a backfill's are minutes of the tenant's log. */
  unit: 'events' | 'minutes'
  /** Of a redrive: which dead letters it asks for, in words; empty for all of its range. */
  only: string
  /** Why it does not go on and what has to happen first, a sentence; empty where it does or has ended. */
  waits: string
  /** Of a backfill: published into the topic. */
  delivered: number
  /** Became dead letters. */
  failed: number
  /** Filtered, or not asked for. */
  leftOut: number
  /** Asked for, a second; 0 without a limit. */
  rate: number
  /** Seen, a second, from when it was asked for. */
  perSecond: number
  members: number
  by: string
  since: string
  endedAt: string
  from: string
  to: string
  error: string
}

/** What is listed: an acknowledgement or a reset is no work that goes on. */
const KINDS = ['replay', 'redrive', 'backfill'] as const satisfies JobRecord['kind'][]
const CANCEL_MS = 15_000
/** No member of the sink took notice of the cancelling so long after: none runs. */
const NOBODY_MS = 4_000
const LOOK_MS = 250
/** Where the last words on a job are looked for. */
const REPORTS = 1_000

const id = { meaning: 'id of the job', kind: 'text', required: true, positional: true } as const

export const jobsList: Operation = {
  name: 'jobs list',
  summary: 'replays, redrives and backfills with their progress, newest first',
  role: 'viewer',
  inputs: {
    sink: { meaning: 'only of this service', kind: 'text', positional: true, suggest: 'sink' },
    kind: { meaning: `only of these kinds, comma-separated: ${KINDS.join(', ')}`, kind: 'list' },
    open: { meaning: 'only those that have not ended', kind: 'boolean', default: false },
    limit: { meaning: 'rows on a page', kind: 'integer', default: 20 },
    page: { meaning: 'which page, from 1', kind: 'integer', default: 1 },
  },
  examples: ['auth0-logs jobs list', 'auth0-logs jobs list segment --open'],
  async run({ client }, { sink, kind, open, limit, page }) {
    const kinds = kindsOf(kind as string[] | undefined)
    const control = await readControl(client, 'jobs')
    const fits = allJobs(control).filter(
      (job) =>
        kinds.includes(job.kind) &&
        (!open || isOpen(job)) &&
        (sink === undefined || sinkOf(job.service) === sink || job.service === sink),
    )
    const first = (Math.max(1, Number(page)) - 1) * Number(limit)
    const rows = await Promise.all(fits.slice(first, first + Number(limit)).map((job) => rowOf({ client }, control, job)))
    return { jobs: rows, total: fits.length }
  },
}

/** @throws WrongUse for what is no kind */
function kindsOf(given: readonly string[] = KINDS): readonly string[] {
  const wrong = given.find((kind) => !KINDS.some((one) => one === kind))
  if (wrong !== undefined) throw new WrongUse('kind', `must be of ${KINDS.join(', ')}, not ${quoted(wrong)}`)
  return given
}

export const jobsShow: Operation = {
  name: 'jobs show',
  summary: 'one job with its ranges, progress and last error',
  role: 'viewer',
  inputs: { id },
  examples: ['auth0-logs jobs show 20260131120000-1a2b'],
  async run(context, { id }) {
    const { client } = context
    const control = await readControl(client, 'jobs')
    const job = findJob(control, String(id))
    const [row, progress] = await Promise.all([
      rowOf(context, control, job),
      isDelivery(job) ? jobProgress(client, job) : undefined,
    ])
    const told = await readReports(client, 'jobs', REPORTS)
    const last = told.findLast((one) => one.kind === 'report' && one.report.run === `job-${job.id}`)
    const said = last?.kind === 'report' ? last.report : undefined
    const trouble = row.endedAt === '' && said && ['failed', 'held'].includes(said.status) ? said.error : row.error
    return {
      ...row,
      error: trouble,
      advice: trouble !== '' && row.endedAt === '' ? adviceOf(trouble) : '',
      ranges: progress?.ranges ?? job.ranges,
    }
  },
}

export const jobsCancel: Operation = {
  name: 'jobs cancel',
  summary: 'cancel a job where it is; what it delivered stays delivered',
  role: 'operator',
  inputs: { id },
  examples: ['auth0-logs jobs cancel 20260131120000-1a2b'],
  async run(context, { id }) {
    const { client, producer } = context
    const control = await readControl(client, 'jobs')
    const job = findJob(control, String(id))
    if (job.kind === 'reset') throw new Refusal(`A rewind is not cancelled but undone: auth0-logs replay ${job.service} --abort`)
    if (!isOpen(job)) throw new Refusal(`Job ${job.id} has ended already: ${job.state}, ${job.delivered} events delivered`)
    const before = await rowOf(context, control, job)
    const cancelled: JobRecord = { ...job, state: 'cancelled' }
    await publishControl(client, producer, jobKey(job), cancelled)
    const ended = isDelivery(job) ? await untilEnded(context, cancelled) : cancelled
    const after = await rowOf(context, control, ended)
    const message =
      ended.ended_at === '' && isDelivery(job)
        ? `job ${job.id} is cancelled; its members have not yet said how far they came, jobs show will tell`
        : `job ${job.id} is cancelled: ${after.done} of ${after.total} records done, ${after.delivered} delivered`
    return { message, before, after }
  },
}

/** The record as the sink's members end it; where none runs it is ended here. */
async function untilEnded(context: Context, job: JobRecord): Promise<JobRecord> {
  const { client, producer, signal, progress } = context
  const { group } = jobPlace(client, job)
  const begun = Date.now()
  for (
    let last = await jobProgress(client, job);
    Date.now() < begun + CANCEL_MS && !signal.aborted;
    await sleep(LOOK_MS, signal)
  ) {
    progress(Date.now() - begun, CANCEL_MS, 'waiting for the members to leave the job')
    const now = (await readControl(client, 'jobs')).get(jobKey(job)) as JobRecord | undefined
    if (now && now.ended_at !== '') return now
    const [{ members, state }] = await describeGroups(client, [group])
    if (members.length > 0) continue
    if (state !== 'Dead') last = await jobProgress(client, job)
    if (Date.now() < begun + NOBODY_MS) continue
    const ended = endedJob(job, 'cancelled', last, new Date())
    await publishControl(client, producer, jobKey(job), ended)
    if (state !== 'Dead') await deleteGroup(client, group)
    return ended
  }
  return job
}

const isDelivery = ({ kind }: JobRecord) => kind === 'replay' || kind === 'redrive'

/** All jobs, newest first. */
function allJobs(control: ControlRecords): JobRecord[] {
  const jobs = [...control].filter(([key]) => key.startsWith('job/')).map(([, record]) => record as JobRecord)
  return jobs.toSorted((a, b) => b.at.localeCompare(a.at))
}

function findJob(control: ControlRecords, id: string): JobRecord {
  const job = allJobs(control).find((one) => one.id === id)
  if (job) return job
  throw new Refusal(`Unknown job ${quoted(id)}: see auth0-logs jobs list`)
}

/** Of what no group carries out: a proof counts hours, a backfill the time that it has read. */
const progressOfWork = (job: JobRecord) =>
  job.proof ? { done: Math.floor(job.proof.done), total: job.proof.total } : backfillProgress(job)

async function rowOf({ client }: Pick<Context, 'client'>, control: ControlRecords, job: JobRecord): Promise<JobRow> {
  const open = isOpen(job)
  const known = knownServices(control).find(({ name }) => name === job.service)
  const own = isDelivery(job) && open ? [jobPlace(client, job).group] : []
  const service = open && known && known.record.group !== '' ? [known.record.group] : []
  const [progress, groups] = await Promise.all([
    isDelivery(job)
      ? jobProgress(client, job)
      : { ...progressOfWork(job), delivered: job.delivered, failed: job.failed, leftOut: 0 },
    own.length + service.length > 0 ? describeGroups(client, [...own, ...service]) : [],
  ])
  const membersOf = (names: string[]) => groups.find(({ group }) => names.includes(group))?.members.length ?? 0
  const { done, total, delivered, failed, leftOut } = progress
  const members = membersOf(own)
  const seconds = ((job.ended_at === '' ? Date.now() : Date.parse(job.ended_at)) - Date.parse(job.at)) / 1000
  return {
    id: job.id,
    sink: job.service,
    kind: job.kind,
    state: !open ? (job.state as JobRow['state']) : members > 0 || job.state === 'running' ? 'running' : 'waiting',
    done,
    total,
    unit: isDelivery(job) ? 'events' : 'minutes',
    only: onlyText(job),
    waits: open ? waitsText(control, job, known, membersOf(service)) : '',
    delivered,
    failed,
    leftOut,
    rate: job.rate,
    perSecond: isDelivery(job) && seconds > 0 ? Math.round((done / seconds) * 10) / 10 : 0,
    members,
    by: job.by,
    since: job.at,
    endedAt: job.ended_at,
    from: job.from,
    to: job.to,
    error: job.error,
  }
}

function onlyText({ reason, log_id = '', offsets }: JobRecord): string {
  const parts = [reason && `reason ${reason}`, log_id && `log ${log_id}`, offsets && `${offsets.length} selected`]
  return parts.filter(Boolean).join(', ')
}

/** @param members processes of the service that are there to do it */
function waitsText(control: ControlRecords, job: JobRecord, known: Known | undefined, members: number): string {
  const state = known && desiredState(known)
  if (!known || (members === 0 && state === 'running'))
    return `No process of ${job.service} is running: the job starts when one does.`
  if (state !== 'running')
    return `${job.service} is ${state}: the job goes on when it is ${state === 'paused' ? 'resumed' : 'started'}.`
  // One of a kind at a time.
  const first = allJobs(control).findLast((one) => one.service === job.service && one.kind === job.kind && isOpen(one))
  return first && first.id !== job.id ? `Job ${first.id} comes first.` : ''
}
