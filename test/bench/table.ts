// The results as a table: readable in a terminal, and Markdown.
import type { Result } from './result.ts'

const HEAD = ['work', 'events', 'events/s', "of Kafka's tool", 'CPU-s / 100 K', 'peak RSS MiB', 'p50 / p99 ms']

export function table(results: readonly Result[]): string {
  const rows = [HEAD, ...results.map(cells)]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const line = (row: string[]) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join(' | ')} |`
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  const [head, ...body] = rows.map(line)
  const problems = results.flatMap(({ work, problems }) => problems.map((problem) => `${work}: ${problem}`))
  return [head, rule, ...body, ...(problems.length > 0 ? ['', 'Problems:', ...problems] : [])].join('\n')
}

function cells(result: Result): string[] {
  const { work, events, eventsPerSecond, ratio, ratioTo, cpuSecondsPer100k, peakRssMiB, p50Ms, p99Ms } = result
  return [
    work,
    whole(events),
    whole(eventsPerSecond),
    ratio === undefined ? '' : `${(ratio * 100).toFixed(0)} % of ${ratioTo}`,
    Number.isFinite(cpuSecondsPer100k) ? cpuSecondsPer100k.toFixed(2) : '',
    whole(peakRssMiB),
    p50Ms === undefined || p99Ms === undefined ? '' : `${short(p50Ms)} / ${short(p99Ms)}`,
  ]
}

const whole = (value: number) => (Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '')
const short = (value: number) => value.toFixed(value < 10 ? 1 : 0)
