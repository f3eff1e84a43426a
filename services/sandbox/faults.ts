// The faults that a stand-in can be told to show: one at a time, for n requests or until it is told to behave.
import type { ReceivedEvent } from './received.ts'

export const faultNames = ['429', '500', '503', '401', '403', 'hang', 'reset', 'slow', 'partial', 'reject', 'answer'] as const
export type FaultName = (typeof faultNames)[number]
export type StatusFault = Extract<FaultName, '429' | '500' | '503' | '401' | '403'>

/** What every stand-in over HTTP can show. */
export const httpFaults: readonly FaultName[] = ['429', '500', '503', '401', '403', 'hang', 'reset', 'slow', 'reject', 'answer']

export type Fault = {
  /**
   * A status: answered in the vendor's words. `hang`: taken up, never answered. `reset`: the connection is cut without an answer.
   * `slow`: answered rightly, `ms` late. `reject`: the whole call is refused for good when it holds an event that `marker` means.
   * `partial`: the call succeeds, the events that `marker` or `every` mean are refused in the answer.
   * `answer`: something that is not the vendor answers, with `status`, `headers` and `body`: a login page, a gateway's refusal.
   */
  fault: FaultName
  /** Requests that it lasts; until cleared when not given. */
  times?: number
  /** Seconds, sent as Retry-After. */
  retryAfter?: number
  /** For `slow`: milliseconds, default 1,000. */
  ms?: number
  /** Events meant by `reject` and `partial`: id equal to it, or text that holds it, or a function's choice. All when not given. */
  marker?: string | ((event: ReceivedEvent) => boolean)
  /** Over HTTP: only requests whose path begins with it, as `/oauth/token`. */
  only?: string
  /** For `partial` without marker: one event in `every`, default 2. */
  every?: number
  /** Over HTTP: only requests on a connection that has been answered before, as where an idle one was forgotten on the way. */
  reused?: boolean
  /** Over HTTP: only requests whose body is larger, as where a gateway has a limit of its own. */
  overBytes?: number
  /** For `answer`: default 200, no headers beside the length and `text/html`, no body. */
  status?: number
  headers?: Record<string, string>
  body?: string
  /** For `answer`: the body again and again until it has this many bytes. */
  bodyBytes?: number
}

export type Faults = {
  readonly current: Fault | undefined
  set: (fault: FaultName | Fault, times?: number) => void
  clear: () => void
  /** The current fault when it is one of `names` and applies to this request, which then counts as one of its times. */
  take: (names: readonly FaultName[], applies?: (fault: Fault) => boolean) => Fault | undefined
}

/**
 * @param allowed what this vendor can show at all
 * @param onChange called after each `set` (with the fault) and `clear`
 */
export function createFaults(vendor: string, allowed: readonly FaultName[], onChange?: (fault?: Fault) => void): Faults {
  let current: Fault | undefined
  return {
    get current() {
      return current
    },
    set(fault, times) {
      const next = typeof fault === 'string' ? { fault, times } : { times, ...fault }
      const problem = faultProblem(next, allowed)
      if (problem !== undefined) throw new Error(`${vendor} cannot show this fault: ${problem}`)
      current = next
      onChange?.(next)
    },
    clear() {
      current = undefined
      onChange?.()
    },
    take(names, applies) {
      const fault = current
      if (fault === undefined || !names.includes(fault.fault) || applies?.(fault) === false) return undefined
      if (fault.times !== undefined && --fault.times === 0) current = undefined
      return fault
    },
  }
}

/** Whether the fault's marker means this event. */
export function isMeant({ marker }: Fault, event: ReceivedEvent): boolean {
  if (marker === undefined) return true
  if (typeof marker === 'function') return marker(event)
  return event.id === marker || event.text.includes(marker)
}

function faultProblem(fault: Fault, allowed: readonly FaultName[]): string | undefined {
  if (!allowed.includes(fault.fault)) return `it knows ${allowed.join(', ')}, not ${String(fault.fault)}`
  for (const name of ['times', 'ms', 'every', 'retryAfter', 'overBytes', 'bodyBytes'] as const) {
    const value = fault[name]
    const least = name === 'times' || name === 'every' ? 1 : 0
    if (value !== undefined && !(Number.isInteger(value) && value >= least)) {
      return `${name} must be a whole number of ${least} or more`
    }
  }
  if (fault.only !== undefined && typeof fault.only !== 'string') return 'only must be the beginning of a path'
  if (fault.status !== undefined && !(Number.isInteger(fault.status) && fault.status >= 200 && fault.status <= 599))
    return 'status must be one of HTTP from 200 to 599'
  if (fault.body !== undefined && typeof fault.body !== 'string') return 'body must be a text'
  if (fault.headers !== undefined && !isHeaders(fault.headers)) return 'headers must be names with texts'
  if (fault.marker !== undefined && typeof fault.marker !== 'function' && typeof fault.marker !== 'string') {
    return 'marker must be a text'
  }
  return undefined
}

const isHeaders = (value: unknown) =>
  typeof value === 'object' && value !== null && Object.values(value).every((header) => typeof header === 'string')
