// The filter of a sink as it counts now: what operators set, then the environment, then the defaults.
import { createFilter, type Filter, parseLevel, parseTypes } from '../events/filter.ts'
import { type Known, settingNamed, settingsNow } from './known.ts'

/** Undefined where nothing is filtered. */
export function sinkFilter(known: Known): Filter | undefined {
  const settings = settingsNow(known)
  const now = (name: string) => settingNamed(settings, name)?.now ?? ''
  const level = parseLevel(now('LOG_LEVEL'))
  return createFilter({
    level: 'value' in level ? level.value : undefined,
    types: parseTypes(now('LOG_TYPES')).value,
    mode: now('LOG_FILTER_MODE').toLowerCase() === 'any' ? 'any' : 'all',
  })
}
