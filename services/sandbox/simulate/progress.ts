// How far the sending has come, for a person: at most one line a second.
import type { SendResult } from './send.ts'

const EVERY_MS = 1_000
const number = (value: number) => value.toLocaleString('en', { maximumFractionDigits: 0 })

/** @param count events that there will be; Infinity when nobody knows */
export function createProgress(output: { write: (text: string) => unknown }, count: number) {
  let at = performance.now()
  let told = ''
  return {
    show(result: SendResult, problem?: string): void {
      const isNew = problem !== undefined && problem !== told
      const now = performance.now()
      if (!isNew && now - at < EVERY_MS) return
      at = now
      told = problem ?? told
      const of = Number.isFinite(count) ? ` of ${number(count)}` : ''
      output.write(
        `accepted ${number(result.accepted)}${of}${problem === undefined ? '' : ` · not taken, trying again: ${problem}`}\n`,
      )
    },
  }
}

export function resultLine({ sent, accepted, quarantined, retries, seconds, rate }: SendResult): string {
  const parts = [`sent ${number(sent)}`, `accepted ${number(accepted)}`, `quarantined ${number(quarantined)}`]
  if (retries > 0) parts.push(`retries ${number(retries)}`)
  return [...parts, `${seconds.toFixed(1)} s`, `${number(rate)} events/s`].join(' · ')
}
