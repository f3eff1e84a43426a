// Aligned tables, and the ways in which numbers, sizes and times are written for people.
import { stripVTControlCharacters } from 'node:util'
import { widthOf } from './terminal.ts'

/**
 * `right`: numbers. `below`: where the table is too wide, this column's cells go on lines of their own under the row, `title value`.
 * A column whose every cell is empty is left out.
 */
export type Column = { title: string; right?: boolean; below?: boolean }

const GAP = 2
const LEAST_CELL = 8

/**
 * Columns two blanks apart, the titles above them; cells may carry colours. No line is wider than `width`: columns marked so go below
 * their row, and if that is not enough the widest cells are cut.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  title = (text: string) => text,
  width = Number.POSITIVE_INFINITY,
): string {
  const used = columns.map((_, i) => i).filter((i) => rows.some((row) => row[i] !== ''))
  const natural = (i: number) => rows.reduce((most, row) => Math.max(most, widthOf(row[i])), widthOf(columns[i].title))
  const total = (which: readonly number[]) => which.reduce((sum, i) => sum + natural(i) + GAP, -GAP)
  const fits = total(used) <= width
  const beside = fits ? used : used.filter((i) => columns[i].below !== true)
  const below = fits ? [] : used.filter((i) => columns[i].below === true)
  const widths = shrunk(beside.map(natural), width)
  const line = (cells: readonly string[], paint = (text: string) => text) =>
    beside
      .map((i, n) => pad(paint(fitted(cells[i], widths[n])), widths[n], columns[i].right === true, n === beside.length - 1))
      .join(' '.repeat(GAP))
      .trimEnd()
  const under = (row: readonly string[]) => {
    const told = below.filter((i) => row[i] !== '').map((i) => `${title(columns[i].title)} ${row[i]}`)
    return told.length > 0 ? [wrap(told.join(title(' · ')), width, 4, 4)] : []
  }
  const titles = columns.map((column) => column.title)
  return [line(titles, title), ...rows.flatMap((row) => [line(row), ...under(row)])].join('\n')
}

/** The widest ones give, until all of them fit. */
function shrunk(widths: number[], width: number): number[] {
  const all = [...widths]
  for (let over = all.reduce((sum, one) => sum + one + GAP, -GAP) - width; over > 0; ) {
    const [widest, next = LEAST_CELL] = all.toSorted((a, b) => b - a)
    if (widest <= LEAST_CELL) return all
    const give = Math.min(over, Math.max(1, widest - Math.max(next, LEAST_CELL)))
    all[all.indexOf(widest)] -= give
    over -= give
  }
  return all
}

/** Facts one below the other: names, then values, wrapped under themselves. Facts without a value are left out. */
export function facts(
  pairs: readonly (readonly [name: string, value: string])[],
  title = (text: string) => text,
  width = Number.POSITIVE_INFINITY,
): string {
  const shown = pairs.filter(([, value]) => value !== '')
  const names = Math.max(0, ...shown.map(([name]) => widthOf(name)))
  return shown
    .map(([name, value]) => `${pad(title(name), names, false, false)}  ${wrap(value, width, names + GAP, 0)}`)
    .join('\n')
}

/**
 * Breaks lines between words so that none is wider than `width`; a word that is wider alone stays whole, for it may be an id to copy.
 * @param indent blanks before every later line, which also count for the first one @param first blanks before the first line
 */
export function wrap(text: string, width: number, indent = 0, first = indent): string {
  if (width === Number.POSITIVE_INFINITY) return ' '.repeat(first) + text
  const room = Math.max(LEAST_CELL, width - indent)
  const lines = text.split('\n').flatMap((line) => {
    const broken: string[] = ['']
    for (const word of line.split(' ')) {
      const last = broken.length - 1
      const longer = broken[last] === '' ? word : `${broken[last]} ${word}`
      if (broken[last] === '' || widthOf(longer) <= room) broken[last] = longer
      else broken.push(word)
    }
    return broken
  })
  return lines.map((line, i) => ' '.repeat(i === 0 ? first : indent) + line).join('\n')
}

function pad(text: string, width: number, right: boolean, last: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)))
  return right ? blanks + text : last ? text : text + blanks
}

/** 1234567 as 1,234,567 */
export const count = (value: number): string => value.toLocaleString('en')

/** The two largest units of a time span: 4 s, 3 min 20 s, 2 h 5 min, 3 d 4 h. @param ms milliseconds */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min${seconds % 60 > 0 && minutes < 10 ? ` ${seconds % 60} s` : ''}`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h${minutes % 60 > 0 ? ` ${minutes % 60} min` : ''}`
  return `${Math.floor(hours / 24)} d${hours % 24 > 0 ? ` ${hours % 24} h` : ''}`
}

/** How long ago; empty for no time. @param iso ISO time @param now milliseconds since the epoch */
export const ago = (iso: string, now: number): string => (iso === '' ? '' : `${span(now - Date.parse(iso))} ago`)

/** How long until; empty for no time. */
export const until = (iso: string, now: number): string => (iso === '' ? '' : `in ${span(Date.parse(iso) - now)}`)

/** 2026-03-04 05:06:07 in UTC; empty for no time. */
export const time = (iso: string): string => (iso === '' ? '' : iso.replace('T', ' ').replace(/(\.\d+)?Z$/, ''))

const graphemes = new Intl.Segmenter()

/** On one line, cut with an ellipsis so that it takes `width` columns at most; no character is split. */
export function cut(text: string, width: number): string {
  // More than this can never be shown, and need not be looked at.
  const line = text
    .slice(0, width * 20 + 1_000)
    .replaceAll(/\s+/g, ' ')
    .trim()
  if (widthOf(line) <= width) return line
  let kept = ''
  let columns = 0
  for (const { segment } of graphemes.segment(line)) {
    columns += widthOf(segment)
    if (columns > Math.max(1, width - 1)) break
    kept += segment
  }
  return `${kept}…`
}

/** A cell within its column; one that carries colours loses them where it is cut. */
const fitted = (cell: string, width: number) => (widthOf(cell) <= width ? cell : cut(stripVTControlCharacters(cell), width))
