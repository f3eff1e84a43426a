// Any result: names and values, tables where there are lists.
import { facts, table } from '../table.ts'
import type { Shown } from './shown.ts'

export function presentAny(result: object, { style }: Shown): string {
  const plain: [string, string][] = []
  const blocks: string[] = []
  for (const [name, value] of Object.entries(result)) {
    if (Array.isArray(value) && value.some((entry) => typeof entry === 'object' && entry !== null)) {
      blocks.push(`${style.bold(name)}\n${listed(value as object[], style.dim)}`)
    } else plain.push([name, textOf(value)])
  }
  return [facts(plain, style.dim), ...blocks].filter((block) => block !== '').join('\n\n')
}

function listed(rows: readonly object[], title: (text: string) => string): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cells = rows.map((row) => names.map((name) => textOf((row as Record<string, unknown>)[name])))
  const isNumber = (i: number) => cells.every((row) => /^-?[\d.,]*$/.test(row[i]))
  return table(
    names.map((name, i) => ({ title: name, right: isNumber(i) })),
    cells,
    title,
  )
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
