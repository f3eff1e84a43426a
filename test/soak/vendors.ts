// What arrived at the vendors of a soak, counted here; the vendors themselves are a process of their own.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Watchdog } from '../../services/local/watchdog.ts'
import type { Fault } from '../../services/sandbox/faults.ts'
import { SINKS, type SinkName } from '../support/vendors.ts'

export type ToVendors = { sink: SinkName; fault: Fault | null }
export type FromVendors =
  | { env: Record<string, string> }
  | { arrived: Record<string, string[]>; deduplicated: number; messages: number }

export type Counted = { delivered: number; repeated: number; lost: number }

export type Vendors = Awaited<ReturnType<typeof openVendors>>

export async function openVendors(watchdog: Watchdog) {
  const child: ChildProcess = fork(new URL('vendors/main.ts', import.meta.url).pathname, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  watchdog.watch({ pid: child.pid ?? 0 })
  const [first] = (await once(child, 'message')) as [FromVendors]
  if (!('env' in first)) throw new Error('the vendors did not start')
  /** Events that the ingest was sent, by id, in the order of their numbers. */
  const numbers = new Map<string, number>()
  const times = new Map(SINKS.map((sink) => [sink, new Uint8Array(0)]))
  let deduplicated = 0
  let messages = 0
  child.on('message', (message: FromVendors) => {
    if (!('arrived' in message)) return
    for (const [sink, ids] of Object.entries(message.arrived)) for (const id of ids) count(sink as SinkName, id)
    ;({ deduplicated, messages } = message)
  })

  function count(sink: SinkName, id: string): void {
    const number = numbers.get(id)
    if (number === undefined) return // a test's own request
    let counts = times.get(sink)!
    if (number >= counts.length) {
      const grown = new Uint8Array(2 * number + 1_024)
      grown.set(counts)
      times.set(sink, (counts = grown))
    }
    counts[number] = Math.min(255, counts[number] + 1)
  }

  return {
    env: first.env,
    /** To be called before the event is posted. */
    expect: (id: string) => void numbers.set(id, numbers.size),
    /** @param asked repeats that an operator asked for */
    counted(sink: SinkName, asked = 0): Counted {
      const counts = times.get(sink)!
      let delivered = 0
      let repeated = sink === 'segment' ? deduplicated : 0
      for (let number = 0; number < numbers.size; number++) {
        const came = counts[number] ?? 0
        if (came > 0) delivered++
        if (came > 1) repeated += came - 1
      }
      return { delivered, repeated: Math.max(0, repeated - asked), lost: numbers.size - delivered }
    },
    /** Messages that Slack took. */
    messages: () => messages,
    misbehave: (sink: SinkName, fault: Fault | null) => void child.send({ sink, fault } satisfies ToVendors),
    pid: child.pid ?? 0,
    close: () => void child.kill('SIGKILL'),
  }
}
