// What `runs` says: a line a run, newest first; the error below it where there is one.
import type { Run, RunsPage } from '../../operations/runs.ts'
import { ago, count, cut, span, time } from '../table.ts'
import type { Paint, Style } from '../terminal.ts'
import type { Shown } from './shown.ts'

const ERROR_WIDTH = 100

export function presentRuns(
  { logs, total, lastRun, page, complete }: RunsPage & { page: number; complete: boolean },
  { style, now, given, table }: Shown,
): string {
  if (total === 0) return given.failed ? `No run failed; the last run ended ${ago(lastRun, now) || 'never'}.` : 'No runs yet.'
  if (logs.length === 0) return `Page ${page} does not exist: ${count(total)} runs in all.`
  const shown = table(
    [
      { title: 'service' },
      { title: 'status' },
      { title: 'start (UTC)' },
      { title: 'took', right: true },
      { title: 'logs', right: true },
      { title: 'delivered', right: true },
      { title: 'filtered', right: true, below: true },
      { title: 'dead letters', right: true, below: true },
      { title: 'retries', right: true, below: true },
      { title: 'error', below: true },
    ],
    logs.map((run) => [
      run.service,
      statusPaint(run.status, style)(run.status),
      time(run.start),
      span(Date.parse(run.end) - Date.parse(run.start)),
      count(run.logsProcessed),
      some(run.delivered),
      some(run.filtered),
      run.deadLettered > 0 ? style.red(count(run.deadLettered)) : '',
      some(run.retries),
      cut(run.error, ERROR_WIDTH),
    ]),
  )
  const of = complete ? count(total) : `more than ${count(total)}`
  const more = total > logs.length ? `  ·  page ${page} of ${of} runs; --page and --limit show others` : ''
  return `${shown}\n\n${style.dim(`last run ended ${ago(lastRun, now)}${more}`)}`
}

/** Zeros say nothing in a long table. */
const some = (value: number) => (value > 0 ? count(value) : '')

export function statusPaint(status: Run['status'], style: Style): Paint {
  if (status === 'failed' || status === 'held') return style.red
  if (status === 'recovered') return style.yellow
  return status === 'success' ? style.green : style.dim
}
