// What an operator sends for: `auth0-logs backfill --from … [--to …]`, a range of the Management API into the topic beside the live work.
import { logIdAt } from '../../events/log-id.ts'
import { sleep } from '../../platform/lifecycle.ts'
import type { ControlRecords, JobRecord } from '../../topics/control.ts'
import { Auth0Problem } from './auth0.ts'
import type { Backfill } from './contract.ts'
import { askFrom } from './checkpoint.ts'
import { publishAll } from './publish.ts'
import type { LogReader } from './read.ts'

const LOOK_MS = 1_000
/** Pages between two writes of a job's progress: after a crash so many come again. */
const PAGES_A_WRITE = 10
const KEY = 'job/backfill/'

/** Runs jobs as they are wanted, one after the other, until the signal is aborted. */
export async function runWantedJobs(backfill: Backfill, reader: LogReader, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const job = openJob(backfill.records)
    if (job)
      await runJob(backfill, reader, job, signal).catch((error) => (signal.aborted ? undefined : endFailed(backfill, job, error)))
    else await sleep(LOOK_MS, signal)
  }
}

function openJob(records: ControlRecords): JobRecord | undefined {
  const jobs = [...records].filter(([key]) => key.startsWith(KEY)).map(([, record]) => record as JobRecord)
  return jobs.find(({ state }) => state === 'wanted' || state === 'running')
}

async function runJob(backfill: Backfill, reader: LogReader, job: JobRecord, signal: AbortSignal): Promise<void> {
  const { records, writeJob, settings, log } = backfill
  const key = `${KEY}${job.id}`
  const until = job.to === '' ? logIdAt(Date.parse(job.at)) : job.to.includes('-') ? logIdAt(Date.parse(job.to) + 1) : job.to
  let { delivered } = job
  let checkpoint = job.checkpoint || askFrom(job.from)
  log.info({ job: job.id, from: checkpoint, to: until, by: job.by }, 'backfill job begins')
  let pages = 0
  for await (const page of reader.pages(checkpoint, () => settings().batchSize, signal, until)) {
    const events = page.events.filter(({ id }) => id.toString() <= until)
    await publishAll(backfill, { events, unusable: page.unusable }, 'job', signal)
    delivered += events.length
    checkpoint = page.last
    const now = records.get(key) as JobRecord | undefined
    if (now?.state === 'cancelled') return void log.info({ job: job.id, delivered }, 'backfill job cancelled')
    if (++pages % PAGES_A_WRITE === 1) await writeJob(key, { ...job, state: 'running', delivered, checkpoint })
  }
  await writeJob(key, { ...job, state: 'done', delivered, checkpoint, ended_at: new Date().toISOString() })
  log.info({ job: job.id, delivered }, 'backfill job done')
}

async function endFailed({ writeJob, log }: Backfill, job: JobRecord, error: Error): Promise<void> {
  const text = error instanceof Auth0Problem ? `Auth0 does not take ${job.from} as a beginning: ${error.message}` : error.message
  log.error({ job: job.id, error: text }, 'backfill job failed')
  await writeJob(`${KEY}${job.id}`, { ...job, state: 'failed', error: text, ended_at: new Date().toISOString() })
}
