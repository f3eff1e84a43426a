// A sink's settings: those that every sink has, its own, and what of them the flow works with. Those of every sink may carry the sink's
// prefix (CLOUDWATCH_LOG_LEVEL), which wins over the bare name.
import { createFilter, parseLevel, parseTypes } from '../../events/filter.ts'
import { startFromProblem } from '../../events/log-id.ts'
import { createRedactor, parseRedaction, redactBytes } from '../../events/redact.ts'
import { listenFields } from '../../platform/http.ts'
import { loggerFields } from '../../platform/logger.ts'
import { CONTINUOUS, type Schedule, scheduleProblem, zoneProblem } from '../../platform/schedule.ts'
import {
  boolean,
  checkSettings,
  choice,
  type Environment,
  type Fields,
  integer,
  parsed,
  type Settings,
  showFields,
  text,
} from '../../platform/settings.ts'
import { traceFields } from '../../platform/traces.ts'
import { kafkaFields } from '../../topics/fields.ts'
import type { Limits, Sink } from './contract.ts'

/**
 * @param sink the sink's name; its settings begin with it in capitals
 * @param inFlight deliveries in flight unless set
 */
export function sinkFields(sink: string, inFlight: number, env: Environment) {
  const prefix = `${sink.toUpperCase().replaceAll('-', '_')}_`
  const zone = env[`${prefix}SCHEDULE_TZ`]?.trim() || env.SCHEDULE_TZ?.trim() || 'UTC'
  const redactKey = env[`${prefix}REDACT_KEY`]?.trim() || env.REDACT_KEY?.trim() || ''
  const row = <T>(name: string, meaning: string, parse: (text: string) => { value: T } | { problem: string }, fallback: T) =>
    parsed<T>(prefix + name, meaning, parse, { also: [name], default: fallback, live: true })
  return {
    level: row(
      'LOG_LEVEL',
      'Minimum level to deliver: 0 debug, 1 info, 2 warning, 3 error, 4 critical',
      parseLevel,
      undefined as number | undefined,
    ),
    types: row('LOG_TYPES', 'Event types to deliver: codes, comma-separated', parseTypes, [] as string[]),
    filterMode: choice(
      `${prefix}LOG_FILTER_MODE`,
      'Where both level and types are set: whether an event must satisfy all or any of them',
      ['all', 'any'],
      {
        also: ['LOG_FILTER_MODE'],
        default: 'all',
        live: true,
      },
    ),
    redact: parsed(
      `${prefix}REDACT`,
      'Fields to redact on the way out: path:mask|hash|drop, comma-separated',
      (text) => parseRedaction(text, redactKey),
      {
        also: ['REDACT'],
        default: [],
      },
    ),
    redactKey: text(`${prefix}REDACT_KEY`, 'Key of the HMAC-SHA-256 for hashed fields', {
      also: ['REDACT_KEY'],
      secret: true,
    }),
    sinkStart: text(`${prefix}SINK_START`, 'Where a new sink starts: earliest, latest or an ISO time', {
      also: ['SINK_START'],
      default: 'earliest',
      check: (value) =>
        value === 'earliest' || value === 'latest' || (/^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value)))
          ? undefined
          : 'must be earliest, latest or an ISO time such as 2026-01-31T12:00:00Z',
    }),
    startFrom: text(`${prefix}START_FROM`, 'Rewinds the sink to here, inclusive, once per value: a log_id or an ISO time', {
      also: ['START_FROM'],
      check: startFromProblem,
    }),
    schedule: text(`${prefix}SCHEDULE`, 'When the sink delivers: cron such as */5 * * * *, or continuous', {
      also: ['SCHEDULE'],
      default: CONTINUOUS,
      live: true,
      check: (pattern) => scheduleProblem(pattern, zone),
    }),
    zone: text(`${prefix}SCHEDULE_TZ`, 'Time zone of cron patterns and of the daily report', {
      also: ['SCHEDULE_TZ'],
      default: 'UTC',
      live: true,
      check: zoneProblem,
    }),
    batchSize: integer(`${prefix}BATCH_SIZE`, "Maximum events in one delivery; 0 = the vendor's limit", {
      min: 1,
      unit: 'events',
      live: true,
      default: 0,
    }),
    inFlight: integer(`${prefix}IN_FLIGHT`, 'Maximum deliveries in flight at a time, in one process', {
      default: inFlight,
      min: 1,
      max: 64,
    }),
    state: choice(`${prefix}STATE`, 'State until an operator changes it', ['running', 'paused', 'stopped'], {
      also: ['SINK_STATE'],
      default: 'running',
    }),
    port: integer('SINK_PORT', 'Port of health and metrics; 0 takes any free one', { default: 9100, max: 65_535 }),
    runWindow: integer('RUN_WINDOW', 'How long a run of a continuous service lasts; each ends with a report', {
      default: 60,
      min: 1,
      max: 3600,
      unit: 'seconds',
    }),
    sandbox: boolean('SINK_SANDBOX', 'Delivers to the sandbox, in a consumer group of its own', { default: false }),
  }
}

const DEFAULT_IN_FLIGHT = 4

/** The runtime's settings and the sink's own; all problems of both. */
export function readSinkSettings(sink: Sink, env: Environment) {
  const common = {
    ...kafkaFields,
    ...loggerFields,
    ...listenFields,
    ...traceFields,
    ...sinkFields(sink.name, sink.inFlight ?? DEFAULT_IN_FLIGHT, env),
  }
  const names = (fields: Fields) => Object.values(fields).flatMap((field) => field.names)
  const runtime = checkSettings(common, env, names(sink.fields))
  const own = checkSettings(sink.fields, env, names(common))
  return {
    settings: runtime.settings,
    own: own.settings,
    problems: [...own.problems, ...runtime.problems],
    shown: [...showFields(sink.fields, env), ...showFields(common, env)],
  }
}

/** REDACT as the flow applies it; undefined where nothing is to be hidden. */
export function redactorOf({ redact, redactKey }: ReturnType<typeof readSinkSettings>['settings']) {
  if (redact.length === 0) return undefined
  const redactor = createRedactor(redact, redactKey)
  return (value: Buffer) => redactBytes(value, redactor)
}

/** What of the flow an operator may change while it runs. */
export function changeable(sink: Sink, { settings, own }: Pick<ReturnType<typeof readSinkSettings>, 'settings' | 'own'>) {
  const { level, types, filterMode: mode, batchSize } = settings
  return { limits: limitsOf(sink, own, batchSize), filter: createFilter({ level, types, mode }) }
}

export const scheduleOf = ({ schedule: pattern, zone }: { schedule: string; zone: string }): Schedule => ({ pattern, zone })

/** The vendor's limits, made smaller by `<SINK>_BATCH_SIZE`, never larger. */
function limitsOf(sink: Sink, settings: Settings<Fields>, batchSize: number): Limits {
  const limits = sink.limits(settings)
  return { ...limits, events: batchSize > 0 ? Math.min(batchSize, limits.events) : limits.events }
}
