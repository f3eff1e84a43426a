// `--check`: what the settings of the ingest and its backfill are worth, as one JSON line; nothing is started.
import type { Process } from '../platform/lifecycle.ts'
import { listenFields } from '../platform/http.ts'
import { loggerFields } from '../platform/logger.ts'
import { traceFields } from '../platform/traces.ts'
import { checkSettings, givenName } from '../platform/settings.ts'
import { kafkaFields } from '../topics/fields.ts'
import { backfillFields, backfillProblems } from './backfill/fields.ts'
import { ingestFields } from './fields.ts'
import { tlsPaths } from './tls.ts'

export function checkIngest({ env, stdout }: Process): void {
  const own = { ...ingestFields(env), ...backfillFields(env) }
  const { settings, problems } = checkSettings({ ...kafkaFields, ...loggerFields, ...listenFields, ...traceFields, ...own }, env)
  problems.push(...backfillProblems(settings))
  tlsPaths(settings, problems)
  const given = Object.values(own).flatMap((field) => givenName(field, env) ?? [])
  stdout.write(`${JSON.stringify({ service: 'ingest', given, problems, sandbox: {} })}\n`)
}
