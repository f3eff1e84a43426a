// The services of an installation, as the control topic knows them: what each is, and what operators ask of it.
import { createFilter, type Filter, type FilterRules, parseLevel, parseTypes } from '../events/filter.ts'
import type { ShownField } from '../platform/settings.ts'
import type { ControlRecords, DesiredState, ServiceRecord, SettingsRecord, StateRecord } from '../topics/control.ts'
import { sinkOf } from '../topics/jobs.ts'
import { quoted, Refusal } from './operation.ts'

/** A service with what operators set; `state` and `settings` are absent where nobody did. */
export type Known = { name: string; record: ServiceRecord; state?: StateRecord; settings?: SettingsRecord }

/** In the order in which a log passes them: the way in, the sinks by name, then who watches. */
const ORDER = ['ingest', 'backfill', 'sink', 'console', 'slack']

/** All services that ever announced themselves here. */
export function knownServices(control: ControlRecords): Known[] {
  const records = [...control].flatMap(([key, record]) => (key.startsWith('service/') ? [record as ServiceRecord] : []))
  const sinks = records.filter(({ kind }) => kind === 'sink').map(({ service }) => service)
  const known = records.map((record): Known => {
    const name = record.service
    const state = control.get(`state/${name}`) as StateRecord | undefined
    const settings = control.get(`settings/${name}`) as SettingsRecord | undefined
    const fields = record.kind === 'slack' ? withSinks(record.fields, sinks) : record.fields
    return { name, record: { ...record, fields }, ...(state ? { state } : {}), ...(settings ? { settings } : {}) }
  })
  const place = ({ record }: Known) => ORDER.indexOf(record.kind)
  return known.toSorted((a, b) => place(a) - place(b) || a.name.localeCompare(b.name))
}

const SEND_SUCCESS = 'SLACK_SEND_SUCCESS'

/** What Slack tells can be set for each sink, although the service knows only its own rows: SEGMENT_SLACK_SEND_SUCCESS. */
function withSinks(fields: readonly ShownField[], sinks: readonly string[]): ShownField[] {
  const bare = fields.find(({ name }) => name === SEND_SUCCESS)
  const names = new Set(sinks.map((sink) => `${sinkOf(sink).toUpperCase().replaceAll('-', '_')}_${SEND_SUCCESS}`))
  const missing = [...names].filter((name) => bare && !fields.some((field) => field.name === name)).toSorted()
  const own = (name: string): ShownField => ({
    ...bare!,
    name,
    meaning: `Post successful runs of ${name.slice(0, -SEND_SUCCESS.length - 1).toLowerCase()}; as ${SEND_SUCCESS} unless set`,
    value: '',
    default: '',
  })
  return [...fields, ...missing.map(own)]
}

/**
 * The service of this name; `segment` also finds `segment.sandbox` where there is no other segment.
 * @param fits which services the verb is for, e.g. only sinks
 * @throws Refusal that names those that would do
 */
export function knownService(control: ControlRecords, name: string, fits: (known: Known) => boolean = () => true): Known {
  const candidates = knownServices(control).filter(fits)
  const found = candidates.find((one) => one.name === name) ?? candidates.find((one) => one.name === `${name}.sandbox`)
  if (found) return found
  const names = candidates.map((one) => one.name).join(', ')
  if (names === '')
    throw new Refusal(`No service has announced itself yet, so ${name} is unknown: start the services, or check TOPIC_PREFIX`)
  throw new Refusal(`Unknown service ${quoted(name)}. Available: ${names}`)
}

export const isSink = ({ record }: Known) => record.kind === 'sink'
/** What can be paused, stopped and scheduled: what works on its own, not what waits for others. */
export const isSteered = ({ record }: Known) => record.kind === 'sink' || record.kind === 'backfill'

/** The state that counts: an operator's wins over the environment's. */
export const desiredState = ({ record, state }: Known): DesiredState => state?.state ?? record.state

/** A setting with the value that counts: an operator's wins over the environment's, and that over the default. */
export type SettingNow = ShownField & { now: string; from: 'operator' | 'environment' | 'default' }

/** Every setting of a service, each with the value in force, as text, and where that comes from. Secrets are `***`. */
export function settingsNow({ record, settings }: Known): SettingNow[] {
  return record.fields.map((field) => {
    const changed = settings?.values[field.name] ?? ''
    if (changed !== '') return { ...field, now: changed, from: 'operator' }
    if (field.value !== '') return { ...field, now: field.value, from: 'environment' }
    return { ...field, now: field.default, from: 'default' }
  })
}

/** The setting that is called so, or ends so after the service's own prefix: SCHEDULE finds CLOUDWATCH_SCHEDULE. */
export function settingNamed<F extends { name: string }>(fields: readonly F[], name: string): F | undefined {
  return fields.find((field) => field.name === name) ?? fields.find((field) => field.name.endsWith(`_${name}`))
}

/** The filter of a sink as it counts now: what operators set, then the environment, then the defaults. */
export function sinkRules(known: Known): FilterRules {
  const settings = settingsNow(known)
  const now = (name: string) => settingNamed(settings, name)?.now ?? ''
  const level = parseLevel(now('LOG_LEVEL'))
  return {
    level: 'value' in level ? level.value : undefined,
    types: parseTypes(now('LOG_TYPES')).value,
    mode: now('LOG_FILTER_MODE').toLowerCase() === 'any' ? 'any' : 'all',
  }
}

/** Undefined where nothing is filtered. */
export const sinkFilter = (known: Known): Filter | undefined => createFilter(sinkRules(known))
