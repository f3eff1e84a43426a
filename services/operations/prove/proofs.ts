// `proofs`: the days that were proved, and the certificate of one of them.
import type { KafkaClient } from '../../topics/client.ts'
import { readControl } from '../../topics/control.ts'
import { isOpen } from '../../topics/jobs.ts'
import { type Certificate, SHOWN, type Verdict } from '../../topics/proof-records.ts'
import { type ProofRecord, readProofs } from '../../topics/proofs.ts'
import { type Operation, quoted, Refusal, WrongUse } from '../operation.ts'
import { isDay } from './days.ts'
import { type ProofJobRecord, proofJobs, verdictOfLetter } from './job.ts'
import { proofSoFar } from './proof.ts'
import { recoveriesOf, type Recovery } from './recover.ts'

/** One day: its newest proof. `hours` in order; `open` is the job that proves it anew. Times ISO 8601. */
export type ProvedDay = {
  day: string
  zone: string
  verdict: Verdict | ''
  hours: Verdict[]
  sinks: string[]
  auth0: boolean
  id: string
  by: string
  provedAt: string
  logs: number
  missing: number
  open: { id: string; done: number; total: number; what: string } | null
  error: string
}

const DAYS = 35
/** A certificate is written before its job's record says so. */
const BEFORE_MS = 5 * 60_000

export const proofs: Operation = {
  name: 'proofs',
  summary: 'the days that were proved, newest first; or the certificate of one day',
  role: 'viewer',
  inputs: {
    day: { meaning: 'a day such as 2026-01-31: its newest certificate', kind: 'text', positional: true },
    days: { meaning: 'how many days', kind: 'integer', default: DAYS },
    all: { meaning: `list every difference, not only the first ${SHOWN}`, kind: 'boolean', default: false },
    recover: { meaning: 'what closes the gaps of that day, instead of its certificate', kind: 'boolean', default: false },
  },
  examples: ['auth0-logs proofs', 'auth0-logs proofs 2026-01-31 --json'],
  async run(
    { client, signal },
    { day, days, all, recover },
  ): Promise<{ days: ProvedDay[] } | { recover: Recovery[] } | Certificate> {
    const jobs = proofJobs(await readControl(client, 'proofs'))
    if (day === undefined) return { days: daysOf(jobs).slice(0, Number(days)) }
    if (!isDay(String(day))) throw new WrongUse('day', `must be a day such as 2026-01-31, not ${quoted(String(day))}`)
    const job = jobs.findLast((one) => one.proof.day === day && one.state === 'done')
    if (!job) throw new Refusal(`${String(day)} was not proved yet: run auth0-logs prove --day ${String(day)}`)
    const found = await certificateOf(client, job, all === true, signal)
    if (found) return recover === true ? { recover: recoveriesOf(found) } : found
    throw new Refusal(
      `the certificate of ${String(day)} is not in the reports topic any more: it keeps ${client.settings.retentionDays} days`,
    )
  },
}

/** Undefined where the reports topic holds it no longer. @param whole with every difference */
async function certificateOf(
  client: KafkaClient,
  job: ProofJobRecord,
  whole: boolean,
  signal: AbortSignal,
): Promise<Certificate | undefined> {
  if (whole) {
    const { certificate, list } = await proofSoFar({ client, id: job.id, since: Date.parse(job.at), signal })
    if (certificate?.rests_on) {
      // What a vendor was asked about: the differences are with the proof before.
      const before = await proofSoFar({ client, id: certificate.rests_on.id, since: Date.parse(certificate.as_of), signal })
      return { ...certificate, list: before.list }
    }
    if (certificate) return { ...certificate, list }
  }
  let found: Certificate | undefined
  const take = (record: ProofRecord) => {
    if (record.proof !== 'certificate' || record.id !== job.id) return undefined
    found = record.certificate
    return 'stop' as const
  }
  await readProofs(client, 'proofs', Date.parse(job.ended_at) - BEFORE_MS, take, signal)
  return found
}

/** Newest day first. */
function daysOf(jobs: readonly ProofJobRecord[]): ProvedDay[] {
  const byDay = Map.groupBy(jobs, ({ proof }) => proof.day)
  return [...byDay.values()].map(dayOf).toSorted((a, b) => b.day.localeCompare(a.day))
}

function dayOf(jobs: readonly ProofJobRecord[]): ProvedDay {
  const last = jobs.findLast(({ state }) => state === 'done') ?? jobs[jobs.length - 1]
  const open = jobs.findLast(isOpen)
  const { proof } = last
  const failed = jobs.at(-1)?.state === 'failed' ? jobs.at(-1) : undefined
  return {
    day: proof.day,
    zone: proof.zone,
    verdict: proof.verdict,
    hours: [...proof.hours].map(verdictOfLetter),
    sinks: proof.sinks,
    auth0: proof.auth0,
    id: last.id,
    by: last.by,
    provedAt: last.ended_at,
    logs: last.delivered,
    missing: last.failed,
    open: open ? { id: open.id, done: open.proof.done, total: open.proof.total, what: open.proof.what } : null,
    error: failed?.error ?? '',
  }
}
