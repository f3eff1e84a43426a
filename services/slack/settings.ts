// Settings of the Slack service: its rows, what `--check` says of them, and those that an operator changes while it runs.
import { listenFields } from '../platform/http.ts'
import type { Process } from '../platform/lifecycle.ts'
import { type Logger, loggerFields } from '../platform/logger.ts'
import { zoneProblem } from '../platform/schedule.ts'
import { boolean, checkSettings, type Environment, type Fields, givenName, integer, text } from '../platform/settings.ts'
import { webhookField } from '../platform/slack.ts'
import type { ControlRecords, SettingsRecord } from '../topics/control.ts'
import { kafkaFields } from '../topics/fields.ts'

export const slackFields = {
  webhook: webhookField('Incoming webhook that failures, recoveries and the daily report go to', { required: true }),
  sendSuccess: boolean(
    'SLACK_SEND_SUCCESS',
    'Post successful runs too; for one sink alone with SEGMENT_SLACK_SEND_SUCCESS and so on',
    {
      default: false,
      live: true,
    },
  ),
  dailyReportTime: integer('DAILY_REPORT_TIME', 'Hour of the daily report, in the time zone SCHEDULE_TZ', {
    default: 16,
    max: 23,
    live: true,
  }),
  timeZone: text('SCHEDULE_TZ', 'Time zone of schedules and of the daily report', {
    default: 'UTC',
    check: zoneProblem,
  }),
  consoleUrl: text('CONSOLE_URL', 'Address of the console in a browser: messages link to it, e.g. https://logs.example.com', {
    check: (url) => (/^https?:$/.test(URL.parse(url)?.protocol ?? '') ? undefined : 'must be an address such as https://…'),
  }),
  port: integer('SLACK_PORT', 'Port of health and metrics; 0 takes any free one', { default: 9101, max: 65_535 }),
  sandbox: boolean('SINK_SANDBOX', 'Posts to the sandbox, with a consumer group of its own', { default: false }),
}

const BARE = 'SLACK_SEND_SUCCESS'

/** A row for every service that has a SLACK_SEND_SUCCESS of its own, by its name in capitals: `SEGMENT`. */
export function successFields(env: Environment): Fields {
  const names = Object.keys(env).filter((name) => name.endsWith(`_${BARE}`))
  return Object.fromEntries(
    names.map((name) => [
      name.slice(0, -BARE.length - 1),
      boolean(name, 'Post successful runs of this service', { default: false }),
    ]),
  )
}

/** As it is written in front of a service's settings: `log-archive` -> `LOG_ARCHIVE`; a sandbox has the settings of the real one. */
export const prefixOf = (service: string) =>
  service
    .replace(/\.sandbox$/, '')
    .toUpperCase()
    .replaceAll('-', '_')

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

/** What console and CLI may change while the service runs: their values win over the environment. */
const liveFields = {
  sendSuccess: slackFields.sendSuccess,
  dailyReportTime: slackFields.dailyReportTime,
  timeZone: slackFields.timeZone,
}

export type LiveSettings = ReturnType<typeof followSettings>

/** @param records the control topic, as it is now */
export function followSettings(env: Environment, records: ControlRecords, log: Logger) {
  let warned = ''

  function values(): Environment {
    const all: Record<string, string | undefined> = { ...env }
    for (const [key, record] of records) {
      if (!key.startsWith('settings/')) continue
      const service = key.slice('settings/'.length)
      for (const [name, value] of Object.entries((record as SettingsRecord).values ?? {})) {
        if (service === 'slack') all[name] = value
        // A sink's own, with or without its prefix: here all of them are known by their full names.
        else if (name.endsWith('SLACK_SEND_SUCCESS')) all[`${prefixOf(service)}_SLACK_SEND_SUCCESS`] = value
      }
    }
    return all
  }

  function settings() {
    const now = values()
    const { settings, problems } = checkSettings(liveFields, now, Object.keys(now))
    if (problems.length === 0) return settings
    const told = JSON.stringify(problems)
    if (told !== warned)
      log.warn({ problems }, 'a setting that an operator changed cannot be used: the settings of the start apply')
    warned = told
    return checkSettings(liveFields, env, Object.keys(env)).settings
  }

  return {
    settings,
    /** Whether successful runs of a service are told: its own setting wins over the bare one. */
    tellsSuccess(service: string): boolean {
      const now = values()
      const { settings: own } = checkSettings(successFields(now), now, Object.keys(now))
      const one = own[prefixOf(service)]
      return typeof one === 'boolean' ? one : settings().sendSuccess
    },
  }
}
