// Names that were meant to be others. Pure.

/** A name is taken for another that it differs from by so many slips at most. */
const MOST_SLIPS = 2

/** Those of the given names that differ from one of `names` by one or two slips, each with that one; the beginning up to the first `_` is right. */
export function misspelt(given: readonly string[], names: readonly string[]): { given: string; meant: string }[] {
  const prefixes = new Set(names.filter((name) => name.includes('_')).map(prefixOf))
  return given
    .filter((name) => prefixes.has(prefixOf(name)))
    .flatMap((name) => {
      const [nearest] = names
        .map((meant) => ({ meant, distance: editDistance(name, meant) }))
        .toSorted((a, b) => a.distance - b.distance)
      return nearest && nearest.distance <= MOST_SLIPS ? [{ given: name, meant: nearest.meant }] : []
    })
}

const prefixOf = (name: string) => name.slice(0, name.indexOf('_') + 1)

/** Insertions, deletions, replacements and swaps of neighbours between two names (optimal string alignment). */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MOST_SLIPS) return MOST_SLIPS + 1
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array.from<number>({ length: b.length }).fill(0)])
  for (let j = 1; j <= b.length; j++) rows[0][j] = j
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1)
      }
    }
  }
  return rows[a.length][b.length]
}
