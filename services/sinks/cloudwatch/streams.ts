// Names of log streams with `{tenant}` and `{date}` in them. Pure.
import type { LogEvent } from '../../events/log-event.ts'

const PLACEHOLDER = /\{(\w+)\}/g
const MAX_LENGTH = 512

/** What is wrong with a name's placeholders, if anything. */
export function placeholderProblem(name: string): string | undefined {
  const unknown = [...name.matchAll(PLACEHOLDER)].find(([, what]) => what !== 'tenant' && what !== 'date')
  return unknown && `knows {tenant} and {date}, not ${unknown[0]}`
}

export const isTemplate = (name: string) => name.includes('{tenant}') || name.includes('{date}')

/**
 * The stream of an event: `{tenant}` is its tenant_name, `unknown` where it has none, `{date}` the day that it happened, by UTC.
 * @param at when it happened, epoch milliseconds
 */
export function streamOf(template: string, event: LogEvent, at: number): string {
  const tenant = event.member('tenant_name')
  const values: Record<string, string> = {
    tenant: typeof tenant === 'string' && tenant !== '' ? tenant.replace(/[:*\p{Cc}]/gu, '-') : 'unknown',
    date: new Date(at).toISOString().slice(0, 10),
  }
  return template.replace(PLACEHOLDER, (whole, what: string) => values[what] ?? whole).slice(0, MAX_LENGTH)
}
