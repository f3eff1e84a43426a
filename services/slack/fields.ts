// Settings of the Slack service.
import { zoneProblem } from '../platform/schedule.ts'
import { boolean, type Environment, type Fields, integer, text } from '../platform/settings.ts'
import { webhookField } from '../platform/slack.ts'

export const slackFields = {
  webhook: webhookField('Incoming webhook that failures, recoveries and the daily report go to', { required: true }),
  sendSuccess: boolean(
    'SLACK_SEND_SUCCESS',
    'Tell successful runs too; of one sink alone with SEGMENT_SLACK_SEND_SUCCESS and so on',
    {
      default: false,
      live: true,
    },
  ),
  dailyReportTime: integer('DAILY_REPORT_TIME', 'Hour of the daily report, local by SCHEDULE_TZ', {
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
      boolean(name, 'Tell successful runs of this service', { default: false }),
    ]),
  )
}

/** As it is written in front of a service's settings: `log-archive` -> `LOG_ARCHIVE`; a sandbox has the settings of the real one. */
export const prefixOf = (service: string) =>
  service
    .replace(/\.sandbox$/, '')
    .toUpperCase()
    .replaceAll('-', '_')
