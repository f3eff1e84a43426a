// Events as they are shown: deep, long or wide ones are cut, so that no sender decides how much work looking on is.

const MAX_DEPTH = 20
const MAX_TEXT = 1_000
const MAX_MEMBERS = 200
const CUT = '…'

/** A copy of parsed JSON, at most 20 levels deep, 200 members wide and with texts of 1,000 characters; `…` stands for what is left out. */
export function bounded(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.length > MAX_TEXT ? value.slice(0, MAX_TEXT - 1) + CUT : value
  if (typeof value !== 'object' || value === null) return value
  if (depth === MAX_DEPTH) return CUT
  if (Array.isArray(value)) {
    const kept = value.slice(0, MAX_MEMBERS).map((entry: unknown) => bounded(entry, depth + 1))
    return value.length > MAX_MEMBERS ? [...kept, CUT] : kept
  }
  const members = Object.entries(value)
  const kept = members.slice(0, MAX_MEMBERS).map(([name, inner]) => [name.slice(0, MAX_TEXT), bounded(inner, depth + 1)] as const)
  return Object.fromEntries(members.length > MAX_MEMBERS ? [...kept, [CUT, members.length - MAX_MEMBERS]] : kept)
}
