// Settings of the backfill, the second way in: logs read from the Management API.
import { auth0Fields } from '../../auth0/fields.ts'
import { proveAtField, proveFields } from '../../operations/prove/fields.ts'
import { startFromProblem } from '../../events/log-id.ts'
import type { Problem } from '../../platform/errors.ts'
import { checkSettings, choice, type Environment, integer, type Settings, text } from '../../platform/settings.ts'
import { CONTINUOUS, scheduleProblem, zoneProblem } from '../../platform/schedule.ts'

/** Rows depend on the environment in one thing: a cron pattern is judged in its time zone. */
export function backfillFields(env: Environment) {
  const zone = env.SCHEDULE_TZ?.trim() || 'UTC'
  return {
    backfill: choice(
      'BACKFILL',
      'Reads logs from the Management API: poll reads all, reconcile finds what the stream missed',
      ['off', 'poll', 'reconcile'],
      {
        default: 'off',
      },
    ),
    ...auth0Fields({ required: false }),
    batchSize: integer('BATCH_SIZE', 'Logs read per request of the backfill', { default: 100, min: 1, max: 100, live: true }),
    startFrom: text('START_FROM', 'Where the backfill starts, inclusive: a log_id or an ISO time; used once per value', {
      check: startFromProblem,
    }),
    schedule: text('SCHEDULE', 'When the backfill runs: cron such as */5 * * * *, or continuous', {
      default: CONTINUOUS,
      live: true,
      check: (pattern) => scheduleProblem(pattern, zone),
    }),
    zone: text('SCHEDULE_TZ', 'Time zone of cron patterns and of the daily report', {
      default: 'UTC',
      live: true,
      check: zoneProblem,
    }),
    reconcileDelay: integer('RECONCILE_DELAY', 'How far reconcile stays behind the stream', {
      default: 300,
      min: 10,
      max: 86_400,
      unit: 'seconds',
    }),
    stream: text('AUTH0_LOG_STREAM', "Name or id of the tenant's log stream that reconcile watches; needed where it has several"),
    auth0RetentionDays: integer('AUTH0_LOG_RETENTION_DAYS', "How long the tenant's plan keeps logs: 1, 5, 10 or 30", {
      default: 5,
      min: 1,
      max: 365,
      unit: 'days',
    }),
    proveAt: proveAtField,
    ...proveFields,
    runWindow: integer('RUN_WINDOW', 'How long a run of a continuous service lasts; each ends with a report', {
      default: 60,
      min: 1,
      max: 3600,
      unit: 'seconds',
    }),
  }
}

export type BackfillSettings = Settings<ReturnType<typeof backfillFields>>

/** What is missing where the backfill is on: it needs all of Auth0's settings. */
export function backfillProblems({ backfill, domain, clientId, clientSecret }: BackfillSettings): Problem[] {
  // Undefined where BACKFILL itself is no choice: that is told by its row.
  if (backfill !== 'poll' && backfill !== 'reconcile') return []
  const needed = { AUTH0_DOMAIN: domain, AUTH0_CLIENT_ID: clientId, AUTH0_CLIENT_SECRET: clientSecret }
  return Object.entries(needed).flatMap(([setting, value]) =>
    value ? [] : [{ setting, problem: `is missing: BACKFILL=${backfill} reads the Management API` }],
  )
}

/** Settings of the environment with those of an operator, which win. @throws with all problems in one line */
export function settingsWith(env: Environment, values: Readonly<Record<string, string>>): BackfillSettings {
  const merged = { ...env, ...values }
  const fields = backfillFields(merged)
  const { settings, problems } = checkSettings(fields, merged)
  const own = problems.filter(({ setting }) => Object.values(fields).some(({ names }) => names.includes(setting)))
  if (own.length > 0) throw new Error(own.map(({ setting, problem }) => `${setting}: ${problem}`).join('; '))
  return settings
}
