// Any result: names and values, tables where there are lists.
import type { Shown } from './shown.ts'

export function presentAny(result: object, shown: Shown): string {
  const { style } = shown
  const plain: [string, string][] = []
  const blocks: string[] = []
  for (const [name, value] of Object.entries(result)) {
    if (Array.isArray(value) && value.some((entry) => typeof entry === 'object' && entry !== null)) {
      blocks.push(`${style.bold(name)}\n${listed(value as object[], shown)}`)
    } else plain.push([name, textOf(value)])
  }
  return [shown.facts(plain), ...blocks].filter((block) => block !== '').join('\n\n')
}

function listed(rows: readonly object[], { table }: Shown): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cells = rows.map((row) => names.map((name) => textOf((row as Record<string, unknown>)[name])))
  const isNumber = (i: number) => cells.every((row) => /^-?[\d.,]*$/.test(row[i]))
  return table(
    names.map((name, i) => ({ title: name, right: isNumber(i) })),
    cells,
  )
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
