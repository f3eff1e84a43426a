// Log streams whose names hold `{tenant}` and `{date}`: which stream an event is of, and a delivery to several of them.
import type { InputLogEvent } from '@aws-sdk/client-cloudwatch-logs'
import type { LogEvent } from '../../events/log-event.ts'
import type { Outcome } from '../runtime/contract.ts'

/** `stream` where the settings' name is a template: of which stream the event is. It is not sent. */
export type LogLine = InputLogEvent & { stream?: string }

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

type Refused = Extract<Outcome, { kind: 'partial' }>['refused'][number]

/**
 * Delivers the lines of each stream in a call of its own, one after the other. Where one fails the whole delivery fails, and the next
 * attempt with the same lines leaves out those that are done: the runtime knows one outcome a delivery, and nothing goes twice.
 */
export function toEachStream(deliverTo: (stream: string, lines: LogLine[], signal: AbortSignal) => Promise<Outcome>) {
  /** Lines that their stream took, or refused and why. */
  const done = new WeakMap<LogLine, Refused | undefined>()

  return async (lines: LogLine[], signal: AbortSignal): Promise<Outcome> => {
    const open = Map.groupBy(
      lines.filter((line) => !done.has(line)),
      ({ stream = '' }) => stream,
    )
    for (const [stream, part] of open) {
      const outcome = await deliverTo(stream, part, signal)
      if (outcome.kind !== 'delivered' && outcome.kind !== 'partial') return outcome
      const refused = new Map(outcome.kind === 'partial' ? outcome.refused.map((one) => [one.index, one]) : [])
      for (const [index, line] of part.entries()) done.set(line, refused.get(index))
    }
    const refused = lines.flatMap((line, index) => {
      const refusal = done.get(line)
      return refusal ? [{ ...refusal, index }] : []
    })
    return refused.length > 0 ? { kind: 'partial', refused } : { kind: 'delivered' }
  }
}
