// `backfill`: has the ingest read a range of the Management API into the topic, every time it is asked.
import { startFromProblem, timeOfLogId } from '../events/log-id.ts'
import { sleep } from '../platform/lifecycle.ts'
import { type JobRecord, publishControl, readControl } from '../topics/control.ts'
import { jobKey, newJob, newJobId } from '../topics/jobs.ts'
import { type Operation, Refusal, WrongUse } from './operation.ts'

const LOOK_MS = 1_000

export type BackfillResult = {
  job: string
  state: JobRecord['state']
  from: string
  to: string
  published: number
  checkpoint: string
  error: string
}

export const backfill: Operation = {
  name: 'backfill',
  summary: 'read logs from Auth0 into the topic once more; sinks deliver them again',
  role: 'operator',
  inputs: {
    from: { meaning: 'first log: a log_id or an ISO time, inclusive', kind: 'text', required: true },
    to: { meaning: 'last log: a log_id or an ISO time, inclusive; until now where left out', kind: 'text' },
    detach: { meaning: 'answer as soon as it is wished; see jobs', kind: 'boolean', default: false },
  },
  examples: [
    'auth0-logs backfill --from 2026-01-31T00:00:00Z --to 2026-01-31T12:00:00Z',
    'auth0-logs backfill --from 90020260131000000000000000000000000000000000000000000000',
  ],
  async run({ client, producer, by, signal, progress }, { from, to = '', detach }) {
    for (const [field, value] of Object.entries({ from, to })) {
      const problem = value === '' ? undefined : startFromProblem(String(value))
      if (problem) throw new WrongUse(field, `${problem}, not ${JSON.stringify(value)}`)
    }
    const records = await readControl(client, 'backfill')
    if (!records.has('service/backfill'))
      throw new Refusal(
        'no ingest here reads the Management API: start one with BACKFILL=poll or reconcile and the AUTH0_… settings',
      )
    const job = newJob({ id: newJobId(), service: 'backfill', kind: 'backfill', from: String(from), to: String(to), by })
    await publishControl(client, producer, jobKey(job), job)
    for (let now = job; ; ) {
      if (now.ended_at !== '' || now.state === 'cancelled' || detach === true || signal.aborted) return resultOf(now)
      progress(reached(now), span(now), `published ${now.delivered}`)
      await sleep(LOOK_MS, signal)
      now = ((await readControl(client, 'backfill')).get(jobKey(job)) as JobRecord | undefined) ?? now
    }
  },
}

const resultOf = ({ id, state, from, to, delivered, checkpoint, error }: JobRecord): BackfillResult => ({
  job: id,
  state,
  from,
  to,
  published: delivered,
  checkpoint,
  error,
})

const timeOf = (position: string, otherwise: number) =>
  position === '' ? otherwise : position.includes('-') ? Date.parse(position) : (timeOfLogId(position) ?? otherwise)
/** Progress is told in minutes of the tenant's log: how many logs there are nobody knows before they are read. */
const MINUTE_MS = 60_000
const span = ({ from, to, at }: JobRecord) => Math.max(1, Math.round((timeOf(to, Date.parse(at)) - timeOf(from, 0)) / MINUTE_MS))
const reached = (job: JobRecord) =>
  Math.min(span(job), Math.max(0, Math.round((timeOf(job.checkpoint, timeOf(job.from, 0)) - timeOf(job.from, 0)) / MINUTE_MS)))
