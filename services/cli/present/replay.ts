// What `replay` says: partition, from, to, events, and the sum; then what was done, or what would be.
import type { Replayed } from '../../operations/replay.ts'
import { count } from '../table.ts'
import type { Shown } from './shown.ts'

type Ended = { sink: string; message: string; partitions?: undefined }

export function presentReplay(result: Replayed | Ended, { style, table, wrap }: Shown): string {
  if (result.partitions === undefined) return wrap(result.message)
  const { sink, kind, from, to, partitions, events, repeated, skipped, rate, notes, warnings, applied, message } = result
  const isJob = kind === 'job'
  const title = isJob
    ? `Re-deliver to ${style.bold(sink)} from ${from} to ${to}, beside live delivery`
    : `Rewind ${style.bold(sink)} to ${from}`
  const columns = ['partition', 'from', 'to', 'events']
  const rows = partitions.map((row) => [String(row.partition), count(row.from), count(row.to), count(row.events)])
  const right = columns.map((name) => ({ title: name, right: true }))
  const extra = [
    ...(repeated > 0 ? [`${count(repeated)} of them were delivered before and will be sent again`] : []),
    ...(skipped > 0 ? [`${count(skipped)} before them were never delivered and will be skipped`] : []),
    ...(isJob && rate > 0 ? [`takes at least ${Math.max(1, Math.ceil(events / rate))} s at ${count(rate)} events/s`] : []),
    ...notes,
  ]
  return [
    title,
    '',
    table(right, [...rows, ['all', '', '', count(events)]]),
    ...extra.map((line) => wrap(style.dim(line))),
    ...warnings.map((line) => wrap(style.yellow(`! ${line}`))),
    '',
    wrap(applied ? style.green(message) : style.bold(message)),
  ].join('\n')
}
