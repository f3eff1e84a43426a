// The page of metrics in services/deploy/README.md, made from the rows. `node test/support/metrics-table.ts --write` puts it there.
import { readFileSync, writeFileSync } from 'node:fs'
import { consoleMetrics } from '../../services/console/metrics.ts'
import { backfillRows } from '../../services/ingest/backfill/metrics.ts'
import { ingestMetrics } from '../../services/ingest/metrics.ts'
import { METRIC_PREFIX, type MetricRow, processMetrics } from '../../services/platform/metrics.ts'
import { sinkMetrics } from '../../services/sinks/runtime/metrics.ts'
import { slackMetrics } from '../../services/slack/metrics.ts'

export const DEPLOY_README = new URL('../../services/deploy/README.md', import.meta.url)
const BEGIN = '<!-- metrics: made by `npm run readme` -->'
const END = '<!-- end of metrics -->'

/** Every metric that there is, by the service that tells it. */
export const metricSections: readonly (readonly [title: string, rows: Record<string, MetricRow>])[] = [
  ['Every service', processMetrics],
  ['Ingest', ingestMetrics],
  ['Backfill, in the ingest', backfillRows],
  ['Every sink', sinkMetrics],
  ['Console, of the sinks as Kafka has them', consoleMetrics],
  ['Slack', slackMetrics],
]

/** By full name, as a query writes it. */
export const metricRows: ReadonlyMap<string, MetricRow> = new Map(
  metricSections.flatMap(([, rows]) => Object.values(rows).map((row) => [METRIC_PREFIX + row.name, row] as const)),
)

export function metricTables(): string {
  return metricSections.map(([title, rows]) => `**${title}**\n\n${table(Object.values(rows))}`).join('\n\n')
}

function table(rows: readonly MetricRow[]): string {
  const lines = rows.map(
    ({ name, type, labels, meaning }) =>
      `| \`${METRIC_PREFIX}${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${meaning.replaceAll('|', '\\|')} |`,
  )
  return ['| metric | type | labels | meaning |', '|---|---|---|---|', ...lines].join('\n')
}

/** The README with today's metrics in their place. */
export function withMetrics(readme: string): string {
  const [before, rest] = readme.split(BEGIN)
  return `${before}${BEGIN}\n\n${metricTables()}\n\n${END}${rest.split(END)[1]}`
}

if (process.argv.includes('--write')) writeFileSync(DEPLOY_README, withMetrics(readFileSync(DEPLOY_README, 'utf8')))
