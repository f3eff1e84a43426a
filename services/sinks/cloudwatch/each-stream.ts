// One delivery to several log streams: a batch across midnight, or of several tenants.
import type { Outcome } from '../runtime/contract.ts'
import type { LogLine } from './encode.ts'

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
