// Aligned tables, and the ways in which numbers, sizes and times are written for people.
import { widthOf } from './terminal.ts'

/** `right`: numbers. A column whose every cell is empty is left out. */
export type Column = { title: string; right?: boolean }

/** Columns two blanks apart, the titles above them; cells may carry colours. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], title = (text: string) => text): string {
  const used = columns.map((_, i) => i).filter((i) => rows.some((row) => row[i] !== ''))
  const widths = used.map((i) => Math.max(widthOf(columns[i].title), ...rows.map((row) => widthOf(row[i]))))
  const line = (cells: readonly string[], paint = (text: string) => text) =>
    used
      .map((i, n) => pad(paint(cells[i]), widths[n], columns[i].right === true, n === used.length - 1))
      .join('  ')
      .trimEnd()
  return [
    line(
      columns.map((column) => column.title),
      title,
    ),
    ...rows.map((row) => line(row)),
  ].join('\n')
}

/** Facts one below the other: names, then values. Facts without a value are left out. */
export function facts(pairs: readonly (readonly [name: string, value: string])[], title = (text: string) => text): string {
  const shown = pairs.filter(([, value]) => value !== '')
  const width = Math.max(0, ...shown.map(([name]) => widthOf(name)))
  return shown.map(([name, value]) => `${pad(title(name), width, false, false)}  ${value}`).join('\n')
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

/** Cut with an ellipsis, on one line. */
export function cut(text: string, width: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > width ? `${line.slice(0, Math.max(1, width - 1))}…` : line
}
