// What `replay` says: partition, from, to, events, and the sum; then what was done, or what would be.
import type { Replayed } from '../../operations/replay.ts'
import { count, table } from '../table.ts'
import type { Shown } from './shown.ts'

type Ended = { sink: string; message: string; partitions?: undefined }

export function presentReplay(result: Replayed | Ended, { style }: Shown): string {
  if (result.partitions === undefined) return result.message
  const { sink, kind, from, to, partitions, events, repeated, skipped, rate, notes, warnings, applied, message } = result
  const isJob = kind === 'job'
  const title = isJob
    ? `${style.bold(sink)} once more from ${from} to ${to}, beside the live group`
    : `${style.bold(sink)} from ${from} on: the offsets of its group`
  const columns = ['partition', 'from', 'to', 'events']
  const rows = partitions.map((row) => [String(row.partition), count(row.from), count(row.to), count(row.events)])
  const right = columns.map((name) => ({ title: name, right: true }))
  const extra = [
    ...(repeated > 0 ? [`${count(repeated)} of them are behind the group and come again`] : []),
    ...(skipped > 0 ? [`${count(skipped)} before them were never delivered and are passed over`] : []),
    ...(isJob && rate > 0 ? [`at ${count(rate)} events/s that takes ${Math.max(1, Math.ceil(events / rate))} s at least`] : []),
    ...notes,
  ]
  return [
    title,
    '',
    table(right, [...rows, ['all', '', '', count(events)]], style.dim),
    ...extra.map((line) => style.dim(line)),
    ...warnings.map((line) => style.yellow(`! ${line}`)),
    '',
    applied ? style.green(message) : style.bold(message),
  ].join('\n')
}
