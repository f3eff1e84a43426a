// Which filter of a sink was in force when. A control topic is compacted: from the first record that is still there the history is whole,
// for a record that stayed is the last of its key up to the compaction; what was before it, nobody can tell. Pure.
import { CLOCKS_MS } from '../../events/log-id.ts'
import { type Filter, type FilteredBy, parseTypes } from '../../events/filter.ts'
import type { ServiceRecord, SettingsRecord } from '../../topics/control.ts'
import { settingNamed, settingsNow, sinkFilter } from '../services.ts'

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
 * Where a change of the filter took hold in a partition: below `next` the one before it, from `position` on the new one. `told`: its place
 * among all that was told of the sink.
 */
export type Cut = {
  at: number
  told: number
  settings: FilterSettings
  partitions: ReadonlyMap<number, { next: number; position: number }>
}

/** An offset of a stretch that the group passed between two places of what was told of the sink. */
export type Passage = { partition: number; offset: number; after: number; before: number }

/** Which states of the filter can have met an offset, as indices of `times`; all of them where no cut tells. */
export function statesAt(
  times: readonly FilterTime[],
  cuts: readonly Cut[],
  { partition, offset, after, before }: Passage,
): { first: number; last: number } {
  const found = { first: 0, last: times.length - 1 }
  for (const { at, told, settings, partitions } of cuts) {
    const fits = times.flatMap((one, i) => (Math.abs(one.from - at) <= CLOCKS_MS && isSame(one.settings, settings) ? [i] : []))
    const [index = 0] = fits
    // Changed to and fro within a minute: which of the changes it was is not clear.
    if (index < 1 || fits.length > 1) continue
    const place = partitions.get(partition)
    const isWithin = told > after && told < before
    if (told > before || (isWithin && place && offset < place.next)) found.last = Math.min(found.last, index - 1)
    if (told < after || (isWithin && place && offset >= place.position)) found.first = Math.max(found.first, index)
  }
  return found.first <= found.last ? found : { first: 0, last: times.length - 1 }
}

const isSame = (a: FilterSettings, b: FilterSettings) => {
  const types = (text: string) => parseTypes(text).value.join()
  const mode = (text: string) => (text === '' ? 'all' : text.toLowerCase())
  return (
    a.LOG_LEVEL.replace('-', '') === b.LOG_LEVEL.replace('-', '') &&
    types(a.LOG_TYPES) === types(b.LOG_TYPES) &&
    mode(a.LOG_FILTER_MODE) === mode(b.LOG_FILTER_MODE)
  )
}

/**
 * What the filter made of a log that the sink passed at some moment between two: `passes`, the rule that kept it back, or undefined where
 * the filter was changed around then and its states do not agree, or is not known. Clocks may be a minute apart.
 * @param states those that can have met it
 */
export function ruleBetween(
  times: readonly FilterTime[],
  type: string,
  fromMs: number,
  toMs: number,
  states = { first: 0, last: times.length - 1 },
): 'passes' | FilteredBy | undefined {
  const [from, to] = [fromMs - CLOCKS_MS, toMs + CLOCKS_MS]
  if (times.length === 0 || (states.first === 0 && times[0].from > from)) return undefined
  let found: 'passes' | FilteredBy | undefined
  for (let i = states.first; i <= states.last; i++) {
    const ends = times[i + 1]?.from ?? Number.POSITIVE_INFINITY
    if (times[i].from > to || ends <= from) continue
    const rule = times[i].filter?.(type) ?? 'passes'
    if (found !== undefined && found !== rule) return undefined
    found = rule
  }
  return found
}
