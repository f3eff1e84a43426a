// Jobs of a sink: a range of the main topic again (replay), or dead letters (redrive), beside the live group. How far one is, is in
// the offsets of its own group; a record that has ended says so itself, for its group is deleted then.
import type { KafkaClient } from './client.ts'
import type { ControlRecords, JobRecord } from './control.ts'
import { committedOffsets, logRanges } from './groups.ts'
import { groupNames, topicNames } from './names.ts'
import { type Account, decodeAccount, newAccount, RECORD_VERSION } from './records.ts'

export const jobKey = ({ service, id }: Pick<JobRecord, 'service' | 'id'>) => `job/${service}/${id}`

/** Replays, redrives and acknowledgements of a service, oldest first. */
export function jobsOf(records: ControlRecords, service: string): JobRecord[] {
  const jobs = [...records].filter(([key]) => key.startsWith(`job/${service}/`)).map(([, value]) => value as JobRecord)
  const isOwn = ({ kind }: JobRecord) => kind === 'replay' || kind === 'redrive' || kind === 'acknowledge'
  return jobs.filter(isOwn).toSorted((a, b) => a.at.localeCompare(b.at) || a.id.localeCompare(b.id))
}

/** Begins with the moment, so that names sort as they were asked for. */
export const newJobId = () => `${new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)}-${crypto.randomUUID().slice(0, 4)}`

/** The record of a job that is asked for now; what is not given is empty. */
export function newJob(given: Pick<JobRecord, 'id' | 'service' | 'kind' | 'from' | 'by'> & Partial<JobRecord>): JobRecord {
  return {
    v: RECORD_VERSION,
    state: 'wanted',
    ranges: [],
    to: '',
    reason: '',
    rate: 0,
    delivered: 0,
    failed: 0,
    error: '',
    ended_at: '',
    checkpoint: '',
    at: new Date().toISOString(),
    ...given,
  }
}

/** Work is left and nobody cancelled it. */
export const isOpen = ({ state }: JobRecord) => state === 'wanted' || state === 'running'

/** The sink whose dead letters a service writes: one in the sandbox has a group of its own, not a topic. */
export const sinkOf = (service: string) => service.replace(/\.sandbox$/, '')

/** What a job reads, and as which group. */
export function jobPlace(
  { settings: { prefix } }: KafkaClient,
  { service, id, kind }: Pick<JobRecord, 'service' | 'id' | 'kind'>,
) {
  const topic = kind === 'redrive' ? topicNames.deadLetters(prefix, sinkOf(service)) : topicNames.events(prefix)
  return { group: groupNames.job(prefix, service, id), topic }
}

/** `done` and `total` count offsets; `failed` became dead letters; `leftOut`: filtered, not asked for, or a repeat among dead letters. */
export type JobProgress = {
  ranges: Required<JobRecord['ranges'][number]>[]
  done: number
  total: number
  delivered: number
  failed: number
  leftOut: number
  expired: number
}

/** Jobs with the offsets that they have reached by now: those of an open one are its group's commits. */
export function jobsNow(client: KafkaClient, jobs: readonly JobRecord[]): Promise<JobRecord[]> {
  return Promise.all(jobs.map(async (job) => (isOpen(job) ? { ...job, ranges: (await jobProgress(client, job)).ranges } : job)))
}

/** How far a job is: by its group's commits, or by the record where it has ended. */
export async function jobProgress(client: KafkaClient, job: JobRecord): Promise<JobProgress> {
  if (job.ended_at !== '') {
    const ranges = job.ranges.map((range) => ({ ...range, reached: range.reached ?? range.to }))
    const done = ranges.reduce((sum, { from, reached }) => sum + reached - from, 0)
    const leftOut = Math.max(0, done - job.delivered - job.failed)
    return { ranges, done, total: totalOf(job), delivered: job.delivered, failed: job.failed, leftOut, expired: 0 }
  }
  const { group, topic } = jobPlace(client, job)
  const [committed, held] = await Promise.all([committedOffsets(client, group, topic), logRanges(client, topic)])
  const parts = job.ranges.map((range) => {
    const { offset = -1, metadata = '' } = committed.find(({ partition }) => partition === range.partition) ?? {}
    const start = held.find(({ partition }) => partition === range.partition)?.start ?? 0
    const account: Account = (offset >= 0 && readable(metadata, offset)) || newAccount(range.from)
    // What retention took away is behind too, committed or not.
    const reached = Math.min(range.to, Math.max(range.from, offset, start))
    return { range: { ...range, reached }, account }
  })
  const sum = (name: 'delivered' | 'filtered' | 'duplicates' | 'dead_lettered' | 'expired') =>
    parts.reduce((total, { account }) => total + account[name], 0)
  return {
    ranges: parts.map(({ range }) => range),
    done: parts.reduce((total, { range: { from, reached } }) => total + reached - from, 0),
    total: totalOf(job),
    delivered: sum('delivered'),
    failed: sum('dead_lettered'),
    leftOut: sum('filtered') + sum('duplicates'),
    expired: sum('expired'),
  }
}

/** Of a newer version only the offset is known. */
function readable(metadata: string, offset: number): Account | undefined {
  try {
    return decodeAccount(metadata, offset)
  } catch {
    return undefined
  }
}

const totalOf = ({ ranges }: JobRecord) => ranges.reduce((sum, { from, to }) => sum + to - from, 0)

/** The record of a job that has ended there. */
export function endedJob(job: JobRecord, state: 'done' | 'cancelled', progress: JobProgress, at: Date): JobRecord {
  const { ranges, delivered, failed } = progress
  return { ...job, state, ranges, delivered, failed, ended_at: at.toISOString() }
}

/** What tells whether a redrive is about a dead letter. */
export type LetterFacts = { offset: number; reason: string; logId: string }

/** Whether a redrive asks for this dead letter. */
export function asksFor({ ranges, reason, log_id = '', offsets }: JobRecord, letter: LetterFacts): boolean {
  if (!ranges.some(({ from, to }) => letter.offset >= from && letter.offset < to)) return false
  if (offsets && !offsets.includes(letter.offset)) return false
  return (reason === '' || reason === letter.reason) && (log_id === '' || log_id === letter.logId)
}

/**
 * The redrive that a dead letter belongs to already: it asked for it and has not ended before it came to it; or the acknowledgement by
 * which an operator put it away. Nothing else is written down: a dead letter belongs to one at most, so a second one never sends it again.
 */
export function redriveOf(jobs: readonly JobRecord[], letter: LetterFacts): JobRecord | undefined {
  return jobs.find(({ ranges, ...job }) => {
    const own = ranges.map((range) => ({ ...range, to: range.reached ?? range.to }))
    return (job.kind === 'redrive' || job.kind === 'acknowledge') && asksFor({ ...job, ranges: own }, letter)
  })
}
