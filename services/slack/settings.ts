// The service's settings from its environment, and what `--check` says of them.
import type { Process } from '../platform/lifecycle.ts'
import { listenFields } from '../platform/http.ts'
import { loggerFields } from '../platform/logger.ts'
import { checkSettings, type Environment, givenName } from '../platform/settings.ts'
import { kafkaFields } from '../topics/fields.ts'
import { slackFields, successFields } from './fields.ts'

export const fields = { ...slackFields, ...kafkaFields, ...loggerFields, ...listenFields }

/** All problems at once; `settings` is complete only where there are none. */
export function readSlackSettings(env: Environment) {
  const perService = successFields(env)
  const names = Object.values(perService).flatMap((field) => field.names)
  const common = checkSettings(fields, env, names)
  return {
    settings: common.settings,
    problems: [...common.problems, ...checkSettings(perService, env, Object.keys(env)).problems],
  }
}

/** `given` is what turns it to the real Slack; a setting that is wrong counts too, for it must be told. */
export function printCheck(proc: Process): void {
  const { problems } = readSlackSettings(proc.env)
  const own = Object.values(slackFields).flatMap((field) => field.names)
  const webhook = givenName(slackFields.webhook, proc.env)
  const wrong = problems
    .map(({ setting }) => setting)
    .filter((setting) => own.includes(setting) && (proc.env[setting] ?? '') !== '')
  const given = [...new Set([...(webhook ? [webhook] : []), ...wrong])]
  const sandbox = { SLACK_INCOMING_WEBHOOK: '$ORIGIN/services/T000/B000/sandbox' }
  proc.stdout.write(`${JSON.stringify({ service: 'slack', given, problems, sandbox })}\n`)
}
