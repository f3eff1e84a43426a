// `settings`: what a service is set to, and changes of what may change while it runs.
import { parseLevel, parseTypes, unknownTypes } from '../events/filter.ts'
import { startFromProblem } from '../events/log-id.ts'
import { zoneProblem } from '../platform/schedule.ts'
import { boolean, checkSettings, choice, type Field, integer, parsed, type ShownField, text } from '../platform/settings.ts'
import { publishControl, readControl } from '../topics/control.ts'
import { isSink, type Known, knownService, settingNamed, settingsNow, type SettingNow } from './services.ts'
import { type Context, type Operation, quoted, Refusal, WrongUse } from './operation.ts'
import { proveAtProblem } from './prove/fields.ts'
import { rewind } from './replay.ts'
import { scheduleProblem } from './schedule-times.ts'

export type SettingsShown = { service: string; setBy: { by: string; at: string } | null; settings: SettingNow[] }
/** Values by name, of the settings that were named: empty where not set. */
export type SettingsChange = SettingsShown & {
  before: Record<string, string>
  after: Record<string, string>
  warnings: string[]
  /** What else was done. */
  message?: string
}

/** The texts `NAME=value` of a list: a value's own commas were taken for the list's. */
export function assignments(entries: readonly string[]): [name: string, value: string][] {
  const found: [string, string][] = []
  for (const entry of entries) {
    const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(entry) ?? []
    const last = found.at(-1)
    if (name !== undefined) found.push([name, value.trim()])
    else if (last) last[1] += `,${entry}`
    else throw new WrongUse('set', `must be NAME=value, not ${quoted(entry)}`)
  }
  return found
}

/**
 * What is wrong with a value for a setting, in the service's own words that fit after its name; undefined when nothing is. The rows are
 * made here as the services make theirs, so both take the same texts; a test holds them together.
 */
export function valueProblem(field: ShownField, value: string, timeZone: string): string | undefined {
  return checkSettings({ row: rowOf(field, timeZone) }, { [field.name]: value }).problems[0]?.problem
}

function rowOf(field: ShownField, timeZone: string): Field {
  const { name, kind, meaning, min, max, choices } = field
  const is = (bare: string) => name === bare || name.endsWith(`_${bare}`)
  const checked = (check: (text: string) => string | undefined) => text(name, meaning, { check })
  if (is('SCHEDULE')) return checked((pattern) => scheduleProblem(pattern, timeZone))
  if (is('SCHEDULE_TZ')) return checked(zoneProblem)
  if (is('START_FROM')) return checked(startFromProblem)
  if (is('PROVE_AT')) return checked(proveAtProblem)
  if (is('LOG_LEVEL')) return parsed(name, meaning, parseLevel)
  if (is('LOG_TYPES')) return parsed(name, meaning, parseTypes)
  if (kind === 'integer') return integer(name, meaning, { min: min ?? (is('BATCH_SIZE') ? 1 : 0), max })
  if (kind === 'boolean') return boolean(name, meaning, {})
  return kind === 'choice' ? choice(name, meaning, choices, {}) : checked(() => undefined)
}

/** A choice as the rows spell it, whatever the case it was given in. */
const spelt = ({ choices }: ShownField, value: string) =>
  choices.find((choice) => choice.toLowerCase() === value.toLowerCase()) ?? value

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
  const values: Record<string, string> = { ...known.settings?.values }
  const warnings: string[] = []
  const named = changes.map(([name, value]) => ({ field: liveField(known, fields, name), value: value?.trim() }))
  for (const { field, value } of named) {
    if (value) values[field.name] = spelt(field, value)
    else delete values[field.name]
    const unknown = field.name.endsWith('LOG_TYPES') && value ? unknownTypes(parseTypes(value).value) : []
    if (unknown.length > 0) warnings.push(`${field.name}: Auth0 documents no type ${unknown.join(', ')}; nothing may ever match`)
  }
  refuseWrong(known, fields, values, named)
  const at = new Date().toISOString()
  await publishControl(client, producer, `settings/${known.name}`, { values, by, at })
  const now = settingsNow({ ...known, settings: { v: 1, by, at, values } })
  const of = (shown: readonly SettingNow[]) =>
    Object.fromEntries(named.map(({ field }) => [field.name, shown.find(({ name }) => name === field.name)?.now ?? '']))
  return { service: known.name, setBy: { by, at }, before: of(fields), after: of(now), settings: now, warnings }
}

/** The service takes all values or none, so those set earlier are looked at too. */
function refuseWrong(
  known: Known,
  fields: readonly SettingNow[],
  values: Record<string, string>,
  named: readonly { field: SettingNow }[],
): void {
  const timeZone = values[settingNamed(fields, 'SCHEDULE_TZ')?.name ?? ''] ?? zoneOf(fields)
  for (const field of fields) {
    const value = Object.hasOwn(values, field.name) ? values[field.name] : ''
    const problem = value === '' ? undefined : valueProblem(field, value, timeZone)
    if (problem === undefined) continue
    const isNew = named.some((one) => one.field.name === field.name)
    const cure = `; it was set earlier: auth0-logs settings ${known.name} --unset ${field.name}`
    throw new WrongUse(field.name, isNew ? problem : problem + cure)
  }
}

/** The environment's, or the default: what counts where an operator's is taken back. */
const zoneOf = (fields: readonly SettingNow[]) => {
  const zone = settingNamed(fields, 'SCHEDULE_TZ')
  return zone?.value || zone?.default || 'UTC'
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
  summary: 'show a service’s settings; --set and --unset change those that may change while it runs',
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
    const { by, at } = known.settings ?? {}
    if (changes.length === 0)
      return { service: known.name, setBy: by && at ? { by, at } : null, settings: settingsNow(known) } satisfies SettingsShown
    const isStart = ([name]: (typeof changes)[number]) => isSink(known) && /^([A-Z0-9_]+_)?START_FROM$/.test(name)
    const [startFrom] = changes.filter(isStart).map(([, value]) => value ?? '')
    const others = changes.filter((change) => !isStart(change))
    if (startFrom === undefined) return changeSettings(context, known, others)
    const problem = startFrom === '' ? 'is set by a value: a log_id or an ISO time' : startFromProblem(startFrom)
    if (problem) throw new WrongUse('START_FROM', `${problem}, not ${quoted(startFrom)}`)
    const changed = await changeSettings(context, known, others)
    const { message, warnings } = await rewind(context, known, startFrom)
    return {
      ...changed,
      before: { ...changed.before, START_FROM: '' },
      after: { ...changed.after, START_FROM: startFrom },
      warnings: [...changed.warnings, ...warnings],
      message,
    }
  },
}
