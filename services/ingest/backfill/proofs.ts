// Proofs of days: those that operators ask for, and the nightly one. The worker of the backfill makes them, for it alone reads Auth0, at one
// rate limit, and there is one of it: when it is killed the next one goes on with the hour that was under way.
import { errorText } from '../../platform/errors.ts'
import { sleep } from '../../platform/lifecycle.ts'
import { NotTaken } from '../../operations/prove/auth0-day.ts'
import { daysLater, dayIn, localClock } from '../../operations/prove/days.ts'
import { clockOf } from '../../operations/prove/fields.ts'
import { endedProof, isProof, newProof, type ProofJobRecord, proofJobs } from '../../operations/prove/job.ts'
import { proofSoFar, proveDay } from '../../operations/prove/proof.ts'
import { sinksOf } from '../../operations/prove/prove.ts'
import { Refusal, WrongUse } from '../../operations/operation.ts'
import { Refused } from '../../topics/produce-errors.ts'
import { isOpen, jobKey } from '../../topics/jobs.ts'
import { againAndAgain } from '../../topics/service.ts'
import { auth0List } from './auth0-list.ts'
import type { Backfill } from './contract.ts'
import type { LogReader } from './read.ts'

const LOOK_MS = 1_000
/** A job's record says how far it is so often at most. */
const TOLD_MS = 2_000
/** Records of proofs are kept as long as the reports topic keeps certificates by default, and some days more. */
const KEPT_DAYS = 40
const ON_THEIR_WAY_MS = 10 * 60_000

/** Makes proofs as they are wanted, one after the other, until the signal is aborted. */
export async function runProofs(backfill: Backfill, reader: LogReader, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await askNightly(backfill, new Date())
    const job = proofJobs(backfill.records).find(isOpen)
    if (job) await proveUntilItEnds(backfill, reader, job, signal)
    else await sleep(LOOK_MS, signal)
  }
}

/** The day before, once PROVE_AT has come: its job has a name of its own, so it is asked for once, whoever is the worker. */
export async function askNightly(
  { settings, records, writeJob }: Pick<Backfill, 'settings' | 'records' | 'writeJob'>,
  now: Date,
): Promise<void> {
  const { proveAt, zone } = settings()
  const clock = clockOf(proveAt)
  const local = localClock(now.getTime(), zone)
  if (clock === undefined || local.time < clock) return
  const day = dayIn(daysLater(local.date, -1), zone)
  const job = newProof({ day, sinks: [], auth0: true, by: `PROVE_AT ${clock}` }, `prove-${day.day}`)
  // Logs of the last minutes may still be on their way.
  const isOver = now.getTime() >= day.to + ON_THEIR_WAY_MS
  if (day.hours.length === 0 || !isOver || records.has(jobKey(job))) return
  await writeJob(jobKey(job), job)
  const oldest = daysLater(day.day, -KEPT_DAYS)
  for (const old of proofJobs(records)) if (old.proof.day < oldest && !isOpen(old)) await writeJob(jobKey(old), null)
}

/** What stands in the way is told, and the proof goes on with the next hour; it fails only where another attempt would end the same way. */
async function proveUntilItEnds(backfill: Backfill, reader: LogReader, job: ProofJobRecord, signal: AbortSignal): Promise<void> {
  const { log, runs } = backfill
  const failed = (error: unknown, againMs: number) => {
    const text = `the proof of ${job.proof.day} stands still: ${errorText(error)}`
    log.warn({ job: job.id, retry_in_ms: againMs }, `${text}; it goes on with the hour that was under way`)
    void runs.troubled('failed', text)
  }
  const work = () =>
    proveOnce(backfill, reader, job, signal).catch(async (error: unknown) => {
      if (!isFinal(error)) throw error
      log.error({ job: job.id, error: errorText(error) }, 'a proof failed')
      await write(backfill, { ...job, state: 'failed', error: errorText(error), ended_at: new Date().toISOString() })
    })
  await againAndAgain(work, failed, signal)
}

const isFinal = (error: unknown) =>
  error instanceof Refusal || error instanceof WrongUse || error instanceof Refused || error instanceof NotTaken

class Cancelled extends Error {
  override name = 'Cancelled'
}

async function proveOnce(backfill: Backfill, reader: LogReader, job: ProofJobRecord, ending: AbortSignal): Promise<void> {
  const { client, producer, records, settings, log } = backfill
  const { day, zone, sinks: names, auth0 } = job.proof
  const over = new AbortController()
  const signal = AbortSignal.any([ending, over.signal])
  const since = Date.parse(job.at)
  const watch = setInterval(() => {
    const now = records.get(jobKey(job))
    if (isProof(now) && now.state === 'cancelled') over.abort(new Cancelled('cancelled'))
  }, LOOK_MS)
  try {
    const list = auth0 ? await auth0List(backfill, reader, signal) : undefined
    const options = { client, producer, control: records, id: job.id, since, key: settings().proveKey, by: job.by, signal }
    const made = await proofSoFar(options)
    const certificate =
      made.certificate ??
      (await proveDay({
        ...options,
        day: dayIn(day, zone),
        sinks: sinksOf(records, names),
        auth0: list,
        progress: teller(backfill, job),
      }))
    await write(backfill, endedProof(job, certificate))
    const { verdict, totals } = certificate
    log.info({ job: job.id, day, verdict, ...totals }, 'a day is proved')
  } catch (error) {
    ending.throwIfAborted()
    if (over.signal.aborted) return void log.info({ job: job.id, day }, 'a proof was cancelled')
    throw error
  } finally {
    clearInterval(watch)
  }
}

/** Progress goes into the job's record, from time to time; where it is refused the next one says the same. */
function teller(backfill: Backfill, job: ProofJobRecord) {
  let toldAt = Number.NEGATIVE_INFINITY
  return (done: number, total: number, what: string) => {
    const now = backfill.records.get(jobKey(job))
    if (performance.now() - toldAt < TOLD_MS || (isProof(now) && !isOpen(now))) return
    toldAt = performance.now()
    write(backfill, { ...job, state: 'running', proof: { ...job.proof, done, total, what } }).catch((error: unknown) =>
      backfill.log.warn({ job: job.id, error: errorText(error) }, 'the progress of a proof could not be written; it goes on'),
    )
  }
}

const write = ({ writeJob }: Backfill, job: ProofJobRecord) => writeJob(jobKey(job), job)
