// `prove`: is every log of a day in the archive? The certificate of a day, signed where PROVE_KEY is set.
import { sleep } from '../../platform/lifecycle.ts'
import { zoneProblem } from '../../platform/schedule.ts'
import { type ControlRecords, publishControl, readControl } from '../../topics/control.ts'
import { describeGroups, existingTopics } from '../../topics/groups.ts'
import { isOpen, jobKey } from '../../topics/jobs.ts'
import { groupNames, topicNames } from '../../topics/names.ts'
import { type Certificate, SHOWN } from '../../topics/proof-records.ts'
import { isSink, type Known, knownService, knownServices, settingNamed, settingsNow } from '../services.ts'
import { type Context, type Operation, quoted, Refusal, WrongUse } from '../operation.ts'
import { type Day, daysLater, dayIn, isDay, localClock } from './days.ts'
import { endedProof, isProof, newProof, type Plan, type ProofJobRecord, sameProof, writeProof } from './job.ts'
import { proofSoFar, proveDay } from './proof.ts'

const LOOK_MS = 1_000
/** A worker that is starting has its part in the group by then. */
const WORKER_MS = 60_000
const DAY_FORMS = 'a day such as 2026-01-31, today or yesterday'

/** `state` of a proof that has not ended when the answer is given; the certificate otherwise. */
export type ProveResult = Certificate | { job: string; state: string; day: string; message: string }

export const prove: Operation = {
  name: 'prove',
  summary: 'prove that every log of a day arrived: Auth0’s list, the topic and every sink, hour by hour',
  role: 'operator',
  inputs: {
    day: { meaning: DAY_FORMS, kind: 'text', default: 'yesterday' },
    zone: { meaning: 'time zone of the day, such as Europe/Berlin; default SCHEDULE_TZ', kind: 'text' },
    sink: { meaning: 'only these sinks', kind: 'list', suggest: 'sink' },
    auth0: { meaning: 'do not ask Auth0: prove only what Kafka knows', kind: 'boolean', default: true },
    all: { meaning: `list every difference, not only the first ${SHOWN}`, kind: 'boolean', default: false },
    detach: { meaning: 'answer as soon as the job is created; see proofs', kind: 'boolean', default: false },
  },
  examples: [
    'auth0-logs prove --day 2026-01-31 --zone Europe/Berlin',
    'auth0-logs prove --day yesterday --out certificate.json',
    'auth0-logs prove --day 2026-01-31 --sink cloudwatch --no-auth0',
    'auth0-logs prove --day yesterday --ask-vendor --out certificate.json',
    'auth0-logs prove --verify certificate.json',
  ],
  async run(context, values): Promise<ProveResult> {
    const { client, by } = context
    const control = await readControl(client, 'prove')
    const zone = zoneOf(control, values.zone)
    const day = dayOf(String(values.day), zone, Date.now())
    const sinks = sinksOf(control, values.sink as string[] | undefined)
    const topic = topicNames.events(client.settings.prefix)
    if ((await existingTopics(client, [topic])).length === 0)
      throw new Refusal(`no log was received yet: there is no topic ${topic}`)
    const plan: Plan = {
      day,
      sinks: values.sink === undefined ? [] : sinks.map(({ name }) => name),
      auth0: values.auth0 === true,
      by,
    }
    const full = plan.auth0
      ? await proveByWorker(context, control, plan, values.detach === true)
      : await proveHere(context, control, plan, sinks)
    return 'list' in full && values.all !== true ? { ...full, list: full.list.slice(0, SHOWN) } : full
  },
}

/** @throws WrongUse where there is no such zone */
export function zoneOf(control: ControlRecords, given: unknown): string {
  if (typeof given !== 'string') return zoneSet(control)
  if (zoneProblem(given)) throw new WrongUse('zone', `must be a time zone such as Europe/Berlin or UTC, not ${quoted(given)}`)
  return given
}

/** SCHEDULE_TZ of the services that know it. */
function zoneSet(control: ControlRecords): string {
  const zones = knownServices(control).map((known) => settingNamed(settingsNow(known), 'SCHEDULE_TZ')?.now ?? '')
  return zones.find((zone) => zone !== '' && zone !== 'UTC' && !zoneProblem(zone)) ?? 'UTC'
}

