// A proof as a job: asked for once, followed by who asked, carried out by the backfill's worker, which alone holds Auth0's credentials.
import { type ControlRecords, type JobRecord, publishControl } from '../../topics/control.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { isOpen, jobKey, newJob, newJobId } from '../../topics/jobs.ts'
import type { TopicProducer } from '../../topics/produce.ts'
import type { ProofJob } from '../../topics/proof-job.ts'
import type { Certificate, Verdict } from '../../topics/proof-records.ts'
import { isoOf } from '../times.ts'
import type { Day } from './days.ts'

/** Under whose name proofs are kept in the control topic. */
export const PROVER = 'backfill'

export type ProofJobRecord = JobRecord & { proof: ProofJob }

export const isProof = (record: unknown): record is ProofJobRecord =>
  (record as JobRecord | undefined)?.kind === 'prove' && (record as JobRecord).proof !== undefined

/** All proofs that the control topic knows, oldest first. */
export function proofJobs(control: ControlRecords): ProofJobRecord[] {
  const jobs = [...control].filter(([key]) => key.startsWith(`job/${PROVER}/`)).map(([, record]) => record)
  return jobs.filter(isProof).toSorted((a, b) => a.at.localeCompare(b.at) || a.id.localeCompare(b.id))
}

/** What is to be proved. */
export type Plan = { day: Day; sinks: readonly string[]; auth0: boolean; by: string }

export function newProof({ day, sinks, auth0, by }: Plan, id = newJobId()): ProofJobRecord {
  const proof: ProofJob = {
    day: day.day,
    zone: day.zone,
    sinks: [...sinks],
    auth0,
    done: 0,
    total: day.hours.length,
    what: '',
    verdict: '',
    hours: '',
  }
  const job = newJob({ id, service: PROVER, kind: 'prove', from: isoOf(day.from), to: isoOf(day.to), by })
  return { ...job, proof }
}

/** A proof of the same that is under way. */
export function sameProof(control: ControlRecords, { day, sinks, auth0 }: Plan): ProofJobRecord | undefined {
  const isSame = ({ proof }: ProofJobRecord) =>
    proof.day === day.day && proof.zone === day.zone && proof.auth0 === auth0 && String(proof.sinks) === String(sinks)
  return proofJobs(control).find((job) => isOpen(job) && isSame(job))
}

const LETTER: Record<Verdict, string> = { complete: 'c', incomplete: 'i', not_decidable: 'n' }

/** The record of a proof that has its certificate. */
export function endedProof(job: ProofJobRecord, { verdict, hours, totals }: Certificate): ProofJobRecord {
  const letters = hours.map((hour) => LETTER[hour.verdict]).join('')
  const proof = { ...job.proof, done: hours.length, what: '', verdict, hours: letters }
  return { ...job, state: 'done', delivered: totals.topic, failed: totals.missing, proof, ended_at: new Date().toISOString() }
}

export const verdictOfLetter = (letter: string): Verdict =>
  letter === 'c' ? 'complete' : letter === 'i' ? 'incomplete' : 'not_decidable'

export const writeProof = (client: KafkaClient, producer: TopicProducer, job: ProofJobRecord): Promise<void> =>
  publishControl(client, producer, jobKey(job), job)
