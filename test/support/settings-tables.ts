// The README's settings tables, made from the field rows. `node test/support/settings-tables.ts --write` puts them into README.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { consoleFields } from '../../services/console/fields.ts'
import { backfillFields } from '../../services/ingest/backfill/fields.ts'
import { ingestFields } from '../../services/ingest/fields.ts'
import { listenFields } from '../../services/platform/http.ts'
import { loggerFields } from '../../services/platform/logger.ts'
import { traceFields } from '../../services/platform/traces.ts'
import type { Fields } from '../../services/platform/settings.ts'
import { sinkFields } from '../../services/sinks/runtime/settings.ts'
import { slackFields } from '../../services/slack/settings.ts'
import { kafkaFields } from '../../services/topics/fields.ts'
import { findSinks } from './sinks.ts'

export const README = new URL('../../README.md', import.meta.url)
const BEGIN = '<!-- settings: made by `npm run readme` -->'
const END = '<!-- end of settings -->'

const sinks = (await findSinks()).map(({ sink }) => sink)
const prefixes = sinks.map(({ name }) => `\`${name.toUpperCase().replaceAll('-', '_')}_…\``).join(', ')

/** Every row that there is, by the README's sections. */
export const sections: readonly (readonly [title: string, fields: Fields])[] = [
  ['Ingest', ingestFields({})],
  ['Backfill, in the ingest', backfillFields({})],
  [`Every sink (\`SINK_…\` stands for ${prefixes}; the bare name sets it for all)`, bare(sinkFields('sink', 4, {}))],
  ...sinks.map(({ name, fields }) => [`Sink \`${name}\``, fields] as const),
  ['Slack', slackFields],
  ['Console', consoleFields],
  ['Traces, in the ingest and in every sink', traceFields],
  ['Kafka and the process, in every service', { ...kafkaFields, ...loggerFields, ...listenFields }],
]

export function settingsTables(): string {
  return sections.map(([title, fields]) => `**${title}**\n\n${table(fields)}`).join('\n\n')
}

/** Rows that carry a sink's prefix under the names that people write. */
function bare(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [key, { ...field, names: [field.names.at(-1) ?? field.names[0]] as const }]),
  )
}

function table(fields: Fields): string {
  const rows = Object.values(fields).map((field) => {
    const [name, ...also] = field.names
    const names = [`\`${name}\``, ...also.map((other) => `or \`${other}\``)].join(' ')
    const standard = field.required ? '**required**' : shown(field.default)
    const choices = field.choices
      ? ` (${field.choices.length > 6 ? `${field.choices.slice(0, 3).join(', ')} …` : field.choices.join(', ')})`
      : ''
    return `| ${names} | ${field.meaning.replaceAll('|', '\\|')}${choices}${field.secret ? ' · secret' : ''} | ${standard}${field.unit && standard ? ` ${field.unit}` : ''} |`
  })
  return ['| setting | meaning | default |', '|---|---|---|', ...rows].join('\n')
}

function shown(value: unknown): string {
  if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return ''
  return String(value)
}

/** The README with today's tables in their place. */
export function withTables(readme: string): string {
  const [before, rest] = readme.split(BEGIN)
  return `${before}${BEGIN}\n\n${settingsTables()}\n\n${END}${rest.split(END)[1]}`
}

if (process.argv.includes('--write')) writeFileSync(README, withTables(readFileSync(README, 'utf8')))
