// Which events `tail` and `find` show: by type, level, and what a sink lets through.
import { createFilter, parseTypes } from '../events/filter.ts'
import { LEVELS } from '../events/types.ts'
import { readControl } from '../topics/control.ts'
import { isSink, knownService, sinkFilter } from './services.ts'
import { type Context, type Inputs, type Values, WrongUse } from './operation.ts'

export const eventInputs = {
  type: { meaning: 'only these type codes, comma-separated', kind: 'list' },
  level: { meaning: `minimum level: ${LEVELS.map((name, i) => `${i} ${name}`).join(', ')}`, kind: 'integer' },
  sink: { meaning: "only what passes this sink's filter", kind: 'text', suggest: 'sink' },
} as const satisfies Inputs

/** By type code. @throws WrongUse for a level that there is not, Refusal for an unknown sink */
export async function eventFilter({ client }: Context, { type, level, sink }: Values): Promise<(code: string) => boolean> {
  if (level !== undefined && !(Number(level) < LEVELS.length))
    throw new WrongUse('level', `must be 0 to ${LEVELS.length - 1}, not ${String(level)}`)
  const own = createFilter({
    level: level === undefined ? undefined : Number(level),
    types: parseTypes(((type as string[]) ?? []).join(',')).value,
  })
  const sinks =
    sink === undefined ? undefined : sinkFilter(knownService(await readControl(client, 'filter'), String(sink), isSink))
  return (code) => !own?.(code) && !sinks?.(code)
}
