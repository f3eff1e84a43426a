// The end of a soak as tables, and whether it was good.
import { SINKS } from '../support/vendors.ts'
import { growth } from './measures.ts'
import type { Result } from './run.ts'

export function report({ answered, faults, sinks, usage, slackMessages, problems, seed }: Result): { text: string; ok: boolean } {
  const wrong = [...problems]
  for (const sink of SINKS) {
    const { lost, account } = sinks[sink]
    if (lost > 0) wrong.push(`${lost} events never arrived at ${sink}`)
    wrong.push(...account.map((problem) => `the account of ${sink}: ${problem}`))
  }
  for (const [name, one] of Object.entries(usage))
    if (name !== 'vendors') wrong.push(...growth(one).map((grown) => `${name} grows: ${grown}`))
  const arrivals = table(
    ['sink', 'answered', 'delivered', 'repeated', 'lost', 'account'],
    SINKS.map((sink) => {
      const { delivered, repeated, lost, account } = sinks[sink]
      return [sink, answered, delivered, repeated, lost, account.length === 0 ? 'adds up' : 'DOES NOT ADD UP']
    }),
  )
  const processes = table(
    ['process', 'RSS MiB', 'descriptors', 'CPU %', 'age s'],
    Object.entries(usage).map(([name, { begin, end, ageSeconds }]) => [
      name,
      `${begin.rssMiB.toFixed(0)} -> ${end.rssMiB.toFixed(0)}`,
      `${begin.descriptors} -> ${end.descriptors}`,
      `${begin.cpuPercent.toFixed(1)} -> ${end.cpuPercent.toFixed(1)}`,
      ageSeconds || '',
    ]),
  )
  const verdict = wrong.length === 0 ? 'nothing lost, nothing grows' : ['WRONG:', ...wrong].join('\n  ')
  const text = [`${faults} faults, seed ${seed}, ${slackMessages} Slack messages`, '', arrivals, '', processes, '', verdict].join(
    '\n',
  )
  return { text, ok: wrong.length === 0 }
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const all = [head, ...rows].map((row) => row.map(String))
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd()
  return all.map(line).join('\n')
}
