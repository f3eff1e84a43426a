// What is said of steering a service: its state, its schedule, its settings.
import type { SettingNow } from '../../operations/services.ts'
import type { ScheduleChange } from '../../operations/schedule.ts'
import type { SettingsChange, SettingsShown } from '../../operations/settings.ts'
import type { StateChange } from '../../operations/state.ts'
import { ago, time, until } from '../table.ts'
import type { Shown } from './shown.ts'

export function presentState({ service, before, after, effect, missed }: StateChange, { style, wrap }: Shown): string {
  const change =
    before.state === after.state
      ? `${style.bold(service)} is already ${after.state}`
      : `${style.bold(service)} is set to ${style.bold(after.state)}; it was ${before.state}`
  return wrap(`${change}\n${missed ? style.yellow(`Not confirmed yet: ${effect}`) : effect}`)
}

export function presentSchedule(
  { service, before, after, timeZone, next }: ScheduleChange,
  { style, now, given }: Shown,
): string {
  const was = given.schedule === undefined ? '' : ` (was ${before.schedule || 'continuous'})`
  const change = `${style.bold(service)}: ${style.bold(after.schedule)}${was}`
  if (next.length === 0) return `${change}\nDelivers continuously.`
  const zone = timeZone ? ` (the expression is read in ${timeZone})` : ''
  return [`${change}`, `next runs, UTC${zone}:`, ...next.map((tick) => `  ${time(tick)}  ${style.dim(until(tick, now))}`)].join(
    '\n',
  )
}

export function presentSettings(result: SettingsShown | SettingsChange, shown: Shown): string {
  const { style, now } = shown
  if ('after' in result) return changed(result, shown)
  const { service, setBy, settings } = result
  const who = setBy ? `\n${style.dim(`changed last by ${setBy.by}, ${ago(setBy.at, now)}`)}` : ''
  const live = settings.filter((field) => field.live && !field.secret)
  const fixed = settings.filter((field) => !live.includes(field))
  return [
    `${style.bold(service)}${who}`,
    ...(live.length > 0
      ? [`${style.bold('Can be changed now')}  auth0-logs settings ${service} --set NAME=value\n${rows(live, shown)}`]
      : []),
    `${style.bold('From the environment')}  changing these needs a restart\n${rows(fixed, shown)}`,
  ].join('\n\n')
}

const rows = (settings: readonly SettingNow[], { style, table }: Shown) =>
  table(
    [{ title: 'setting' }, { title: 'value' }, { title: 'from' }, { title: 'meaning', below: true }],
    settings.map(({ name, now, unit, from, meaning, secret }) => [
      name,
      now === '' ? '-' : secret || unit === '' ? now : `${now} ${unit}`,
      from === 'operator' ? style.yellow(from) : now === '' ? '' : from,
      style.dim(meaning),
    ]),
  )

function changed({ service, before, after, warnings, message }: SettingsChange, { style, table, wrap }: Shown): string {
  const lines = Object.keys(after).map((name) => [name, before[name] || '-', after[name] || '-'])
  const told = table([{ title: 'setting' }, { title: 'before' }, { title: 'now' }], lines)
  const more = message === undefined ? [] : [wrap(style.green(message))]
  return [style.bold(service), told, ...more, ...warnings.map((warning) => wrap(style.yellow(warning)))].join('\n')
}
