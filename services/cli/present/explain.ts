// What `explain` says: where a log is, and a line a sink.
import type { AtSink, Explained } from '../../operations/explain.ts'
import { time } from '../table.ts'
import type { Paint, Style } from '../terminal.ts'
import type { Shown } from './shown.ts'

export function presentExplained({ logId, storedAt, copies, sinks, notes }: Explained, shown: Shown): string {
  const { style } = shown
  const [copy] = copies
  const received = copies.map(
    ({ partition, offset, receivedAt, source }) =>
      `${time(receivedAt)} UTC by ${source || 'an unknown source'}, partition ${partition} offset ${offset}`,
  )
  const told = shown.facts([
    ['type', copy?.type ?? ''],
    ['stored by Auth0', storedAt && `${time(storedAt)} UTC`],
    ...received.map((text, i) => [i === 0 ? 'received' : 'received again', text] as const),
  ])
  // A log has one line a sink; only copies need their offset.
  const partitions = new Set(copies.map(({ partition }) => partition)).size
  const rows = sinks.map(({ sink, partition, offset, outcome, detail, certain }) => [
    sink,
    copies.length > 1 ? `${partitions > 1 ? `${partition}:` : ''}${offset}` : '',
    paintOf(outcome, style)(outcome.replace('_', ' ')),
    certain ? detail : style.dim(`${detail} (not certain)`),
  ])
  const at =
    rows.length > 0
      ? [
          '',
          shown.table(
            [{ title: 'sink' }, { title: 'offset', right: true }, { title: 'outcome' }, { title: 'why', below: true }],
            rows,
          ),
        ]
      : []
  return [style.bold(logId), told, ...at, ...notes.map((note) => shown.wrap(style.yellow(note)))].join('\n')
}

function paintOf(outcome: AtSink['outcome'], style: Style): Paint {
  if (outcome === 'delivered') return style.green
  if (outcome === 'dead_lettered') return style.red
  return outcome === 'waiting' ? style.yellow : style.dim
}
