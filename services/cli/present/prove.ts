// What `prove` and `proofs` say: the verdict with its reasons, the day by hour, what to look at, and what to do about it.
import type { ProvedDay } from '../../operations/prove/proofs.ts'
import type { Verified } from '../../operations/prove/sign.ts'
import { fingerprint } from '../../operations/prove/sign.ts'
import { commandOf, recoveriesOf, type Recovery } from '../../operations/prove/recover.ts'
import type { AtVendor, Certificate, Counts, HourRow, Verdict } from '../../topics/proof-records.ts'
import { count, time } from '../table.ts'
import type { Paint } from '../terminal.ts'
import type { Shown } from './shown.ts'

const LISTED = 20

export type Waiting = { job: string; state: string; day: string; message: string }

export function presentProved(result: Certificate | Waiting, shown: Shown): string {
  if (!('hours' in result)) return result.message
  return presentCertificate(result, shown)
}

export function presentProofs(result: Certificate | { days: ProvedDay[] } | { recover: Recovery[] }, shown: Shown): string {
  if ('hours' in result) return presentCertificate(result, shown)
  if ('recover' in result)
    return result.recover.length === 0 ? 'There is nothing to recover.' : result.recover.map(commandOf).join('\n')
  const { style, table } = shown
  if (result.days.length === 0) return 'No day was proved yet: auth0-logs prove proves yesterday, PROVE_AT each night.'
  const rows = result.days.map(({ day, zone, verdict, hours, logs, missing, provedAt, open, error }) => [
    day,
    zone,
    verdict === '' ? style.dim('not proved') : paint(shown, verdict)(words(verdict)),
    hours.map((hour) => paint(shown, hour)(MARK[hour])).join(''),
    count(logs),
    missing > 0 ? count(missing) : '',
    time(provedAt),
    open ? `job ${open.id}: ${open.what || 'waiting'}` : error,
  ])
  return table(
    [
      { title: 'day' },
      { title: 'zone' },
      { title: 'verdict' },
      { title: 'by hour' },
      { title: 'logs', right: true },
      { title: 'missing', right: true },
      { title: 'proved (UTC)' },
      { title: 'now', below: true },
    ],
    rows,
  )
}

const MARK: Record<Verdict, string> = { complete: '.', incomplete: '!', not_decidable: '?' }
const words = (verdict: Verdict) => verdict.replace('_', ' ')

function paint({ style }: Shown, verdict: Verdict): Paint {
  return verdict === 'complete' ? style.green : verdict === 'incomplete' ? style.red : style.yellow
}

function presentCertificate(certificate: Certificate, shown: Shown): string {
  const { day, zone, verdict, reasons, totals, auth0, sinks, list, differences, signature } = certificate
  const { style } = shown
  const facts = shown.facts([
    ['Auth0 lists', auth0 ? count(totals.auth0) : 'was not asked'],
    ['left out by the stream', totals.excluded > 0 ? count(totals.excluded) : ''],
    ['in the topic', `${count(totals.topic)}${totals.copies > totals.topic ? `, in ${count(totals.copies)} records` : ''}`],
    ['missing in the topic', auth0 ? count(totals.missing) : ''],
    ['not listed by Auth0', totals.not_listed > 0 ? count(totals.not_listed) : ''],
    ['calls of Auth0', totals.calls > 0 ? count(totals.calls) : ''],
    ['as of', `${time(certificate.as_of)} UTC`],
    ['signed', signature ? `by the key ${fingerprint(signature.public_key)}` : 'no: PROVE_KEY is not set'],
  ])
  const more = differences.total + differences.left_out - Math.min(LISTED, list.length)
  const todo = recoveriesOf(certificate).map(commandOf)
  return [
    `${style.bold(day)} in ${zone}: ${paint(shown, verdict)(words(verdict))}`,
    ...reasons.map(({ words }) => shown.wrap(`- ${words}`)),
    '',
    facts,
    ...sinks.flatMap(({ sink, verdict }) => [
      '',
      `${style.bold(sink)}: ${paint(shown, verdict)(words(verdict))}`,
      sinkTable(certificate, sink, shown),
      ...vendorLines(certificate, sink, shown),
    ]),
    ...(list.length > 0 ? ['', listTable(certificate, shown)] : []),
    ...(more > 0 ? [style.dim(`and ${count(more)} more; --out <file> writes them all`)] : []),
    ...(todo.length > 0 ? ['', 'To recover:', ...todo.map((line) => `  ${line}`), style.dim('then prove the day again')] : []),
  ].join('\n')
}

