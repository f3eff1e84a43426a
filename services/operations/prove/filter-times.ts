// Which filter of a sink was in force when. A control topic is compacted: from the first record that is still there the history is whole,
// for a record that stayed is the last of its key up to the compaction; what was before it, nobody can tell. Pure.
import { CLOCKS_MS } from '../../events/log-id.ts'
import type { Filter, FilteredBy } from '../../events/filter.ts'
import type { ServiceRecord, SettingsRecord } from '../../topics/control.ts'
import { settingNamed, settingsNow } from '../known.ts'
import { sinkFilter } from '../sink-filter.ts'

export type FilterSettings = { LOG_LEVEL: string; LOG_TYPES: string; LOG_FILTER_MODE: string }
/** From `from` on, milliseconds since the epoch. `filter` is undefined where everything passes. */
export type FilterTime = { from: number; settings: FilterSettings; filter: Filter | undefined }

/** A record of the control topic about one sink, in the order of the topic; `value` is undefined for one that was deleted. */
export type ControlChange = { at: number; kind: 'service' | 'settings'; value: unknown }

/** @param changes of one sink, oldest first @param isWhole nothing before the first of them was compacted away */
export function filterTimes(service: string, changes: readonly ControlChange[], isWhole: boolean): FilterTime[] {
  const times: FilterTime[] = []
  let record: ServiceRecord | undefined
  let settings: SettingsRecord | undefined
  for (const { at, kind, value } of changes) {
    if (kind === 'service') record = value as ServiceRecord | undefined
    else settings = value as SettingsRecord | undefined
    if (!record) continue
    const known = { name: service, record, ...(settings ? { settings } : {}) }
    const all = settingsNow(known)
    const now = (name: string) => settingNamed(all, name)?.now ?? ''
    const own = { LOG_LEVEL: now('LOG_LEVEL'), LOG_TYPES: now('LOG_TYPES'), LOG_FILTER_MODE: now('LOG_FILTER_MODE') }
    if (JSON.stringify(own) === JSON.stringify(times.at(-1)?.settings)) continue
    // Before a sink first said what it is, it delivered nothing.
    const from = times.length === 0 && isWhole ? Number.NEGATIVE_INFINITY : at
    times.push({ from, settings: own, filter: sinkFilter(known) })
  }
  return times
}

/**
 * What the filter made of a log that the sink passed at some moment between two: `passes`, the rule that kept it back, or undefined where
 * the filter was changed around then and its states do not agree, or is not known. Clocks may be a minute apart.
 */
export function ruleBetween(
  times: readonly FilterTime[],
  type: string,
  fromMs: number,
  toMs: number,
): 'passes' | FilteredBy | undefined {
  const [from, to] = [fromMs - CLOCKS_MS, toMs + CLOCKS_MS]
  if (times.length === 0 || times[0].from > from) return undefined
  let found: 'passes' | FilteredBy | undefined
  for (const [i, { from: begins, filter }] of times.entries()) {
    const ends = times[i + 1]?.from ?? Number.POSITIVE_INFINITY
    if (begins > to || ends <= from) continue
    const rule = filter?.(type) ?? 'passes'
    if (found !== undefined && found !== rule) return undefined
    found = rule
  }
  return found
}
