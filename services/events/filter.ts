// Which events a sink takes: by least level, by type codes, or by both.
import { isKnownType, LEVELS, typeLevel } from './types.ts'

/**
 * `level`: the least level that passes, 0 to 4. `types`: the codes that pass; none = no rule.
 * `mode` where both are given: `all` = an event satisfies both, `any` = one is enough, as in the original extensions.
 */
export type FilterRules = { level?: number; types?: readonly string[]; mode?: 'all' | 'any' }

/** The rule that an event does not satisfy. */
export type FilteredBy = 'level' | 'type'

/** Takes the type code, empty where the event has none. Answers undefined when the event passes, else why not. */
export type Filter = (type: string) => FilteredBy | undefined

/**
 * The filter of a sink, or undefined where there is no rule: `filter?.(event.type)` then parses no JSON.
 * An unknown, empty or missing code is level 1; it is filtered like any other, and so counted, never lost.
 * Where an event fails both rules the answer is `type`.
 */
export function createFilter({ level, types = [], mode = 'all' }: FilterRules): Filter | undefined {
  const listed = new Set(types)
  const highEnough = (type: string) => level !== undefined && typeLevel(type) >= level
  if (listed.size === 0) return level === undefined ? undefined : (type) => (highEnough(type) ? undefined : 'level')
  if (level === undefined) return (type) => (listed.has(type) ? undefined : 'type')
  if (mode === 'any') return (type) => (listed.has(type) || highEnough(type) ? undefined : 'type')
  return (type) => (!listed.has(type) ? 'type' : highEnough(type) ? undefined : 'level')
}

/** LOG_LEVEL: one digit. Empty and `-` = not set. */
export function parseLevel(text: string): { value: number | undefined } | { problem: string } {
  const level = text.trim()
  if (level === '' || level === '-') return { value: undefined }
  if (!/^[0-4]$/.test(level)) return { problem: `must be one level: ${LEVELS.map((name, i) => `${i} ${name}`).join(', ')}` }
  return { value: Number(level) }
}

/** LOG_TYPES: codes, comma-separated; empty and `-` entries are ignored. Any code goes: new ones appear every year. */
export function parseTypes(text: string): { value: string[] } {
  const entries = text.split(',').map((entry) => entry.trim())
  return { value: [...new Set(entries)].filter((entry) => entry !== '' && entry !== '-') }
}

/** The codes that Auth0 does not document: worth a warning at start, for they are most often slips. */
export const unknownTypes = (types: readonly string[]): string[] => types.filter((type) => !isKnownType(type))
