// What vendors say of the logs that a certificate calls delivered. Delivered means committed by the sink; here the vendor is asked whether
// it holds them. A new certificate says both, and names the one that it rests on.
import { version } from '../../platform/version.ts'
import { readControl } from '../../topics/control.ts'
import { newJobId } from '../../topics/jobs.ts'
import { topicNames } from '../../topics/names.ts'
import {
  type AtVendor,
  type Certificate,
  type HourRow,
  type Proved,
  SHOWN,
  type VendorAsk,
  type VendorAsked,
} from '../../topics/proof-records.ts'
import { publishProof } from '../../topics/proofs.ts'
import { openRanges, type RangeReader } from '../../topics/read.ts'
import { type Context, Refusal } from '../operation.ts'
import { isSink, knownServices } from '../services.ts'
import { dayIn } from './days.ts'
import { endedProof, proofJobs, writeProof } from './job.ts'
import { placesOf } from './logs-of-day.ts'
import { sinksPast } from './past.ts'
import { proofSoFar } from './proof.ts'
import { type Scanned, scan } from './scan.ts'
import { signed } from './sign.ts'
import { dayReasons, sinkVerdict, verdictOf, withVendorReasons } from './verdict.ts'

/** Logs of each hour that a vendor is asked for unless all are wanted. */
export const SAMPLE_AN_HOUR = 20
/** Logs of one question. */
const AT_ONCE = 500
/** Ids of an hour that a vendor does not hold, as they are listed; more are only counted. */
export const MOST_NOT_FOUND = 100

/** A log as the topic holds it. */
export type DeliveredLog = { id: string; type: string; value: Buffer; receivedAt: number }

/** Answers the ids that the vendor holds. @throws Error with what to do where it cannot be asked */
export type AskVendor = (logs: readonly DeliveredLog[]) => Promise<ReadonlySet<string>>

/** A vendor that can be asked has `ask`; of the others `state` and `problem` say why they are not asked. */
export type Vendor = { sink: string } & ({ ask: AskVendor } | { state: 'cannot' | 'failed'; problem: string })

type Asking = { sink: string; ask: AskVendor; problem: string; hours: AtVendor[] }

/**
 * What the vendors say beside what the certificate says, as a certificate of its own, published where any vendor answered.
 * @throws Refusal where what the certificate rests on is not in Kafka any more
 */
export async function withVendors(
  context: Context,
  certificate: Certificate,
  how: VendorAsk,
  vendors: readonly Vendor[],
): Promise<Certificate> {
  const asking = vendors.flatMap((vendor): Asking[] => {
    const hours = certificate.hours.map(() => ({ asked: 0, confirmed: 0, not_found: [] }))
    return 'ask' in vendor ? [{ sink: vendor.sink, ask: vendor.ask, problem: '', hours }] : []
  })
  if (asking.length > 0) await askHours(context, certificate, how, asking)
  const at = new Date().toISOString()
  const told = new Map<string, VendorAsked>()
  for (const vendor of vendors)
    if (!('ask' in vendor)) told.set(vendor.sink, { at, how, state: vendor.state, problem: vendor.problem })
  for (const { sink, problem } of asking) told.set(sink, { at, how, state: problem === '' ? 'asked' : 'failed', problem })
  const answered = extended(context, certificate, asking, told)
  if (asking.some(({ hours }) => hours.some(({ asked }) => asked > 0))) await publish(context, answered, certificate.id)
  return answered
}

/** The newest proof of that day from now on. Its differences are those of the one that it rests on, which has them in the reports topic. */
async function publish({ client, producer, by }: Context, certificate: Certificate, restsOn: string): Promise<void> {
  const job = proofJobs(await readControl(client, 'prove')).find(({ id }) => id === restsOn)
  if (!job) return
  const { id, list, made_at: at } = certificate
  await publishProof(client, producer, { proof: 'certificate', id, certificate: { ...certificate, list: list.slice(0, SHOWN) } })
  await writeProof(client, producer, endedProof({ ...job, id, by, at }, certificate))
}

