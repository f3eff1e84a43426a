// A sink's settings: the runtime's and its own, and what of them the flow works with.
import { createFilter } from '../../events/filter.ts'
import { listenFields } from '../../platform/http.ts'
import { loggerFields } from '../../platform/logger.ts'
import type { Schedule } from '../../platform/schedule.ts'
import { checkSettings, type Environment, type Fields, type Settings, showFields } from '../../platform/settings.ts'
import { kafkaFields } from '../../topics/fields.ts'
import type { Limits, Sink } from './contract.ts'
import { sinkFields } from './fields.ts'

const DEFAULT_IN_FLIGHT = 4

/** The runtime's settings and the sink's own; all problems of both. */
export function readSinkSettings(sink: Sink, env: Environment) {
  const common = {
    ...kafkaFields,
    ...loggerFields,
    ...listenFields,
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
