// What an operator sends for: `auth0-logs backfill --from … [--to …]`, a range of the Management API into the topic beside the live work.
import { Auth0Problem } from '../../auth0/problem.ts'
import { logIdAt, startFromProblem } from '../../events/log-id.ts'
import { errorText } from '../../platform/errors.ts'
import { sleep } from '../../platform/lifecycle.ts'
import type { ControlRecords, JobRecord } from '../../topics/control.ts'
import { againAndAgain } from '../../topics/service.ts'
import { askFrom } from './checkpoint.ts'
import type { Backfill } from './contract.ts'
import { publishAll } from './publish.ts'
import type { LogReader } from './read.ts'

const LOOK_MS = 1_000
/** Pages between two writes of a job's progress: after a crash so many come again. */
const PAGES_A_WRITE = 10
const KEY = 'job/backfill/'

/** A job is over for good: nothing that another attempt could change. */
class JobFailed extends Error {
  override name = 'JobFailed'
}

/** Runs jobs as they are wanted, one after the other, until the signal is aborted. */
export async function runWantedJobs(backfill: Backfill, reader: LogReader, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const job = openJob(backfill.records)
    if (job) await runUntilItEnds(backfill, reader, job, signal)
    else await sleep(LOOK_MS, signal)
  }
}

function openJob(records: ControlRecords): JobRecord | undefined {
  const jobs = [...records]
    .filter(([key]) => key.startsWith(KEY))
    .map(([key, record]) => ({ ...(record as JobRecord), id: key.slice(KEY.length) }))
  return jobs.find(({ kind, state }) => kind !== 'prove' && (state === 'wanted' || state === 'running'))
}

/**
 * Whatever Kafka or a bug puts in the way is told, and the job goes on from its last written progress. It fails only where another attempt
 * would end the same way: its range is no range, or Auth0 does not take it.
 */
async function runUntilItEnds(backfill: Backfill, reader: LogReader, job: JobRecord, signal: AbortSignal): Promise<void> {
  const { log, runs } = backfill
  const progress = { delivered: Number(job.delivered) || 0, checkpoint: '' }
  const again = (error: unknown, againMs: number) => {
    const text = `backfill job ${job.id} stands still: ${errorText(error)}`
    log.warn({ job: job.id, retry_in_ms: againMs }, `${text}; it continues where it was`)
    void runs.troubled('failed', text)
  }
  await againAndAgain(
    () =>
      runJob(backfill, reader, job, progress, signal).catch(async (error: unknown) => {
        const text = finalWords(job, error)
        if (text === undefined) throw error
        log.error({ job: job.id, error: text }, 'backfill job failed')
        await write(backfill, job, { ...progress, state: 'failed', error: text, ended_at: new Date().toISOString() })
      }),
    again,
    signal,
  )
}

function finalWords(job: JobRecord, error: unknown): string | undefined {
  if (error instanceof JobFailed) return error.message
  if (error instanceof Auth0Problem && error.patience === 'refused')
    return `Auth0 does not take ${job.from} as a beginning: ${error.message}`
  return undefined
}

type Progress = { delivered: number; checkpoint: string }

async function runJob(
  backfill: Backfill,
  reader: LogReader,
  job: JobRecord,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { records, settings, log } = backfill
  const isCancelled = () => (records.get(`${KEY}${job.id}`) as JobRecord | undefined)?.state === 'cancelled'
  if (isCancelled()) return
  const until = endOf(job)
  progress.checkpoint ||= job.checkpoint || askFrom(job.from)
  log.info({ job: job.id, from: progress.checkpoint, to: until, by: job.by }, 'backfill job started')
  let pages = 0
  for await (const page of reader.pages(progress.checkpoint, () => settings().batchSize, signal, until)) {
    const events = page.events.filter(({ id }) => id.toString() <= until)
    await publishAll(backfill, { events, unusable: page.unusable }, 'job', signal)
    progress.delivered += events.length
    progress.checkpoint = page.last
    if (isCancelled()) return void log.info({ job: job.id, ...progress }, 'backfill job cancelled')
    if (++pages % PAGES_A_WRITE === 1) {
      // Where it is refused the next one says the same: the logs are in the topic whether their number is told or not.
      await write(backfill, job, { ...progress, state: 'running' }).catch((error: unknown) =>
        log.warn(
          { job: job.id, error: errorText(error) },
          'the progress of a backfill job could not be written; the job goes on',
        ),
      )
    }
  }
  await write(backfill, job, { ...progress, state: 'done', ended_at: new Date().toISOString() })
  log.info({ job: job.id, ...progress }, 'backfill job done')
}

/** @throws JobFailed where the record's range, which anyone may have written, is no range */
function endOf({ from, to, at }: JobRecord): string {
  for (const [name, value] of Object.entries({ from, to })) {
    const isLeftOut = name === 'to' && value === ''
    const problem = isLeftOut ? undefined : typeof value === 'string' ? startFromProblem(value) : 'must be a text'
    if (problem) throw new JobFailed(`${name}: ${problem}, not ${JSON.stringify(value)}`)
  }
  if (to !== '') return to.includes('-') ? logIdAt(Date.parse(to) + 1) : to
  const wantedAt = Date.parse(at)
  return logIdAt(Number.isNaN(wantedAt) ? Date.now() : wantedAt)
}

const write = ({ writeJob }: Backfill, job: JobRecord, changes: Partial<JobRecord>) =>
  writeJob(`${KEY}${job.id}`, { ...job, ...changes })
