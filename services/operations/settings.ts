// `settings`: what a service is set to, and changes of what may change while it runs.
import { parseLevel, parseTypes, unknownTypes } from '../events/filter.ts'
import { publishControl, readControl } from '../topics/control.ts'
import { type Known, knownService, settingNamed, settingsNow, type SettingNow } from './known.ts'
import { type Context, type Operation, Refusal, WrongUse } from './operation.ts'
import { scheduleProblem } from './schedule-times.ts'

export type SettingsShown = { service: string; setBy: { by: string; at: string } | null; settings: SettingNow[] }
/** Values by name, of the settings that were named: empty where not set. */
export type SettingsChange = SettingsShown & {
  before: Record<string, string>
  after: Record<string, string>
  warnings: string[]
}

/** The texts `NAME=value` of a list: a value's own commas were taken for the list's. */
export function assignments(entries: readonly string[]): [name: string, value: string][] {
  const found: [string, string][] = []
  for (const entry of entries) {
    const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(entry) ?? []
    const last = found.at(-1)
    if (name !== undefined) found.push([name, value.trim()])
    else if (last) last[1] += `,${entry}`
    else throw new WrongUse('set', `must be NAME=value, not ${JSON.stringify(entry)}`)
  }
  return found
}

/** What is wrong with a value for a setting, in words that fit after its name; undefined when nothing is. */
export function valueProblem(field: SettingNow, value: string, timeZone: string): string | undefined {
  const is = (name: string) => field.name === name || field.name.endsWith(`_${name}`)
  if (is('SCHEDULE')) return scheduleProblem(value, timeZone)
  if (is('LOG_LEVEL')) return problemOf(parseLevel(value))
  if (field.kind === 'integer' && !/^\d+$/.test(value)) return `must be a whole number, not ${JSON.stringify(value)}`
  if (field.kind === 'boolean' && !/^(true|false)$/.test(value)) return `must be true or false, not ${JSON.stringify(value)}`
  if (field.choices.length > 0 && !field.choices.includes(value))
    return `must be one of ${field.choices.join(', ')}, not ${JSON.stringify(value)}`
  return undefined
}

const problemOf = (read: object) => ('problem' in read ? String(read.problem) : undefined)

/**
 * Writes changed values into `settings/<service>`; null takes a value back, so that the environment's counts again.
 * @throws WrongUse for a name or value that makes no sense, Refusal for what cannot change while the service runs; nothing is changed then
 */
export async function changeSettings(
  { client, producer, by }: Context,
  known: Known,
  changes: readonly (readonly [name: string, value: string | null])[],
): Promise<SettingsChange> {
  const fields = settingsNow(known)
  const timeZone = settingNamed(fields, 'SCHEDULE_TZ')?.now ?? ''
  const values = { ...known.settings?.values }
  const warnings: string[] = []
  const named = changes.map(([name, value]) => ({ field: liveField(known, fields, name), value }))
  for (const { field, value } of named) {
    const problem = value ? valueProblem(field, value, timeZone) : undefined
    if (problem) throw new WrongUse(field.name, problem)
    if (value) values[field.name] = value
    else delete values[field.name]
    const unknown = field.name.endsWith('LOG_TYPES') && value ? unknownTypes(parseTypes(value).value) : []
    if (unknown.length > 0) warnings.push(`${field.name}: Auth0 documents no type ${unknown.join(', ')}; nothing may ever match`)
  }
  const at = new Date().toISOString()
  await publishControl(client, producer, `settings/${known.name}`, { values, by, at })
  const now = settingsNow({ ...known, settings: { v: 1, by, at, values } })
  const of = (shown: readonly SettingNow[]) =>
    Object.fromEntries(named.map(({ field }) => [field.name, shown.find(({ name }) => name === field.name)?.now ?? '']))
  return { service: known.name, setBy: { by, at }, before: of(fields), after: of(now), settings: now, warnings }
}

function liveField(known: Known, fields: readonly SettingNow[], name: string): SettingNow {
  const field = settingNamed(fields, name)
  const live = fields.filter((one) => one.live && !one.secret).map((one) => one.name)
  const others = live.length > 0 ? `what can: ${live.join(', ')}` : 'none of its settings can'
  if (!field) throw new WrongUse(name, `is not a setting of ${known.name}; ${others}`)
  if (field.secret)
    throw new Refusal(
      `${field.name} is a secret and never goes through Kafka: set it in the environment and restart ${known.name}`,
    )
  if (!field.live)
    throw new Refusal(`${field.name} cannot change while ${known.name} runs: set it in its environment and restart it; ${others}`)
  return field
}

/** Only the names: a value that is refused may be a secret, and one that is taken is in `after`. */
const namesOnly = (given: Readonly<Record<string, unknown>>) => {
  const set = [given.set ?? []].flat().map((entry) => String(entry).replace(/=.*/s, '=…'))
  return { ...given, ...(set.length > 0 ? { set } : {}) }
}

export const settings: Operation = {
  name: 'settings',
  summary: 'what a service is set to; --set and --unset change what may change while it runs',
  role: 'operator',
  inputs: {
    service: { meaning: 'whose settings', kind: 'text', required: true, positional: true, suggest: 'service' },
    set: { meaning: 'NAME=value; the bare name stands for the one with the service’s prefix', kind: 'list' },
    unset: { meaning: 'a name whose value in the environment is to count again', kind: 'list' },
  },
  examples: [
    'auth0-logs settings cloudwatch',
    'auth0-logs settings cloudwatch --set LOG_LEVEL=2',
    'auth0-logs settings segment --set LOG_TYPES=s,ss,f --unset LOG_LEVEL',
  ],
  looks: ({ set, unset }) => set === undefined && unset === undefined,
  audited: namesOnly,
  async run(context, { service, set, unset }) {
    const known = knownService(await readControl(context.client, 'settings'), String(service))
    const changes = [...assignments((set ?? []) as string[]), ...((unset ?? []) as string[]).map((name) => [name, null] as const)]
    if (changes.length > 0) return changeSettings(context, known, changes)
    const { by, at } = known.settings ?? {}
    return { service: known.name, setBy: by && at ? { by, at } : null, settings: settingsNow(known) } satisfies SettingsShown
  },
}
