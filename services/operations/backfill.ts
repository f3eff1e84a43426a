// `backfill`: has the ingest read a range of the Management API into the topic, every time it is asked.
import { startFromProblem, timeOfLogId } from '../events/log-id.ts'
import { sleep } from '../platform/lifecycle.ts'
import { type JobRecord, publishControl, readControl } from '../topics/control.ts'
import { jobKey, newJob, newJobId } from '../topics/jobs.ts'
import { type Operation, quoted, Refusal, WrongUse } from './operation.ts'
import { isoOf, parseTime, TIME_FORMS } from './times.ts'

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
  summary: 'read logs from Auth0 into the topic again; the sinks deliver them again',
  role: 'operator',
  inputs: {
    from: { meaning: 'first log: a log_id or a time (ISO, -1h, -2d, today, yesterday), inclusive', kind: 'text', required: true },
    to: { meaning: 'last log, written in the same ways, inclusive (default: now)', kind: 'text' },
    detach: { meaning: 'answer as soon as the job is created; see jobs', kind: 'boolean', default: false },
  },
  examples: [
    'auth0-logs backfill --from 2026-01-31T00:00:00Z --to 2026-01-31T12:00:00Z',
    'auth0-logs backfill --from 90020260131000000000000000000000000000000000000000000000',
  ],
  async run({ client, producer, by, signal, progress }, { from, to = '', detach }) {
    const [first, last] = [placeOf('from', String(from)), placeOf('to', String(to))]
    const records = await readControl(client, 'backfill')
    if (!records.has('service/backfill'))
      throw new Refusal(
        'No ingest here reads the Management API: start one with BACKFILL=poll or reconcile and the AUTH0_… settings',
      )
    const job = newJob({ id: newJobId(), service: 'backfill', kind: 'backfill', from: first, to: last, by })
    await publishControl(client, producer, jobKey(job), job)
    for (let now = job; ; ) {
      if (now.ended_at !== '' || now.state === 'cancelled' || detach === true || signal.aborted) return resultOf(now)
      const { done, total } = backfillProgress(now)
      progress(done, total, `published ${now.delivered}`)
      await sleep(LOOK_MS, signal)
      now = ((await readControl(client, 'backfill')).get(jobKey(job)) as JobRecord | undefined) ?? now
    }
  },
}

/** A log_id as it is, a time as ISO 8601 in UTC; empty stays empty. @throws WrongUse */
function placeOf(field: string, given: string): string {
  if (given === '') return ''
  const time = parseTime(given, Date.now(), field === 'to')
  if (time !== undefined) return isoOf(time)
  if (startFromProblem(given)) throw new WrongUse(field, `must be a log_id or ${TIME_FORMS}, not ${quoted(given)}`)
  return given
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
const MINUTE_MS = 60_000

/** How far a backfill is, in minutes of the tenant's log: how many logs there are nobody knows before they are read. */
export function backfillProgress({ from, to, at, checkpoint, state }: JobRecord): { done: number; total: number } {
  const begin = timeOf(from, 0)
  const minutes = (until: number) => Math.round((until - begin) / MINUTE_MS)
  const total = Math.max(1, minutes(timeOf(to, Date.parse(at))))
  const done = state === 'done' ? total : Math.min(total, Math.max(0, minutes(timeOf(checkpoint, begin))))
  return { done, total }
}
