// How and to whom a result is shown.
import { type Column, facts, table, wrap } from '../table.ts'
import type { Style } from '../terminal.ts'

/**
 * `now`: milliseconds since the epoch. `given`: the verb's input as it was typed. `width`: columns of the terminal. `table`, `facts` and
 * `wrap` keep to them.
 */
export type Shown = {
  style: Style
  now: number
  given: Readonly<Record<string, unknown>>
  width: number
  table: (columns: readonly Column[], rows: readonly (readonly string[])[]) => string
  facts: (pairs: readonly (readonly [name: string, value: string])[]) => string
  wrap: (text: string) => string
}

export function shownOn(style: Style, width: number, given: Shown['given'] = {}, now = Date.now()): Shown {
  return {
    style,
    now,
    given,
    width,
    table: (columns, rows) => table(columns, rows, style.dim, width),
    facts: (pairs) => facts(pairs, style.dim, width),
    wrap: (text) => wrap(text, width),
  }
}
