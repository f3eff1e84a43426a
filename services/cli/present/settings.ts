// What `settings` says: first what can change while the service runs, then the rest.
import type { SettingNow } from '../../operations/known.ts'
import type { SettingsChange, SettingsShown } from '../../operations/settings.ts'
import { ago, table } from '../table.ts'
import type { Style } from '../terminal.ts'
import type { Shown } from './shown.ts'

export function presentSettings(result: SettingsShown | SettingsChange, { style, now }: Shown): string {
  if ('after' in result) return changed(result, style)
  const { service, setBy, settings } = result
  const who = setBy ? `\n${style.dim(`changed last by ${setBy.by}, ${ago(setBy.at, now)}`)}` : ''
  const live = settings.filter((field) => field.live && !field.secret)
  const fixed = settings.filter((field) => !live.includes(field))
  return [
    `${style.bold(service)}${who}`,
    ...(live.length > 0
      ? [`${style.bold('Can change now')}  auth0-logs settings ${service} --set NAME=value\n${rows(live, style)}`]
      : []),
    `${style.bold('From the environment')}  a change takes a restart\n${rows(fixed, style)}`,
  ].join('\n\n')
}

const rows = (settings: readonly SettingNow[], style: Style) =>
  table(
    [{ title: 'setting' }, { title: 'value' }, { title: 'from' }, { title: 'meaning' }],
    settings.map(({ name, now, unit, from, meaning, secret }) => [
      name,
      now === '' ? '-' : secret || unit === '' ? now : `${now} ${unit}`,
      from === 'operator' ? style.yellow(from) : now === '' ? '' : from,
      style.dim(meaning),
    ]),
    style.dim,
  )

function changed({ service, before, after, warnings }: SettingsChange, style: Style): string {
  const lines = Object.keys(after).map((name) => [name, before[name] || '-', after[name] || '-'])
  const told = table([{ title: 'setting' }, { title: 'before' }, { title: 'now' }], lines, style.dim)
  return [style.bold(service), told, ...warnings.map((warning) => style.yellow(warning))].join('\n')
}