async function askHours(context: Context, certificate: Certificate, how: VendorAsk, asking: readonly Asking[]): Promise<void> {
  const { client, signal, progress } = context
  const { id, as_of: asOf } = certificate
  const { frozen } = await proofSoFar({ client, id, since: Date.parse(asOf), signal })
  if (!frozen)
    throw new Refusal(`what the proof ${id} rests on is not in the reports topic any more: prove the day again with --ask-vendor`)
  const day = dayIn(certificate.day, certificate.zone)
  const control = await readControl(client, 'prove')
  const known = knownServices(control).filter((one) => isSink(one) && asking.some(({ sink }) => sink === one.name))
  const sinks = await sinksPast(client, day, frozen, control, known, signal)
  const reader = openRanges(client, 'prove', topicNames.events(client.settings.prefix))
  const hours = day.hours.length
  try {
    for (let next = 0; next < hours; ) {
      const told = (done: number, total: number) => progress(next, hours, `reading the topic, ${done} of ${total} records`)
      const scanned = await scan(
        { client, day, frozen, sinks, reading: certificate.topic.partitions, progress: told, signal },
        next,
      )
      for (; next < scanned.end; next++)
        for (const [place, { known }] of sinks.entries()) {
          const own = asking.find(({ sink }) => sink === known.name)
          const rows = deliveredRows(scanned, next, place, how === 'all' ? undefined : SAMPLE_AN_HOUR)
          const hour = next
          if (own)
            await askHour(own, hour, rows, scanned, reader, signal, (done) =>
              progress(hour, hours, `asking the vendor of ${own.sink} for ${day.hours[hour].at}, ${done} of ${rows.length} logs`),
            )
        }
    }
  } finally {
    await reader.close()
  }
}

/**
 * In the order in which they were received: the logs of one question are close to each other, at the vendor too, whichever partitions they
 * are in. A sample has those with the smallest hashes: nobody chose it, and it is the same whenever the same day is asked for.
 */
function deliveredRows({ logs, endings }: Scanned, hour: number, sink: number, most: number | undefined): number[] {
  const rows: number[] = []
  for (let row = 0; row < logs.size; row++) {
    const outcome = logs.hour(row) === hour ? endings.of(logs.end(row, sink))?.outcome : undefined
    if (outcome === 'delivered' || outcome === 'redriven') rows.push(row)
  }
  const hash = (row: number) => logs.idHash(row)
  const chosen =
    most === undefined ? rows : rows.toSorted((a, b) => hash(a).high - hash(b).high || hash(a).low - hash(b).low).slice(0, most)
  return chosen.toSorted((a, b) => logs.remembered(a).receivedAt - logs.remembered(b).receivedAt)
}

/** After a problem the vendor is not asked any more; what it said before stays. */
async function askHour(
  own: Asking,
  hour: number,
  rows: readonly number[],
  { logs }: Scanned,
  reader: RangeReader,
  signal: AbortSignal,
  progress: (done: number) => void,
): Promise<void> {
  const told = own.hours[hour]
  for (let from = 0; from < rows.length && own.problem === ''; from += AT_ONCE) {
    progress(from)
    const { ranges, holds } = placesOf(logs, rows.slice(from, from + AT_ONCE))
    const some: DeliveredLog[] = []
    await reader.read(
      ranges,
      (record) => {
        const { key, value, timestamp, headers } = record
        if (key !== null && value && holds(record)) some.push({ id: key, type: headers.type ?? '', value, receivedAt: timestamp })
      },
      signal,
    )
    try {
      const found = await own.ask(some)
      const absent = some.filter(({ id }) => !found.has(id)).map(({ id }) => id)
      told.asked += some.length
      told.confirmed += some.length - absent.length
      told.not_found.push(...absent.slice(0, MOST_NOT_FOUND - told.not_found.length))
    } catch (error) {
      signal.throwIfAborted()
      own.problem = (error as Error).message
    }
  }
}

function extended(
  { by, proveKey }: Context,
  certificate: Certificate,
  asking: readonly Asking[],
  told: ReadonlyMap<string, VendorAsked>,
): Certificate {
  const { signature, list, ...before } = certificate
  const hours = certificate.hours.map((row, hour) => withAnswers(row, hour, asking))
  const proved: Proved = {
    ...before,
    id: newJobId(),
    made_at: new Date().toISOString(),
    by,
    version,
    verdict: verdictOf(hours.flatMap(({ reasons }) => reasons)),
    reasons: dayReasons(hours),
    sinks: certificate.sinks.map((one) => {
      const vendor = told.get(one.sink)
      return vendor ? { ...one, verdict: sinkVerdict(hours, one.sink), vendor } : one
    }),
    hours,
    rests_on: { id: certificate.id, made_at: certificate.made_at, by: certificate.by, signature: signature?.value ?? '' },
  }
  return { ...proved, signature: signed(proved, proveKey), list }
}

function withAnswers(row: HourRow, hour: number, asking: readonly Asking[]): HourRow {
  const sinks = { ...row.sinks }
  for (const { sink, hours } of asking)
    if (sinks[sink] && hours[hour].asked > 0) sinks[sink] = { ...sinks[sink], vendor: hours[hour] }
  const reasons = withVendorReasons({ ...row, sinks })
  return { ...row, sinks, reasons, verdict: verdictOf(reasons) }
}
