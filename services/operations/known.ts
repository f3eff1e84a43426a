// The services of an installation, as the control topic knows them: what each is, and what operators wish of it.
import type { ShownField } from '../platform/settings.ts'
import {
  type ControlRecords,
  type DesiredState,
  isDesiredState,
  type ServiceRecord,
  type SettingsRecord,
  type StateRecord,
} from '../topics/control.ts'
import { Refusal } from './operation.ts'

/** A service with what operators set; `state` and `settings` are absent where nobody did. */
export type Known = { name: string; record: ServiceRecord; state?: StateRecord; settings?: SettingsRecord }

/** In the order in which a log passes them: the way in, the sinks by name, then who watches. */
const ORDER = ['ingest', 'backfill', 'sink', 'console', 'slack']

/** All services that ever announced themselves here. */
export function knownServices(control: ControlRecords): Known[] {
  const known = [...control].flatMap(([key, record]): Known[] => {
    const name = key.startsWith('service/') ? key.slice('service/'.length) : ''
    if (name === '' || !Array.isArray((record as Partial<ServiceRecord>).fields)) return []
    const state = control.get(`state/${name}`) as StateRecord | undefined
    const settings = control.get(`settings/${name}`) as SettingsRecord | undefined
    return [
      {
        name,
        record: record as ServiceRecord,
        ...(isDesiredState(state?.state) ? { state } : {}),
        ...(settings?.values ? { settings } : {}),
      },
    ]
  })
  const place = ({ record }: Known) => ORDER.indexOf(record.kind)
  return known.toSorted((a, b) => place(a) - place(b) || a.name.localeCompare(b.name))
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
    throw new Refusal(`no service has announced itself yet, so there is no ${name}: start the services, or check TOPIC_PREFIX`)
  throw new Refusal(`${name} is not a service that this works on here: there are ${names}`)
}

export const isSink = ({ record }: Known) => record.kind === 'sink'
/** What can be paused, stopped and scheduled: what works on its own, not what waits for others. */
export const isSteered = ({ record }: Known) => record.kind === 'sink' || record.kind === 'backfill'

/** The state that counts: an operator's wish wins over the environment. */
export const desiredState = ({ record, state }: Known): DesiredState => state?.state ?? record.state

/** A setting with the value that counts: an operator's wins over the environment's, and that over the default. */
export type SettingNow = ShownField & { now: string; from: 'operator' | 'environment' | 'default' }

export function settingsNow({ record, settings }: Known): SettingNow[] {
  return record.fields.map((field) => {
    const wished = settings?.values[field.name] ?? ''
    if (wished !== '') return { ...field, now: wished, from: 'operator' }
    if (field.value !== '') return { ...field, now: field.value, from: 'environment' }
    return { ...field, now: field.default, from: 'default' }
  })
}

/** The setting that is called so, or ends so after the service's own prefix: SCHEDULE finds CLOUDWATCH_SCHEDULE. */
export function settingNamed<F extends { name: string }>(fields: readonly F[], name: string): F | undefined {
  return fields.find((field) => field.name === name) ?? fields.find((field) => field.name.endsWith(`_${name}`))
}