/** @throws WrongUse for what is no day, or one that has not begun */
export function dayOf(given: string, zone: string, now: number): Day {
  const today = localClock(now, zone).date
  const text = given === 'today' ? today : given === 'yesterday' ? daysLater(today, -1) : given
  if (!isDay(text)) throw new WrongUse('day', `must be ${DAY_FORMS}, not ${quoted(given)}`)
  const day = dayIn(text, zone)
  if (day.hours.length === 0) throw new WrongUse('day', `the calendar of ${zone} left ${text} out`)
  if (day.from > now)
    throw new WrongUse('day', `${text} has not begun yet in ${zone}, where it is ${today}: there is nothing to prove`)
  return day
}

/** @throws Refusal for a name that is no sink, and where there is none */
export function sinksOf(control: ControlRecords, names: readonly string[] | undefined): Known[] {
  const all = knownServices(control).filter(isSink)
  if (names === undefined || names.length === 0) return all
  const chosen = new Map(names.map((name) => knownService(control, name, isSink)).map((known) => [known.name, known]))
  return all.filter(({ name }) => chosen.has(name))
}

/** Without Auth0: all that it takes is in Kafka. */
async function proveHere(context: Context, control: ControlRecords, plan: Plan, sinks: readonly Known[]): Promise<Certificate> {
  const { client, producer, by, signal, progress, proveKey: key } = context
  const job = newProof(plan)
  const certificate = await proveDay({
    client,
    producer,
    control,
    id: job.id,
    since: Date.parse(job.at),
    day: plan.day,
    sinks,
    auth0: undefined,
    key,
    by,
    progress,
    signal,
  })
  await writeProof(client, producer, endedProof(job, certificate))
  return certificate
}

async function proveByWorker(context: Context, control: ControlRecords, plan: Plan, detach: boolean): Promise<ProveResult> {
  const { client, producer, signal } = context
  if (!control.has('service/backfill'))
    throw new Refusal(
      'No ingest here reads the Management API: start one with BACKFILL=poll or reconcile and the AUTH0_… settings, or prove what Kafka alone tells with --no-auth0',
    )
  const under = sameProof(control, plan)
  const job = under ?? newProof(plan)
  if (!under) await writeProof(client, producer, job)
  const ended = detach ? job : await untilEnded(context, job)
  if (ended.state === 'failed') throw new Refusal(`the proof of ${plan.day.day} failed: ${ended.error}`)
  if (ended.state === 'cancelled') throw new Refusal(`the proof of ${plan.day.day}, job ${job.id}, was cancelled`)
  if (ended.state !== 'done') {
    const message = `job ${job.id} ${under ? 'is under way already' : 'is created'}; auth0-logs proofs shows it when it has ended`
    return { job: job.id, state: ended.state, day: plan.day.day, message }
  }
  const { certificate, list } = await proofSoFar({ client, id: job.id, since: Date.parse(job.at), signal })
  if (!certificate)
    throw new Refusal(`the certificate of job ${job.id} is not in the reports topic any more: prove the day again`)
  return { ...certificate, list }
}

/** The job when it has ended, or as it is when the asker gave up: the worker goes on with it then. */
async function untilEnded(context: Context, job: ProofJobRecord): Promise<ProofJobRecord> {
  const { client, producer, signal, progress } = context
  let now = job
  for (let lastSign = performance.now(); isOpen(now) && !signal.aborted; await sleep(LOOK_MS, signal)) {
    const found = (await readControl(client, 'prove')).get(jobKey(job))
    const before = now
    if (isProof(found)) now = found
    const { done, total, what } = now.proof
    progress(done, total, what === '' ? `waiting for the worker of the backfill to begin with job ${job.id}` : what)
    if (now.state !== before.state || done !== before.proof.done || what !== before.proof.what) lastSign = performance.now()
    if (!isOpen(now) || performance.now() - lastSign <= WORKER_MS || !(await hasNoWorker(context))) continue
    if (now.state !== 'wanted')
      throw new Refusal(
        `The worker of the backfill has ended in the middle of job ${job.id}: the proof goes on when an ingest with BACKFILL runs, and auth0-logs proofs shows it`,
      )
    await publishControl(client, producer, jobKey(job), { ...now, state: 'cancelled', ended_at: new Date().toISOString() })
    throw new Refusal(
      'No ingest with BACKFILL=poll or reconcile runs, so nobody asks Auth0: start one, or prove what Kafka alone knows with --no-auth0. No proof was started',
    )
  }
  return now
}

async function hasNoWorker({ client }: Context): Promise<boolean> {
  const [{ members }] = await describeGroups(client, [groupNames.backfill(client.settings.prefix)])
  return members.length === 0
}
