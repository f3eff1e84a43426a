// What `jobs` says: a line a job with its progress, or one with its ranges.
import type { JobRow } from '../../operations/jobs.ts'
import { ago, count, cut, span, time } from '../table.ts'
import type { Paint, Style } from '../terminal.ts'
import type { Shown } from './shown.ts'

const ERROR_WIDTH = 200
/** Where there is no room beside the row. */
const UNDER = new Set(['since', 'by', 'error', 'delivered', 'failed'])

export function presentJobs({ jobs, total }: { jobs: JobRow[]; total: number }, { style, now, given, table }: Shown): string {
  if (jobs.length === 0)
    return given.open ? 'No open jobs.' : 'No jobs yet: replay --to, dead-letters redrive and backfill create them.'
  const columns = ['job', 'sink', 'kind', 'state', 'done', 'of', 'delivered', 'failed', 'since', 'by', 'error']
  const numbers = new Set(['done', 'of', 'delivered', 'failed'])
  const rows = jobs.map((job) => [
    job.id,
    job.sink,
    job.kind,
    paintOf(job.state, style)(job.state),
    percent(job),
    job.unit === 'minutes' ? `${count(job.total)} min` : count(job.total),
    count(job.delivered),
    job.failed > 0 ? style.red(count(job.failed)) : '',
    ago(job.since, now),
    job.by,
    cut(job.error || job.waits, ERROR_WIDTH),
  ])
  const more = total > jobs.length ? `\n\n${style.dim(`${count(jobs.length)} of ${count(total)} jobs; --limit shows more`)}` : ''
  return (
    table(
      columns.map((title) => ({ title, right: numbers.has(title), below: UNDER.has(title) })),
      rows,
    ) + more
  )
}

type JobShown = JobRow & {
  ranges: { partition: number; from: number; to: number; reached?: number }[]
}

export function presentJob(job: JobShown, shown: Shown): string {
  const { style, now, table } = shown
  const left =
    job.perSecond > 0 && job.endedAt === '' ? `, about ${span(((job.total - job.done) / job.perSecond) * 1000)} left` : ''
  const told = shown.facts([
    ['what', `${job.kind} to ${job.sink}, from ${job.from} to ${job.to}`],
    ['state', `${paintOf(job.state, style)(job.state)}${job.members > 0 ? `, ${job.members} members working on it` : ''}`],
    [
      'done',
      `${percent(job)}: ${count(job.done)} of ${count(job.total)} ${job.unit === 'minutes' ? 'minutes of the log' : 'records'}${left}`,
    ],
    ['delivered', count(job.delivered)],
    ['failed', job.failed > 0 ? style.red(`${count(job.failed)}, back in the dead letters`) : ''],
    ['left out', job.leftOut > 0 ? `${count(job.leftOut)}, filtered or not asked for` : ''],
    ['only', job.only],
    ['pace', `${job.perSecond} events/s${job.rate > 0 ? `, at most ${count(job.rate)}` : ''}`],
    ['created', `${time(job.since)} UTC by ${job.by}, ${ago(job.since, now)}`],
    ['ended', job.endedAt && `${time(job.endedAt)} UTC, after ${span(Date.parse(job.endedAt) - Date.parse(job.since))}`],
    ['waits', style.yellow(job.waits)],
    ['error', style.red(cut(job.error, 1_000))],
  ])
  const rows = job.ranges.map(({ partition, from, to, reached }) => [
    String(partition),
    count(from),
    count(to - 1),
    count(reached ?? from),
  ])
  const columns = ['partition', 'first', 'last', 'next'].map((title) => ({ title, right: true }))
  return [style.bold(job.id), told, ...(rows.length > 0 ? ['', table(columns, rows)] : [])].join('\n')
}

export const presentCancelled = ({ message }: { message: string }, { wrap }: Shown): string => wrap(message)

const percent = ({ done, total }: JobRow) => `${total > 0 ? Math.floor((done / total) * 100) : 100} %`

function paintOf(state: JobRow['state'], style: Style): Paint {
  if (state === 'failed') return style.red
  if (state === 'done') return style.green
  return state === 'cancelled' ? style.dim : style.yellow
}