const told = (counts: Counts) =>
  Object.entries(counts)
    .map(([name, number]) => `${count(number)} ${name}`)
    .join(', ')
const some = (number: number) => (number > 0 ? count(number) : '')

/** What the vendor said of the sink's logs, or why it was not asked. */
function vendorLines({ hours, sinks }: Certificate, sink: string, shown: Shown): string[] {
  const vendor = sinks.find((one) => one.sink === sink)?.vendor
  if (!vendor) return []
  if (vendor.state === 'cannot') return [shown.style.dim(vendor.problem)]
  const said = hours.flatMap((hour) => hour.sinks[sink]?.vendor ?? [])
  const sum = (counted: (one: AtVendor) => number) => said.reduce((total, one) => total + counted(one), 0)
  const [asked, confirmed] = [sum((one) => one.asked), sum((one) => one.confirmed)]
  const how = vendor.how === 'all' ? 'all delivered logs' : 'some delivered logs of each hour'
  const absent = said.flatMap((one) => one.not_found)
  return [
    ...(asked > 0 || vendor.state === 'asked'
      ? [`the vendor was asked for ${how}: it holds ${count(confirmed)} of ${count(asked)}`]
      : []),
    ...(absent.length > 0
      ? [shown.wrap(`not found there: ${absent.slice(0, LISTED).join(' ')}${absent.length > LISTED ? ' …' : ''}`)]
      : []),
    ...(vendor.state === 'failed' ? [shown.wrap(shown.style.red(`the vendor could not be asked: ${vendor.problem}`))] : []),
  ]
}

/** Hours in which nothing happened are left out. */
function sinkTable({ hours }: Certificate, sink: string, shown: Shown): string {
  const rows = hours
    .filter(({ topic, auth0, reasons }) => topic.logs > 0 || (auth0?.logs ?? 0) > 0 || reasons.length > 0)
    .map((hour) => hourRow(hour, sink, shown))
  if (rows.length === 0) return 'no logs that day'
  return shown.table(
    [
      { title: 'hour' },
      { title: 'Auth0', right: true },
      { title: 'topic', right: true },
      { title: 'delivered', right: true },
      { title: 'redriven', right: true },
      { title: 'delivered or filtered', right: true },
      { title: 'filtered', below: true },
      { title: 'duplicates', right: true },
      { title: 'dead letters', below: true },
      { title: 'at the vendor', below: true },
      { title: 'waiting', right: true },
      { title: 'unknown', right: true },
      { title: '' },
    ],
    rows,
  )
}

function hourRow({ at, auth0, topic, sinks, verdict }: HourRow, sink: string, shown: Shown): string[] {
  const own = sinks[sink]
  return [
    at.slice(11),
    auth0 ? count(auth0.logs) : '',
    count(topic.logs),
    some(own?.delivered ?? 0),
    some(own?.redriven ?? 0),
    some(own?.delivered_or_filtered ?? 0),
    told(own?.filtered ?? {}),
    some(own?.duplicates ?? 0),
    told(own?.dead_lettered ?? {}),
    own?.vendor ? `${count(own.vendor.confirmed)} of ${count(own.vendor.asked)} found` : '',
    some(own?.waiting ?? 0),
    some(own?.unknown ?? 0),
    paint(shown, verdict)(words(verdict)),
  ]
}

function listTable({ list }: Certificate, { table }: Shown): string {
  return table(
    [{ title: 'log_id' }, { title: 'hour' }, { title: 'what' }, { title: 'sink' }, { title: 'why', below: true }],
    list
      .slice(0, LISTED)
      .map(({ log_id: id, hour, kind, sink, why }) => [id, hour.slice(11), kind.replaceAll('_', ' '), sink, why]),
  )
}

/** What `--verify` says of a file. */
export function presentVerified(path: string, { ok, problems, notes, signedBy, certificate }: Verified, shown: Shown): string {
  const { style } = shown
  if (!certificate || !ok)
    return [
      style.red(`${path} is not to be trusted`),
      ...problems.map((problem) => shown.wrap(`- ${problem}`)),
      ...notes.map((note) => shown.wrap(`- ${note}`)),
    ].join('\n')
  const { day, zone, verdict, reasons } = certificate
  return [
    `${style.green(`${path} is as it was made`)}, signed by the key ${signedBy}`,
    ...notes.map((note) => shown.wrap(style.yellow(`- ${note}`))),
    `${style.bold(day)} in ${zone}: ${paint(shown, verdict)(words(verdict))}`,
    ...reasons.map(({ words }) => shown.wrap(`- ${words}`)),
  ].join('\n')
}
